"""Several annotators through the command line: one row per image, and how good each one is."""

import csv
import shutil

import pytest

RUN = ("run", "images", "manifest.csv", "--encoder", "hog", "--out", "fixed.csv")
TRUTH = ["cat", "dog", "owl"] * 12
NEXT = {"cat": "dog", "dog": "owl", "owl": "cat"}


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def label_by(annotator, row):
    """Ann and Bob are always right, Cid every second time."""
    right = TRUTH[row]
    return NEXT[right] if annotator == "cid" and row % 2 else right


def manifest_text(header="image,label,annotator"):
    rows = [
        f"{row:03d}.png,{label_by(who, row)},{who}"
        for row in range(len(TRUTH))
        for who in ("cid", "ann", "bob")
        if who != "bob" or row < 30  # of the last images two labels alone
    ]
    return "\n".join([header, *rows]) + "\n"


@pytest.fixture
def annotated(labelfix, tmp_path, finished):
    """A folder whose images have up to three labels each."""
    shutil.copytree(finished / "images", tmp_path / "images")
    shutil.copy2(finished / "labelfix.toml", tmp_path)
    (tmp_path / "manifest.csv").write_text(manifest_text())
    return tmp_path


@pytest.mark.slow
def test_run__several_labels_for_an_image(labelfix, annotated):
    outcome = labelfix(*RUN)
    assert outcome.code == 0, outcome.stderr
    assert outcome.stdout.startswith("rows                36\n")
    rows = rows_of(annotated / "fixed.csv")
    assert [row["image"] for row in rows] == [f"{row:03d}.png" for row in range(36)]
    assert [row["label"] for row in rows] == TRUTH
    assert rows[0]["annotator"] == "cid|ann|bob"
    assert rows[35]["annotator"] == "cid|ann"
    annotators = rows_of(annotated / ".labelfix" / "annotators.csv")
    assert [(row["annotator"], row["labels"]) for row in annotators] == [
        ("ann", "36"), ("cid", "36"), ("bob", "30"),
    ]  # fmt: skip
    right = {}
    for row in annotators:
        low, share, high = (float(row[f"right_share{end}"]) for end in ("_low", "", "_high"))
        assert 0 <= low <= share <= high <= 1
        right[row["annotator"]] = share
    assert right["ann"] > 0.9 and right["bob"] > 0.9
    assert right["cid"] == pytest.approx(0.5, abs=0.1)


@pytest.mark.slow
def test_run__annotators_no_longer_known(labelfix, annotated):
    assert labelfix(*RUN).code == 0
    assert (annotated / ".labelfix" / "annotators.csv").exists()
    text = "\n".join(line.rpartition(",")[0] for line in manifest_text().splitlines())
    (annotated / "manifest.csv").write_text(text + "\n")
    outcome = labelfix(*RUN)
    assert outcome.code == 0, outcome.stderr
    assert not (annotated / ".labelfix" / "annotators.csv").exists()
    assert outcome.stdout.startswith("rows               102\n")


@pytest.mark.slow
def test_run__annotator_column_of_the_same_file_is_left_out(labelfix, annotated):
    (annotated / "manifest.csv").write_text(manifest_text("image,label,who"))
    outcome = labelfix(*RUN, "--annotator-column", "who")
    assert outcome.stdout.startswith("rows                36\n")
    outcome = labelfix(*RUN)
    assert outcome.code == 0, outcome.stderr
    assert "Annotator column was who, is not set; relabelling again" in outcome.stderr
    assert outcome.stdout.startswith("rows               102\n")
    assert not (annotated / ".labelfix" / "annotators.csv").exists()


@pytest.mark.slow
def test_run__one_label_for_each_image_with_annotators(labelfix, annotated):
    """Rows stay as they are; who gave a label still counts."""
    lines = [f"{row:03d}.png,{label},{'ab'[row % 2]}" for row, label in enumerate(TRUTH)]
    (annotated / "manifest.csv").write_text("\n".join(["image,label,annotator", *lines]) + "\n")
    assert labelfix(*RUN).code == 0
    assert [row["label"] for row in rows_of(annotated / "fixed.csv")] == TRUTH
    annotators = rows_of(annotated / ".labelfix" / "annotators.csv")
    assert [(row["annotator"], row["labels"]) for row in annotators] == [("a", "18"), ("b", "18")]


@pytest.mark.slow
def test_run__paper_knows_of_no_annotators(labelfix, annotated):
    assert labelfix(*RUN).code == 0
    assert labelfix(*RUN, "--method", "paper", "--epochs", "9").code == 0
    assert len(rows_of(annotated / "fixed.csv")) == 36
    assert not (annotated / ".labelfix" / "annotators.csv").exists()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["noise-aware", "paper"])
def test_run__again_with_annotators_is_skipped(labelfix, annotated, method):
    command = (*RUN, "--method", method, "--epochs", "9")
    assert labelfix(*command).code == 0
    before = (annotated / "fixed.csv").read_bytes()
    outcome = labelfix(*command)
    assert outcome.stderr.count("up to date, skipped") == 4
    assert (annotated / "fixed.csv").read_bytes() == before
