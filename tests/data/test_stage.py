"""What every stage does around its work: skip, say why not, leave a record."""

from dataclasses import replace

import pytest

from labelfix.data import records
from labelfix.data.records import Rerun, RowCounts, StagePlan
from labelfix.errors import WorkspaceError
from labelfix.version import __version__

SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture
def plan(tmp_path):
    return StagePlan(
        "index",
        tmp_path / "neighbours.parquet",
        options={"engine": "exact", "neighbours": 10},
        inputs={"embeddings": "e" * 64},
        seed=3,
    )


@pytest.fixture
def finished(plan):
    """The plan, carried out."""
    plan.artefact.write_bytes(b"abc")
    return plan.finish(
        [plan.artefact], RowCounts(5, 4, quarantined=1), device="cpu", details={"exact": True}
    )


CHANGES = {
    "option": ({"options": {"engine": "hnsw", "neighbours": 10}}, "engine was exact, is hnsw"),
    "new option": (
        {"options": {"engine": "exact", "neighbours": 10, "probes": 4}},
        "probes was None, is 4",
    ),
    "option gone": ({"options": {"engine": "exact"}}, "neighbours was 10, is None"),
    "seed": ({"seed": 4}, "seed was 3, is 4"),
    "input": ({"inputs": {"embeddings": "f" * 64}}, "another embeddings"),
    "new input": ({"inputs": {"embeddings": "e" * 64, "labels": "0" * 64}}, "another labels"),
}


def test_finish__record_says_what_was_made(plan, finished):
    record = finished.record
    assert not finished.skipped
    assert records.read_record(plan.artefact) == record
    assert record.stage == "index"
    assert record.options == plan.options
    assert record.inputs == plan.inputs
    assert record.outputs == {"neighbours.parquet": SHA256_OF_ABC}
    assert record.rows == RowCounts(5, 4, 1, 0)
    assert (record.device, record.seed, record.details) == ("cpu", 3, {"exact": True})
    assert record.version == __version__
    assert 0 <= record.seconds < 60


def test_finish__files_in_a_folder_are_named_from_beside_it(tmp_path, plan):
    folder = tmp_path / "embeddings"
    folder.mkdir()
    (folder / "0.parquet").write_bytes(b"abc")
    result = replace(plan, artefact=folder).finish(
        [folder / "0.parquet"], RowCounts(1, 1), device="cpu"
    )
    assert result.record.outputs == {"embeddings/0.parquet": SHA256_OF_ABC}
    assert records.is_whole(folder, result.record)


def test_up_to_date__nothing_there(plan, listener):
    assert plan.up_to_date(Rerun(), listener) is None
    assert plan.up_to_date(Rerun(frozen=True), listener) is None
    assert listener.said == []


def test_up_to_date__nothing_changed(plan, finished, listener):
    result = plan.up_to_date(Rerun(frozen=True), listener)
    assert result == replace(finished, skipped=True)
    assert listener.said == []


def test_up_to_date__forced(plan, finished, listener):
    assert plan.up_to_date(Rerun(force=True), listener) is None


@pytest.mark.parametrize(("changes", "why"), CHANGES.values(), ids=CHANGES)
def test_up_to_date__something_changed(plan, finished, listener, changes, why):
    assert replace(plan, **changes).up_to_date(Rerun(), listener) is None
    assert listener.said == [f"making neighbours.parquet again: {why}"]


@pytest.mark.parametrize(("changes", "why"), CHANGES.values(), ids=CHANGES)
def test_up_to_date__something_changed_and_frozen(plan, finished, listener, changes, why):
    with pytest.raises(WorkspaceError) as caught:
        replace(plan, **changes).up_to_date(Rerun(frozen=True), listener)
    assert caught.value.message == (f"--frozen: {plan.artefact} would have to be made again: {why}")
    assert caught.value.exit_code == 2


def test_up_to_date__made_by_another_version(plan, finished, listener):
    records.write_record(plan.artefact, replace(finished.record, version="0.0.9"))
    assert plan.up_to_date(Rerun(), listener) is None
    assert listener.said == [
        f"making neighbours.parquet again: it was made by labelfix 0.0.9, this is {__version__}"
    ]


@pytest.mark.parametrize("damage", [b"abd", b"ab", None])
def test_up_to_date__damaged(plan, finished, listener, damage):
    plan.artefact.unlink()
    if damage is not None:
        plan.artefact.write_bytes(damage)
    assert plan.up_to_date(Rerun(), listener) is None
    assert listener.said == ["making neighbours.parquet again: a file of it is missing or damaged"]


def test_up_to_date__record_is_torn(plan, finished, listener):
    path = records.record_path(plan.artefact)
    path.write_bytes(path.read_bytes()[:50])
    assert plan.up_to_date(Rerun(), listener) is None
