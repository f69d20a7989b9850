"""The train stage: the same bytes after a kill, and what it says of inputs that do not fit."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from small_training import SmallTraining

from labelfix.correction.train_stage import run_train
from labelfix.correction.training_state import labels_to_learn
from labelfix.data.audited_labels import load_audits
from labelfix.data.embeddings import load_image_names
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun, RowCounts, record_path
from labelfix.data.workspace import open_workspace
from labelfix.embedding.stage import run_embed
from labelfix.errors import InputError, MissingStageError, WorkspaceError
from labelfix.methods.noise_aware.cross_fit import load_cross_fit
from labelfix.methods.paper.denoiser import load_denoiser
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.index_options import IndexOptions
from labelfix.retrieval.stage import INDEX_FILE, run_index
from labelfix.runtime.progress import Silent

DIFFUSION = {"least_steps": 120, "batch_size": 16, "timesteps": 50, "checkpoint_steps": 30}
CROSS_FIT = {"least_steps": 10, "early_epochs": 1, "batch_size": 16, "folds": 3}
SIZES = {"cross_fit": CROSS_FIT, "diffusion": DIFFUSION}
PAPER = SmallTraining(method="paper", device="cpu", width=8, **SIZES)
NOISE_AWARE = SmallTraining(device="cpu", epochs=1, width=8, **SIZES)
BOTH = pytest.mark.parametrize("options", [NOISE_AWARE, PAPER], ids=["noise-aware", "paper"])
DENOISERS = 6  # three folds in two rounds
"""Two rounds of three folds."""


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


def log_of(workspace):
    return [json.loads(line) for line in workspace.training_log.read_text().splitlines()]


def checkpoints_in(workspace):
    return list(workspace.root.glob("checkpoint*.safetensors"))


def check_common_record(workspace, result):
    assert result.record.rows == RowCounts(rows_in=40, used=40)
    assert result.record.seed == 0
    assert set(result.record.inputs) == {"embeddings", "neighbours", "labels"}
    assert not checkpoints_in(workspace)


def check_about(workspace, denoiser):
    embed_record = json.loads(record_path(workspace.embeddings).read_text())
    assert denoiser.class_names == ["class 0", "class 1"]
    assert denoiser.embeddings_fingerprint == embed_record["details"]["fingerprint"]
    assert denoiser.encoder == embed_record["options"]["encoder"]


@pytest.mark.slow
def test_run_train__denoiser_and_record_of_the_paper(workspace, listener):
    result = run_train(workspace, PAPER, listener, Rerun())
    check_about(workspace, load_denoiser(workspace.denoiser, workspace.denoiser_config))
    assert [line["step"] for line in log_of(workspace)] == [50, 100, 120]
    assert result.record.details == {"steps": 120, "loss": log_of(workspace)[-1]["loss"]}
    assert result.record.options["method"] == "paper"
    check_common_record(workspace, result)


def test_run_train__denoisers_and_record(workspace, listener):
    result = run_train(workspace, NOISE_AWARE, listener, Rerun())
    denoiser = load_cross_fit(workspace.denoiser, workspace.denoiser_config)
    check_about(workspace, denoiser)
    assert np.bincount(denoiser.fit.folds).tolist() == [14, 13, 13]
    assert listener.begun[1:] == [("training denoisers", DENOISERS, 0)]  # after "embedding"
    assert listener.advanced == 40 + DENOISERS
    details = dict(result.record.details)
    assert set(details) == {"folds", "ddim_steps", "effective_views", "believed_noise"}
    assert details["effective_views"] == 1
    assert details["folds"] == 3
    assert details["believed_noise"] == round(1 - denoiser.fit.transition.diagonal().mean(), 6)
    assert 0 < details["believed_noise"] < 1
    assert result.record.options["method"] == "noise-aware"
    check_common_record(workspace, result)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "killed_after", "said"),
    [
        (PAPER, 50, "continuing after step 30 of an earlier run"),
        (PAPER, 100, "continuing after step 90 of an earlier run"),
        (PAPER, 120, "continuing after step 90 of an earlier run"),
        (NOISE_AWARE, 2, "continuing with 1 trained in an earlier run"),
        (NOISE_AWARE, 4, "continuing with 3 trained in an earlier run"),
        (NOISE_AWARE, DENOISERS, "continuing with 5 trained in an earlier run"),
    ],
)
def test_run_train__killed_and_gone_on(workspace, listener, options, killed_after, said):
    run_train(workspace, options, Silent(), Rerun())
    whole, config = workspace.denoiser.read_bytes(), workspace.denoiser_config.read_bytes()
    log = [(line["step"], line["loss"]) for line in log_of(workspace)]
    record_path(workspace.denoiser).unlink()
    workspace.denoiser.unlink()
    workspace.training_log.unlink()
    with pytest.raises(Killed):
        run_train(workspace, options, Killer(killed_after), Rerun())
    assert not workspace.denoiser.exists()
    assert checkpoints_in(workspace)
    run_train(workspace, options, listener, Rerun())
    assert workspace.denoiser.read_bytes() == whole
    assert workspace.denoiser_config.read_bytes() == config
    assert listener.notes[-1] == said
    assert [step for step, _ in log] == [line["step"] for line in log_of(workspace)]
    assert log[-1][1] == log_of(workspace)[-1]["loss"]
    assert not checkpoints_in(workspace)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("killed", "killed_after", "options", "rerun", "begun"),
    [
        (PAPER, 100, replace(PAPER, seed=1), Rerun(), ("training the denoiser", 120, 0)),
        (PAPER, 100, PAPER, Rerun(force=True), ("training the denoiser", 120, 0)),
        (PAPER, 100, NOISE_AWARE, Rerun(), ("training denoisers", DENOISERS, 0)),
        (NOISE_AWARE, 4, NOISE_AWARE, Rerun(force=True), ("training denoisers", DENOISERS, 0)),
        (
            NOISE_AWARE,
            4,
            replace(NOISE_AWARE, width=9),
            Rerun(),
            ("training denoisers", DENOISERS, 0),
        ),
        (NOISE_AWARE, 4, PAPER, Rerun(), ("training the denoiser", 120, 0)),
    ],
)
def test_run_train__checkpoint_of_another_run_is_left(
    workspace, listener, killed, killed_after, options, rerun, begun
):
    with pytest.raises(Killed):
        run_train(workspace, killed, Killer(killed_after), Rerun())
    assert checkpoints_in(workspace)
    run_train(workspace, options, listener, rerun)
    assert listener.begun[-1] == begun
    assert listener.notes == []


@pytest.mark.slow
def test_run_train__verified_labels_teach(workspace, points, tmp_path):
    """Other answers train other denoisers, which the workspace keeps with the answers."""
    names = load_image_names(workspace.embeddings)
    run_train(workspace, NOISE_AWARE, Silent(), Rerun())
    before = workspace.denoiser.read_bytes()
    answers = tmp_path / "answers.csv"
    rows = [f"{name},class {1 - label}" for name, label in zip(names, points.given, strict=True)]
    answers.write_text("\n".join(["image,verified_label", *rows[:20]]) + "\n", encoding="utf-8")
    result = run_train(workspace, NOISE_AWARE, Silent(), Rerun(), audited=[answers])
    assert not result.skipped
    assert workspace.denoiser.read_bytes() != before
    assert len(load_audits(workspace.audits)) == 20
    assert run_train(workspace, NOISE_AWARE, Silent(), Rerun(), audited=[answers]).skipped


def test_run_train__up_to_date_is_skipped(workspace, listener):
    first = run_train(workspace, NOISE_AWARE, Silent(), Rerun())
    listener.begun.clear()
    again = run_train(workspace, NOISE_AWARE, listener, Rerun(frozen=True))
    assert again.skipped
    assert again.record == first.record
    assert listener.begun == []


@pytest.mark.slow
def test_run_train__steps_between_checkpoints_are_not_of_the_result(workspace, listener):
    first = run_train(workspace, PAPER, Silent(), Rerun())
    often = replace(PAPER, diffusion={**DIFFUSION, "checkpoint_steps": 7})
    again = run_train(workspace, often, listener, Rerun(frozen=True))
    assert again.skipped
    assert again.record == first.record


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("lost", ["denoiser", "denoiser_config"])
@pytest.mark.parametrize("damage", [flip_bit, lambda path: path.unlink()])
def test_run_train__damaged_weights_are_made_again(workspace, listener, options, lost, damage):
    run_train(workspace, options, Silent(), Rerun())
    path = getattr(workspace, lost)
    whole = path.read_bytes()
    damage(path)
    assert not run_train(workspace, options, listener, Rerun()).skipped
    assert listener.notes[-1] == ("A file is missing or damaged; training again")
    assert path.read_bytes() == whole


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "changed", "difference"),
    [
        (PAPER, {"seed": 1}, "seed was 0, is 1"),
        (PAPER, {"width": 9}, "width was 8, is 9"),
        (PAPER, {"learning_rate": 2e-3}, "learning rate was 0.001, is 0.002"),
        (NOISE_AWARE, {"seed": 1}, "seed was 0, is 1"),
        (NOISE_AWARE, {"width": 9}, "width was 8, is 9"),
        (NOISE_AWARE, {"learning_rate": 1e-3}, "learning rate was 0.002, is 0.001"),
        (NOISE_AWARE, {"fast": True}, "folds was 3, is 4"),
        (NOISE_AWARE, {"method": "paper", "epochs": None}, "method was noise-aware, is paper"),
        (PAPER, {"method": "noise-aware"}, "method was paper, is noise-aware"),
    ],
)
def test_run_train__other_options(workspace, listener, options, changed, difference):
    run_train(workspace, options, Silent(), Rerun())
    before = workspace.denoiser.read_bytes()
    options = replace(options, **changed)
    with pytest.raises(WorkspaceError, match=f"is out of date: {difference}"):
        run_train(workspace, options, listener, Rerun(frozen=True))
    assert workspace.denoiser.read_bytes() == before
    run_train(workspace, options, listener, Rerun())
    assert listener.notes[-1] == f"{difference[:1].upper()}{difference[1:]}; training again"
    assert workspace.denoiser.read_bytes() != before


@pytest.mark.slow
def test_run_train__other_labels(workspace, embed_vectors, points, labels, listener):
    run_train(workspace, NOISE_AWARE, Silent(), Rerun())
    embed_vectors(points.vectors, [labels[1], *labels[1:]])
    assert not run_train(workspace, NOISE_AWARE, listener, Rerun()).skipped
    assert listener.notes[-1] == "Labels changed; training again"


@pytest.mark.slow
def test_run_train__other_neighbours(workspace, listener):
    run_train(workspace, NOISE_AWARE, Silent(), Rerun())
    run_index(workspace, IndexOptions(neighbours=4, device="cpu"), Silent(), Rerun())
    assert not run_train(workspace, NOISE_AWARE, listener, Rerun()).skipped
    assert listener.notes[-1] == "Neighbours changed; training again"


@pytest.mark.slow
def test_run_train__index_file_is_not_needed(workspace, listener):
    """The index is a cache of `labelfix index`; training reads the neighbours alone."""
    (workspace.index / INDEX_FILE).unlink()
    assert not run_train(workspace, NOISE_AWARE, listener, Rerun()).skipped


def check_refused(workspace, message):
    with pytest.raises(MissingStageError) as caught:
        run_train(workspace, NOISE_AWARE, Silent(), Rerun())
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
        f"{workspace.neighbours} was made from other embeddings than the current ones\n"
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
    with pytest.raises(InputError, match="at least 2 classes, but all readable images"):
        run_train(workspace, NOISE_AWARE, Silent(), Rerun())


def test_train__before_embed(labelfix):
    outcome = labelfix("train")
    assert outcome.code == 2
    assert outcome.stdout == ""
    assert "Run labelfix embed IMAGES MANIFEST first" in outcome.stderr


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


FEW_STEPS = {**DIFFUSION, "least_steps": 12, "batch_size": 12, "checkpoint_steps": 5}
NOT_SEEING = replace(PAPER, diffusion=FEW_STEPS)
SEEING = replace(NOT_SEEING, image_branch="test_resnet")
BRIEFLY = replace(SEEING, epochs=20)


@pytest.fixture
def images(tmp_path, write_images, listener):
    """A workspace with twelve small images, embedded and indexed."""
    write_images(tmp_path, ["cat", "dog"] * 6)
    workspace = embed_images(tmp_path, listener)
    listener.said.clear()
    return workspace


def embed_images(folder, listener):
    workspace = open_workspace(folder / ".labelfix")
    inputs = EmbedInputs(images=folder / "images", manifest=folder / "manifest.csv")
    run_embed(workspace, inputs, EmbedOptions(encoder="hog", device="cpu"), listener, Rerun())
    run_index(workspace, IndexOptions(neighbours=3, device="cpu"), Silent(), Rerun())
    return workspace


@pytest.mark.slow
def test_run_train__record_has_what_was_used(workspace):
    options = run_train(workspace, PAPER, Silent(), Rerun()).record.options
    assert options["weighting"] == "count"
    assert not {"preset", "image_branch", "image_size"} & set(options)


@pytest.mark.slow
def test_run_train__image_branch_in_record_and_denoiser(images, listener):
    result = run_train(images, SEEING, listener, Rerun())
    assert result.record.options["image_branch"] == "test_resnet"
    assert set(result.record.inputs) == {"embeddings", "neighbours", "labels", "images"}
    assert result.record.details["image_size"] == 24  # that of the images
    denoiser = load_denoiser(images.denoiser, images.denoiser_config)
    assert (denoiser.shape.image_branch.backbone, denoiser.shape.image_branch.image_size) == (
        "test_resnet",
        24,
    )
    assert ("reading images at 24 px", 12, 0) in listener.begun
    again = run_train(images, SEEING, listener, Rerun(frozen=True))
    assert again.skipped
    sized = run_train(images, replace(SEEING, image_size=16), listener, Rerun())
    assert sized.record.details["image_size"] == 16
    assert listener.notes[-1] == "Image size was not set, is 16; training again"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "then", "difference"),
    [
        (NOT_SEEING, SEEING, "epochs was 30, is 100"),
        (SEEING, NOT_SEEING, "epochs was 100, is 30"),
    ],
)
def test_run_train__image_branch_taken_and_left(images, listener, first, then, difference):
    run_train(images, first, Silent(), Rerun())
    with pytest.raises(WorkspaceError, match=difference):
        run_train(images, then, listener, Rerun(frozen=True))
    run_train(images, then, listener, Rerun())
    assert listener.notes == [f"{difference[:1].upper()}{difference[1:]}; training again"]


@pytest.mark.slow
def test_run_train__image_branch_killed_and_gone_on(images, listener):
    run_train(images, SEEING, Silent(), Rerun())
    whole = images.denoiser.read_bytes()
    record_path(images.denoiser).unlink()
    images.denoiser.unlink()
    with pytest.raises(Killed):
        run_train(images, SEEING, Killer(12 + 10), Rerun())  # images are read, and 10 steps done
    run_train(images, SEEING, listener, Rerun())
    assert listener.notes == ["continuing after step 5 of an earlier run"]
    assert images.denoiser.read_bytes() == whole


@pytest.mark.slow
def test_run_train__image_changed_since_it_was_embedded(images, tmp_path, listener):
    shutil.copy(tmp_path / "images" / "001.png", tmp_path / "images" / "000.png")
    with pytest.raises(InputError, match=r"000\.png in .* has changed since") as caught:
        run_train(images, BRIEFLY, Silent(), Rerun())
    assert "labelfix embed" in caught.value.hint
    assert not images.denoiser.exists()
    embed_images(tmp_path, listener)
    assert not run_train(images, BRIEFLY, Silent(), Rerun()).skipped


@pytest.mark.slow
def test_run_train__image_folder_has_moved(images, tmp_path):
    shutil.move(tmp_path / "images", tmp_path / "moved")
    with pytest.raises(InputError, match="found no such folder"):
        run_train(images, BRIEFLY, Silent(), Rerun())
    run_train(images, BRIEFLY, Silent(), Rerun(), tmp_path / "moved")
    assert run_train(images, BRIEFLY, Silent(), Rerun()).skipped


def test_run_train__image_branch_of_vectors_without_images(workspace, tmp_path):
    with pytest.raises(InputError) as caught:
        run_train(workspace, SEEING, Silent(), Rerun())
    assert caught.value.message == (
        f"--image-branch: expected the image of every embedded row in {tmp_path}, "
        "found 000.png: file does not exist"
    )


def test_run_train__no_such_backbone(images, listener):
    with pytest.raises(InputError, match=r"expected the name of a backbone of timm .* found 'x'"):
        run_train(images, replace(SEEING, image_branch="x"), listener, Rerun())
    assert "reading" not in str(listener.begun)
