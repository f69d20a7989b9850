"""The sample data through the real command line."""

import csv
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parent.parent / "sample_data"


def right(path: Path, column: str) -> float:
    with (SAMPLE / "truth.csv").open(encoding="utf-8") as file:
        truth = {row["image"]: row["true_label"] for row in csv.DictReader(file)}
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return sum(row[column] == truth[row["image"]] for row in rows) / len(rows)


@pytest.mark.slow
def test_run__sample_data_with_hog(labelfix, tmp_path):
    outcome = labelfix(
        "run", SAMPLE / "images", SAMPLE / "manifest.csv", "--encoder", "hog", "--out", "fixed.csv"
    )
    assert outcome.code == 0
    assert right(tmp_path / "fixed.csv", "given_label") == 1438 / 1797
    assert right(tmp_path / "fixed.csv", "label") >= 0.985
    assert outcome.stdout.startswith("rows             1,797\n")
    assert outcome.stdout.endswith("written to fixed.csv\n")


NEW = "new.csv"


def write_halves(folder: Path) -> None:
    """The labels of every second image as they were given, and the others with one in ten wrong."""
    with (SAMPLE / "manifest.csv").open(encoding="utf-8") as file:
        given = list(csv.DictReader(file))
    with (SAMPLE / "truth.csv").open(encoding="utf-8") as file:
        truth = {row["image"]: row["true_label"] for row in csv.DictReader(file)}
    seen = [f"{row['image']},{row['label']}" for row in given[::2]]
    labelled = []
    for place, row in enumerate(given[1::2]):
        label = int(truth[row["image"]])
        wrong = (label + 1 + place % 9) % 10 if place % 10 == 0 else label
        labelled.append(f"{row['image']},{wrong}")
    unlabelled = [row["image"] for row in given[1::2]]
    for name, header, lines in (
        ("seen.csv", "image,label", seen),
        ("labelled.csv", "image,label", labelled),
        ("unlabelled.csv", "image", unlabelled),
    ):
        (folder / name).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


@pytest.mark.slow
def test_relabel__half_of_the_sample_data_by_the_other_half(labelfix, tmp_path):
    """A fifth of the labels that are learned from is wrong."""
    write_halves(tmp_path)
    images = SAMPLE / "images"
    run = ("run", images, "seen.csv", "--encoder", "hog", "--fast", "--out", "fixed.csv")
    assert labelfix(*run).code == 0
    relabel = ("relabel", "--images", images, "--out", NEW, "--manifest")
    outcome = labelfix(*relabel, "unlabelled.csv")
    assert outcome.code == 0
    assert right(tmp_path / NEW, "label") >= 0.95
    outcome = labelfix(*relabel, "labelled.csv")
    assert outcome.code == 0
    assert "embed   up to date, skipped: 898 images" in outcome.stderr
    assert right(tmp_path / NEW, "given_label") == 808 / 898
    assert right(tmp_path / NEW, "label") >= 0.97
