"""Class vectors from the command line to corrections, the report and new images."""

import csv
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelfix import correct_labels
from labelfix.errors import InputError
from labelfix.options.train_options import TrainOptions

COUNT, CLASSES, WIDTH = 600, 3, 24


@pytest.fixture(scope="module")
def made():
    """Images in which a small part tells the class; a third of the labels is wrong."""
    random = np.random.default_rng(0)
    true = np.arange(COUNT) % CLASSES
    parts = 0.3 * np.eye(CLASSES)[true] + 0.03 * random.normal(size=(COUNT, CLASSES))
    vectors = np.hstack([random.normal(size=(COUNT, WIDTH)) / WIDTH**0.5, parts])
    other = (true + random.integers(1, CLASSES, COUNT)) % CLASSES
    given = np.where(random.random(COUNT) < 0.35, other, true)
    names = np.hstack([np.zeros((CLASSES, WIDTH)), np.eye(CLASSES)])
    return vectors.astype(np.float32), given, true, names.astype(np.float32)


@pytest.fixture
def folder(made, labelfix, tmp_path, monkeypatch):
    """A manifest, embeddings and class vectors as files; the current folder."""
    vectors, given, _, names = made
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    rows = [f"{row}.png,c{label}" for row, label in enumerate(given)]
    (tmp_path / "manifest.csv").write_text("\n".join(["image,label", *rows]) + "\n")
    np.save("vectors.npy", vectors)
    table = {"label": ["c0", "c1", "c2"], "embedding": names.tolist()}
    pq.write_table(pa.table(table), "classes.parquet")
    return tmp_path


RUN = ("run", "images", "manifest.csv", "--encoder", "precomputed:vectors.npy", "--width", "1024")
RUN = (*RUN, "--out", "out.csv")
WITH = (*RUN, "--class-vectors", "classes.parquet")


def right(made, path):
    with path.open(newline="") as file:
        labels = [row["label"] for row in csv.DictReader(file)]
    return np.mean([label == f"c{true}" for label, true in zip(labels, made[2], strict=True)])


@pytest.mark.slow
def test_run__class_vectors_set_more_labels_right(made, labelfix, folder):
    assert labelfix(*RUN).code == 0
    assert pq.read_schema(".labelfix/corrections.parquet").names[-1] == "question_value"
    before = right(made, folder / "out.csv")
    outcome = labelfix(*WITH)
    assert outcome.code == 0, outcome.stderr
    assert "class names: expected to fix about " in outcome.stdout, outcome.stdout
    assert right(made, folder / "out.csv") > before + 0.05
    table = pq.read_table(".labelfix/corrections.parquet")
    assert table.column_names[-2:] == ["text_label", "text_confidence"]
    told = [f"c{true}" for true in made[2]]
    assert (
        np.mean([a == b for a, b in zip(table["text_label"].to_pylist(), told, strict=True)]) > 0.95
    )
    shown = json.loads(labelfix(*WITH, "--json").stdout)
    assert len(shown["text"]["weights"]) == 3
    assert shown["text"]["expected_more_right"] > 0
    assert labelfix("report", "--out", "report.html").code == 0
    assert "By class names alone: " in (folder / "report.html").read_text()
    assert labelfix(*RUN).code == 0
    assert right(made, folder / "out.csv") == before


@pytest.mark.slow
def test_relabel_new__by_the_same_class_vectors(made, labelfix, folder):
    assert labelfix(*WITH).code == 0
    (folder / "new").mkdir()
    vectors = np.hstack([np.zeros((CLASSES, WIDTH)), np.eye(CLASSES)]).astype(np.float32)
    np.save("new.npy", vectors)
    (folder / "new.csv").write_text("image\na.png\nb.png\nc.png\n")
    outcome = labelfix(
        "relabel", "--images", "new", "--manifest", "new.csv", "--embeddings", "new.npy",
        "--out", "new_out.csv",
    )  # fmt: skip
    assert outcome.code == 0, outcome.stderr
    judged = pq.read_table(".labelfix/new/corrections.parquet")
    assert judged["text_label"].to_pylist() == ["c0", "c1", "c2"]
    assert judged["suggested_label"].to_pylist() == ["c0", "c1", "c2"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--class-vectors", "none.parquet"), "found no file"),
        (("--prompts", "p.csv"), "--prompts p.csv: expected --encoder clip"),
        (
            ("--class-vectors", "classes.parquet", "--prompts", "p.csv"),
            "--class-vectors cannot be combined with --prompts p.csv",
        ),
        (
            ("--class-vectors", "classes.parquet", "--method", "paper"),
            "--class-vectors: expected the method noise-aware, found paper",
        ),
    ],
)
def test_run__refused(labelfix, folder, more, why):
    outcome = labelfix(*RUN, *more)
    assert outcome.code == 2
    assert why in " ".join(outcome.stderr.split())


@pytest.mark.slow
def test_correct_labels__class_vectors(made):
    vectors, given, true, names = made
    train = TrainOptions(epochs=1, width=64, learning_rate=3e-2)
    without = correct_labels(vectors, given, device="cpu", train=train)
    found = correct_labels(vectors, given, device="cpu", train=train, class_vectors=names)
    assert (found.label == true).mean() > (without.label == true).mean() + 0.05
    assert without.text_label is None
    assert (found.text_label == true).mean() > 0.95
    assert list(found.to_pandas().columns)[-2:] == ["text_label", "text_confidence"]
    with pytest.raises(InputError, match=r"class_vectors: expected an array of shape \(3, 27\)"):
        correct_labels(vectors, given, class_vectors=names[:2])
    with pytest.raises(InputError, match="class_vectors: expected the method noise-aware"):
        correct_labels(vectors, given, method="paper", class_vectors=names)
