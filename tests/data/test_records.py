import json
from dataclasses import replace

import pytest

from labelfix.data import records
from labelfix.data.records import (
    Record,
    Rerun,
    RowCounts,
    StagePlan,
    fingerprint,
    fingerprint_file,
    is_whole,
    read_record,
    record_path,
    write_record,
)
from labelfix.errors import WorkspaceError
from labelfix.version import __version__

SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
SHA256_OF_EMPTY_LIST = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"

RECORD = Record(
    stage="train",
    options={"epochs": 3, "device": "cpu"},
    inputs={"labels": SHA256_OF_ABC},
    outputs={"denoiser.safetensors": SHA256_OF_ABC},
    rows=RowCounts(rows_in=10, used=7, quarantined=2, rejected=1),
    device="cpu",
    seconds=1.5,
    seed=4,
    details={"loss": 0.25, "label": "grün"},
)


@pytest.mark.parametrize("counts", [(10, 7, 2, 0), (10, 7, 2, 2), (0, 1, 0, 0)])
def test_row_counts__do_not_add_up(counts):
    with pytest.raises(ValueError, match="rows do not add up"):
        RowCounts(**dict(zip(("rows_in", "used", "quarantined", "rejected"), counts, strict=True)))


def test_record_path__file_and_folder(tmp_path):
    assert record_path(tmp_path / "a.parquet") == tmp_path / "a.parquet.record.json"
    assert record_path(tmp_path / "embeddings") == tmp_path / "embeddings.record.json"


def test_read_record__gives_what_was_written(tmp_path):
    write_record(tmp_path / "denoiser", RECORD)
    assert read_record(tmp_path / "denoiser") == RECORD
    assert RECORD.version == __version__


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'"text"',
        b"\xff\xfe",
        json.dumps({"rows": {"rows_in": 1, "used": 1}}).encode(),
        json.dumps({"rows": [1, 1]}).encode(),
    ],
)
def test_read_record__not_a_record(tmp_path, content):
    record_path(tmp_path / "a").write_bytes(content)
    assert read_record(tmp_path / "a") is None


def test_read_record__none_there(tmp_path):
    assert read_record(tmp_path / "a") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.update(new_field=1),
        lambda fields: fields.pop("stage"),
        lambda fields: fields["rows"].update(used=8),
        lambda fields: fields.update(rows=None),
    ],
)
def test_read_record__of_another_form(tmp_path, change):
    write_record(tmp_path / "a", RECORD)
    fields = json.loads(record_path(tmp_path / "a").read_text())
    change(fields)
    record_path(tmp_path / "a").write_text(json.dumps(fields))
    assert read_record(tmp_path / "a") is None


def test_is_whole__every_byte_counts(tmp_path):
    folder = tmp_path / "embeddings"
    folder.mkdir()
    (folder / "0.parquet").write_bytes(b"abc")
    (tmp_path / "beside").write_bytes(b"")
    outputs = {
        "embeddings/0.parquet": SHA256_OF_ABC,
        "beside": fingerprint_file(tmp_path / "beside"),
    }
    record = replace(RECORD, outputs=outputs)
    assert is_whole(folder, record)
    (folder / "0.parquet").write_bytes(b"abd")
    assert not is_whole(folder, record)
    (folder / "0.parquet").unlink()
    assert not is_whole(folder, record)


def test_fingerprint_file__known_value(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert fingerprint_file(tmp_path / "file") == SHA256_OF_ABC


def test_fingerprint__known_value():
    assert fingerprint([]) == SHA256_OF_EMPTY_LIST


def test_fingerprint__equal_values():
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1})
    assert fingerprint(("a", 1)) == fingerprint(["a", 1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a", "b"], ["b", "a"]),
        (["a", "b"], ["ab"]),
        (["a", "b"], ["a,b"]),
        (["1"], [1]),
        ([None], ["null"]),
        (["\udce9"], ["\\udce9"]),
        (["é"], ["e\u0301"]),
    ],
)
def test_fingerprint__different_values(one, other):
    assert fingerprint(one) != fingerprint(other)


@pytest.fixture
def plan(tmp_path):
    return StagePlan(
        stage="index",
        artefact=tmp_path / "neighbours.parquet",
        options={"engine": "exact", "neighbours": 10},
        inputs={"embeddings": "e" * 64},
        seed=3,
    )


@pytest.fixture
def finished(plan):
    """The plan, carried out."""
    plan.artefact.write_bytes(b"abc")
    return plan.finish(
        [plan.artefact],
        RowCounts(rows_in=5, used=4, quarantined=1),
        device="cpu",
        details={"exact": True},
    )


CHANGES = {
    "option": ({"options": {"engine": "hnsw", "neighbours": 10}}, "engine was exact, is hnsw"),
    "new option": (
        {"options": {"engine": "exact", "neighbours": 10, "probes": 4}},
        "probes was not set, is 4",
    ),
    "option gone": ({"options": {"engine": "exact"}}, "neighbours was 10, is not set"),
    "seed": ({"seed": 4}, "seed was 3, is 4"),
    "input": ({"inputs": {"embeddings": "f" * 64}}, "embeddings changed"),
    "new input": ({"inputs": {"embeddings": "e" * 64, "labels": "0" * 64}}, "labels changed"),
}


def test_finish__record_says_what_was_made(plan, finished):
    record = finished.record
    assert not finished.skipped
    assert records.read_record(plan.artefact) == record
    assert record.stage == "index"
    assert record.options == plan.options
    assert record.inputs == plan.inputs
    assert record.outputs == {"neighbours.parquet": SHA256_OF_ABC}
    assert record.rows == RowCounts(rows_in=5, used=4, quarantined=1, rejected=0)
    assert (record.device, record.seed, record.details) == ("cpu", 3, {"exact": True})
    assert record.version == __version__
    assert 0 <= record.seconds < 60


def test_finish__files_in_a_folder_are_named_from_beside_it(tmp_path, plan):
    folder = tmp_path / "embeddings"
    folder.mkdir()
    (folder / "0.parquet").write_bytes(b"abc")
    result = replace(plan, artefact=folder).finish(
        [folder / "0.parquet"], RowCounts(rows_in=1, used=1), device="cpu"
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
    assert listener.said == [f"{why[:1].upper()}{why[1:]}; indexing again"]


@pytest.mark.parametrize(("changes", "why"), CHANGES.values(), ids=CHANGES)
def test_up_to_date__something_changed_and_frozen(plan, finished, listener, changes, why):
    with pytest.raises(WorkspaceError) as caught:
        replace(plan, **changes).up_to_date(Rerun(frozen=True), listener)
    assert caught.value.message == (f"--frozen: {plan.artefact} is out of date: {why}")
    assert caught.value.exit_code == 2


def test_up_to_date__made_by_another_version(plan, finished, listener):
    records.write_record(plan.artefact, replace(finished.record, version="0.0.9"))
    assert plan.up_to_date(Rerun(), listener) is None
    assert listener.said == [f"Made by labelfix 0.0.9, this is {__version__}; indexing again"]


@pytest.mark.parametrize("damage", [b"abd", b"ab", None])
def test_up_to_date__damaged(plan, finished, listener, damage):
    plan.artefact.unlink()
    if damage is not None:
        plan.artefact.write_bytes(damage)
    assert plan.up_to_date(Rerun(), listener) is None
    assert listener.said == ["A file is missing or damaged; indexing again"]


def test_up_to_date__record_is_torn(plan, finished, listener):
    path = records.record_path(plan.artefact)
    path.write_bytes(path.read_bytes()[:50])
    assert plan.up_to_date(Rerun(), listener) is None
