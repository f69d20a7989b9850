"""The train stage: the same bytes after a kill, and what it says of inputs that do not fit."""

import json
from dataclasses import replace

import pytest

from labelfix.config import IndexOptions, TrainOptions
from labelfix.data.records import RowCounts, record_path
from labelfix.data.stage import Rerun
from labelfix.diffusion.denoiser import load_denoiser
from labelfix.diffusion.stage import labels_to_learn, run_train
from labelfix.errors import InputError, MissingStageError, WorkspaceError
from labelfix.progress import Silent
from labelfix.retrieval.stage import INDEX_FILE, run_index

OPTIONS = TrainOptions(
    device="cpu",
    least_steps=120,
    epochs=1,
    batch_size=16,
    width=8,
    timesteps=50,
    checkpoint_steps=30,
)


class Killed(Exception):
    """What stands for SIGKILL."""


class Killer(Silent):
    """A progress that ends the run after a number of steps."""

    def __init__(self, steps):
        self.steps_left = steps

    def advance(self, count, note=""):
        self.steps_left -= count
        if self.steps_left <= 0:
            raise Killed


@pytest.fixture
def points(clusters):
    return clusters(40, 2)


@pytest.fixture
def labels(points):
    return [f"class {label}" for label in points.given]


@pytest.fixture
def workspace(embed_vectors, points, labels):
    made = embed_vectors(points.vectors, labels)
    run_index(made, IndexOptions(neighbours=3, device="cpu"), Silent(), Rerun())
    return made


def flip_bit(path):
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)


def test_run_train__denoiser_and_record(workspace, listener):
    result = run_train(workspace, OPTIONS, listener, Rerun())
    denoiser = load_denoiser(workspace.denoiser, workspace.denoiser_config)
    embed_record = json.loads(record_path(workspace.embeddings).read_text())
    assert denoiser.class_names == ["class 0", "class 1"]
    assert denoiser.embeddings_fingerprint == embed_record["details"]["fingerprint"]
    assert denoiser.encoder == embed_record["options"]["encoder"]
    log = [json.loads(line) for line in workspace.training_log.read_text().splitlines()]
    assert [line["step"] for line in log] == [50, 100, 120]
    assert result.record.details == {"steps": 120, "loss": log[-1]["loss"]}
    assert result.record.rows == RowCounts(40, 40)
    assert result.record.seed == 0
    assert set(result.record.inputs) == {"embeddings", "neighbours", "labels"}
    assert not workspace.checkpoint.exists()


@pytest.mark.parametrize("killed_after", [50, 100, 120])
def test_run_train__killed_and_gone_on(workspace, listener, killed_after):
    run_train(workspace, OPTIONS, Silent(), Rerun())
    whole = workspace.denoiser.read_bytes()
    record_path(workspace.denoiser).unlink()
    workspace.denoiser.unlink()
    workspace.training_log.unlink()
    with pytest.raises(Killed):
        run_train(workspace, OPTIONS, Killer(killed_after), Rerun())
    assert not workspace.denoiser.exists()
    assert workspace.checkpoint.exists()
    run_train(workspace, OPTIONS, listener, Rerun())
    assert workspace.denoiser.read_bytes() == whole
    assert listener.said[-1] == (
        f"going on after step {(killed_after - 1) // 30 * 30} of an earlier run"
    )
    log = [json.loads(line)["step"] for line in workspace.training_log.read_text().splitlines()]
    assert log == [50, 100, 120]
    assert not workspace.checkpoint.exists()


@pytest.mark.parametrize(
    ("options", "rerun"),
    [(replace(OPTIONS, seed=1), Rerun()), (OPTIONS, Rerun(force=True))],
)
def test_run_train__checkpoint_of_another_run_is_left(workspace, listener, options, rerun):
    with pytest.raises(Killed):
        run_train(workspace, OPTIONS, Killer(100), Rerun())
    listener.said.clear()
    run_train(workspace, options, listener, rerun)
    assert listener.begun[-1] == ("training the denoiser", 120, 0)
    assert listener.said == []


def test_run_train__up_to_date_is_skipped(workspace, listener):
    first = run_train(workspace, OPTIONS, Silent(), Rerun())
    listener.begun.clear()
    again = run_train(workspace, replace(OPTIONS, checkpoint_steps=7), listener, Rerun(frozen=True))
    assert again.skipped
    assert again.record == first.record
    assert listener.begun == []


@pytest.mark.parametrize("lost", ["denoiser", "denoiser_config"])
@pytest.mark.parametrize("damage", [flip_bit, lambda path: path.unlink()])
def test_run_train__damaged_weights_are_made_again(workspace, listener, lost, damage):
    run_train(workspace, OPTIONS, Silent(), Rerun())
    path = getattr(workspace, lost)
    whole = path.read_bytes()
    damage(path)
    assert not run_train(workspace, OPTIONS, listener, Rerun()).skipped
    assert listener.said[-1] == (
        "making denoiser.safetensors again: a file of it is missing or damaged"
    )
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        ({"seed": 1}, "seed was 0, is 1"),
        ({"width": 9}, "width was 8, is 9"),
        ({"learning_rate": 2e-3}, "learning_rate was 0.001, is 0.002"),
    ],
)
def test_run_train__other_options(workspace, listener, changed, difference):
    run_train(workspace, OPTIONS, Silent(), Rerun())
    before = workspace.denoiser.read_bytes()
    options = replace(OPTIONS, **changed)
    with pytest.raises(WorkspaceError, match=f"would have to be made again: {difference}"):
        run_train(workspace, options, listener, Rerun(frozen=True))
    assert workspace.denoiser.read_bytes() == before
    run_train(workspace, options, listener, Rerun())
    assert listener.said[-1] == f"making denoiser.safetensors again: {difference}"
    assert workspace.denoiser.read_bytes() != before


def test_run_train__other_labels(workspace, embed_vectors, points, labels, listener):
    run_train(workspace, OPTIONS, Silent(), Rerun())
    embed_vectors(points.vectors, [labels[1], *labels[1:]])
    assert not run_train(workspace, OPTIONS, listener, Rerun()).skipped
    assert listener.said[-1] == "making denoiser.safetensors again: another labels"


def test_run_train__other_neighbours(workspace, listener):
    run_train(workspace, OPTIONS, Silent(), Rerun())
    run_index(workspace, IndexOptions(neighbours=4, device="cpu"), Silent(), Rerun())
    assert not run_train(workspace, OPTIONS, listener, Rerun()).skipped
    assert listener.said[-1] == "making denoiser.safetensors again: another neighbours"


def test_run_train__index_file_is_not_needed(workspace, listener):
    """The index is a cache of `labelfix index`; training reads the neighbours alone."""
    (workspace.index / INDEX_FILE).unlink()
    assert not run_train(workspace, OPTIONS, listener, Rerun()).skipped


def check_refused(workspace, message):
    with pytest.raises(MissingStageError) as caught:
        run_train(workspace, OPTIONS, Silent(), Rerun())
    assert str(caught.value) == message
    assert not workspace.denoiser.exists()


def test_run_train__before_embed(workspace):
    record_path(workspace.embeddings).unlink()
    check_refused(
        workspace,
        f"no finished embeddings in {workspace.embeddings}\n"
        "Run labelfix embed IMAGES MANIFEST first.",
    )


def test_run_train__before_index(workspace):
    record_path(workspace.neighbours).unlink()
    check_refused(workspace, f"no neighbours at {workspace.neighbours}\nRun labelfix index first.")


def test_run_train__neighbours_of_other_embeddings(workspace, embed_vectors, points, labels):
    embed_vectors(points.vectors[::-1], labels)
    check_refused(
        workspace,
        f"{workspace.neighbours} was made from other embeddings than are there now\n"
        "Run labelfix index again.",
    )


@pytest.mark.parametrize("damage", [flip_bit, lambda path: path.unlink()])
def test_run_train__damaged_neighbours(workspace, damage):
    damage(workspace.neighbours)
    check_refused(
        workspace, f"{workspace.neighbours} is missing or damaged\nRun labelfix index again."
    )


def test_run_train__all_that_could_be_read_of_one_class(embed_vectors, points):
    vectors = points.vectors.copy()
    vectors[:2] = 0  # no direction: quarantined
    workspace = embed_vectors(vectors, ["rare"] * 2 + ["common"] * 38)
    run_index(workspace, IndexOptions(neighbours=3, device="cpu"), Silent(), Rerun())
    with pytest.raises(InputError, match="at least 2 classes, found that all that could be read"):
        run_train(workspace, OPTIONS, Silent(), Rerun())


def test_train__before_embed(labelfix):
    outcome = labelfix("train")
    assert outcome.code == 2
    assert outcome.stdout == ""
    assert "Run labelfix embed IMAGES MANIFEST first." in outcome.stderr


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"")])
@pytest.mark.parametrize(
    ("torn", "message"),
    [
        ("embeddings/part-00000.parquet", "a part of the embeddings in .* is missing or damaged"),
        ("manifest.parquet", "manifest.parquet is missing or damaged"),
    ],
)
def test_labels_to_learn__torn_file(workspace, torn, message, damage):
    damage(workspace.root / torn)
    with pytest.raises(WorkspaceError, match=message) as caught:
        labels_to_learn(workspace)
    assert caught.value.hint.startswith("Run labelfix embed")
