"""The sample data through the real command line."""

import csv
from pathlib import Path

SAMPLE = Path(__file__).parent.parent / "sample_data"


def right(path: Path, column: str) -> float:
    with (SAMPLE / "truth.csv").open(encoding="utf-8") as file:
        truth = {row["image"]: row["true_label"] for row in csv.DictReader(file)}
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return sum(row[column] == truth[row["image"]] for row in rows) / len(rows)


def test_run__sample_data_with_hog(labelfix, tmp_path):
    outcome = labelfix(
        "run", SAMPLE / "images", SAMPLE / "manifest.csv", "--encoder", "hog", "--out", "fixed.csv"
    )
    assert outcome.code == 0
    assert right(tmp_path / "fixed.csv", "given_label") == 1438 / 1797
    assert right(tmp_path / "fixed.csv", "label") >= 0.985
    assert outcome.stdout.startswith("rows             1,797\n")
    assert outcome.stdout.endswith("written to fixed.csv\n")
