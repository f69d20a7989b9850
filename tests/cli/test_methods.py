"""The two methods through the command line: switching, precision, the noise that is found."""

import csv
import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
from small_training import FOLDS

RUN_WITH = ("run", "images", "manifest.csv", "--out", "fixed.csv", "--encoder")
RUN = (*RUN_WITH, "hog")
PAPER = ("--method", "paper", "--epochs", "700")
"""Fifty steps of training with 36 images."""


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def noise_in(workspace):
    """What corrections.parquet tells of the noise; None where it tells nothing."""
    metadata = pq.read_schema(workspace / "corrections.parquet").metadata or {}
    return json.loads(metadata[b"labelfix_noise"]) if b"labelfix_noise" in metadata else None


@pytest.mark.slow
def test_method__switched_and_back(labelfix, project):
    workspace = project / ".labelfix"
    first, weights = (project / "fixed.csv").read_bytes(), workspace / "denoiser.safetensors"
    of_noise_aware = weights.read_bytes()
    noise = (workspace / "noise_transition.csv").read_bytes()
    outcome = labelfix("train", *PAPER)
    assert (outcome.code, outcome.stdout) == (0, ".labelfix/denoiser.safetensors\n")
    assert outcome.stderr.startswith("Method was noise-aware, is paper; training again\n")
    assert " 50 steps, loss 0." in outcome.stderr
    outcome = labelfix("relabel", "--out", "fixed.csv")
    assert outcome.code == 0
    assert "Denoiser changed; relabelling again\n" in outcome.stderr
    assert "Estimated share" not in outcome.stdout
    assert not (workspace / "noise_transition.csv").exists()
    assert noise_in(workspace) is None
    outcome = labelfix(*RUN)
    assert "Method was paper, is noise-aware; training again\n" in outcome.stderr
    assert "Estimated share of wrong labels: " in outcome.stdout
    assert weights.read_bytes() == of_noise_aware
    assert (workspace / "noise_transition.csv").read_bytes() == noise
    assert (project / "fixed.csv").read_bytes() == first


@pytest.mark.slow
def test_method__paper_corrects_too(labelfix, project):
    learns = ("--method", "paper", "--epochs", "1400", "--learning-rate", "0.004")
    assert labelfix(*RUN, *learns).code == 0
    rows = rows_of(project / "fixed.csv")
    assert {row["image"]: row["label"] for row in rows if row["action"] == "relabel"} == {
        "000.png": "cat", "004.png": "dog", "009.png": "cat",
        "013.png": "dog", "018.png": "cat", "022.png": "dog",
    }  # fmt: skip


def test_noise_transition__in_the_metadata_and_as_csv(labelfix, project):
    noise = noise_in(project / ".labelfix")
    every, *classes = rows_of(project / ".labelfix" / "noise_transition.csv")
    assert noise["class_names"] == [row["label"] for row in classes] == ["cat", "dog", "owl"]
    matrix = [[float(row[f"given={name}"]) for name in noise["class_names"]] for row in classes]
    assert noise["noise_transition"] == matrix
    assert [sum(row) for row in matrix] == pytest.approx([1] * 3, abs=1e-5)
    assert [row["rows"] for row in (every, *classes)] == ["36", "9", "12", "15"]
    shown = json.loads(labelfix("relabel", "--out", "fixed.csv", "--json").stdout)
    assert shown["wrong_share"] == noise["wrong_share"]
    assert shown["wrong_share"]["share"] == float(every["wrong_share"])


def test_min_precision__changed(labelfix, tmp_path, corrected_vectors):
    before = rows_of(tmp_path / "fixed.csv")
    outcome = labelfix("relabel", "--out", "fixed.csv", "--min-precision", "1")
    assert outcome.code == 0
    assert outcome.stderr.startswith("Min precision was not set, is 1.0; relabelling again\n")
    rows = rows_of(tmp_path / "fixed.csv")
    assert not [row for row in rows if row["action"] == "relabel"]
    for old, new in zip(before, rows, strict=True):
        assert new["label"] == new["given_label"] == old["given_label"]
        assert new["action"] == ("review" if old["action"] == "relabel" else old["action"])
    ranks = [int(row["review_rank"]) for row in rows if row["action"] == "review"]
    assert sorted(ranks) == list(range(1, len(ranks) + 1))
    assert len(ranks) >= 2
    assert {row["review_rank"] for row in rows if row["action"] != "review"} == {""}


@pytest.mark.parametrize("command", [RUN, ("relabel", "--out", "new.csv")], ids=lambda c: c[0])
@pytest.mark.parametrize("precision", ["1.01", "-0.1", "nan"])
def test_min_precision__no_probability(labelfix, tmp_path, command, precision):
    outcome = labelfix(*command, "--min-precision", precision)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        f"error: --min-precision: expected a probability from 0 to 1, found {float(precision)}\n"
    )
    assert not (tmp_path / ".labelfix").exists()


@pytest.mark.parametrize("command", [RUN, ("train",)], ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--method", "lra"], "--method: expected one of noise-aware, paper, found 'lra'"),
        (
            ["--image-branch", "resnet34"],
            "--image-branch: expected --method paper, found 'noise-aware'",
        ),
        (["--method", "paper", "--fast"], "--fast: expected --method noise-aware, found 'paper'"),
    ],
)
def test_method__refused(labelfix, tmp_path, command, options, problem):
    outcome = labelfix(*command, *options)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == f"error: {problem}\n"
    assert not (tmp_path / ".labelfix").exists()


@pytest.mark.slow
def test_fast__is_another_training(labelfix, project):
    outcome = labelfix("train", "--fast")
    assert outcome.code == 0
    assert f"Folds was {FOLDS}, is 4; training again\n" in outcome.stderr
    assert "4 folds, about " in outcome.stderr
    assert "up to date, skipped" in labelfix("train", "--fast").stderr


@pytest.mark.slow
def test_settings__method_and_precision_from_a_file(labelfix, project):
    (project / "labelfix.toml").write_text("method = 'paper'\nepochs = 9\nmin-precision = 1\n")
    assert labelfix(*RUN).code == 0
    records = [
        json.loads((project / ".labelfix" / f"{name}.record.json").read_text())["options"]
        for name in ("denoiser.safetensors", "corrections.parquet")
    ]
    assert (records[0]["method"], records[1]["min_precision"]) == ("paper", 1.0)


IMAGE_BRANCH = (
    "--method", "paper", "--image-branch", "test_resnet", "--image-size", "16",
)  # fmt: skip
LEARNS = ("--epochs", "170", "--learning-rate", "0.005")
LEARNS_NOTHING = ("--epochs", "1")


@pytest.fixture
def run_seeing(labelfix, tmp_path, write_images):
    """Runs with an image branch over 60 images; gives the wrong ones and their true labels."""
    labels = ["cat", "dog", "owl"] * 20
    wrong = {row: labels[row + 1] for row in range(0, 59, 10)}
    write_images(tmp_path, labels, wrong=wrong)

    def run(*training, encoder="hog"):
        outcome = labelfix(*RUN_WITH, encoder, *IMAGE_BRANCH, *training)
        assert outcome.code == 0, outcome.stderr
        return {f"{row:03d}.png": labels[row] for row in wrong}

    return run


@pytest.mark.slow
def test_image_branch__corrects(labelfix, run_seeing, tmp_path):
    wrong = run_seeing(*LEARNS)
    rows = rows_of(tmp_path / "fixed.csv")
    relabelled = {row["image"]: row["label"] for row in rows if row["action"] == "relabel"}
    assert len(wrong.items() & relabelled.items()) >= 4
    assert len(relabelled) <= len(wrong) + 3
    about = json.loads((tmp_path / ".labelfix" / "denoiser.json").read_text())["network"]
    assert about["image_branch"] == {"backbone": "test_resnet", "image_size": 16}
    first = (tmp_path / "fixed.csv").read_bytes()
    again = labelfix(*RUN, *IMAGE_BRANCH, *LEARNS)
    assert again.stderr.count("up to date, skipped") == 4
    labelfix("relabel", "--out", "again.csv", "--force")
    assert (tmp_path / "again.csv").read_bytes() == first


@pytest.mark.slow
def test_image_branch__relabel_sees_the_images(labelfix, run_seeing, tmp_path):
    """The folder has moved: relabel says so, and train tells it where it is."""
    run_seeing(*LEARNS_NOTHING)
    shutil.move(tmp_path / "images", tmp_path / "moved")
    outcome = labelfix("relabel", "--out", "again.csv", "--force")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert f"embedded in {tmp_path / 'images'}, found no such folder" in outcome.stderr
    outcome = labelfix("train", *IMAGE_BRANCH, *LEARNS_NOTHING, "--images", "moved")
    assert "up to date, skipped" in outcome.stderr
    assert labelfix("relabel", "--out", "again.csv", "--force").code == 0
    shutil.copy(tmp_path / "moved" / "001.png", tmp_path / "moved" / "007.png")
    outcome = labelfix("relabel", "--out", "again.csv", "--force")
    assert outcome.code == 2
    assert "error: the image 007.png in " in outcome.stderr
    assert "Run labelfix embed IMAGES MANIFEST again" in outcome.stderr


@pytest.mark.slow
def test_image_branch__relabel_of_vectors_sees_the_same_images(
    labelfix, run_seeing, tmp_path, clusters
):
    np.save(tmp_path / "vectors.npy", clusters(60, 3).vectors)
    run_seeing(*LEARNS_NOTHING, encoder="precomputed:vectors.npy")
    shutil.copy(tmp_path / "images" / "001.png", tmp_path / "images" / "007.png")
    outcome = labelfix("relabel", "--out", "again.csv")
    assert outcome.code == 2
    assert "was trained on other images than the current ones\nRun labelfix train" in outcome.stderr


def test_image_branch__unknown_before_anything_is_embedded(labelfix, tmp_path, write_images):
    write_images(tmp_path, ["cat", "dog"] * 2)
    outcome = labelfix(*RUN, "--method", "paper", "--image-branch", "resnet3")
    assert outcome.code == 2
    assert "expected the name of a backbone of timm" in outcome.stderr
    assert not (tmp_path / ".labelfix" / "embeddings").exists()
