"""How many of the sample data's labels are right before and after, and what does it cost?

python benchmarks/sample_data.py
"""

import csv
import tempfile
from pathlib import Path

from measuring import labelfix, save

SAMPLE = Path(__file__).parent.parent / "sample_data"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "fixed.csv"
        command = ("run", SAMPLE / "images", SAMPLE / "manifest.csv", "--encoder", "hog")
        first = labelfix(*command, "--out", out, folder=Path(folder))
        again = labelfix(*command, "--out", out, folder=Path(folder))
        with out.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    with (SAMPLE / "truth.csv").open(encoding="utf-8") as file:
        truth = {row["image"]: row["true_label"] for row in csv.DictReader(file)}

    def right(column: str) -> float:
        return round(sum(row[column] == truth[row["image"]] for row in rows) / len(rows), 4)

    save(
        "sample_data",
        {
            "rows": len(rows),
            "right_before": right("given_label"),
            "right_after": right("label"),
            "top_label_right": right("suggested_label"),
            "seconds": round(first.seconds, 1),
            "seconds_when_up_to_date": round(again.seconds, 1),
            "peak_mib": round(first.peak_mib),
        },
    )


if __name__ == "__main__":
    main()
