"""How well do real wrong labels get corrected, through the command line, and what does it cost?

    python benchmarks/cifar10n.py DATA [--labels worse_label]

DATA is a folder with CIFAR-10N: `train_labels.csv` (columns image, true_label and the given
labels) and `mobilenetv2_train.npy`, embeddings in its order. The truth is read for the last
figures alone.
"""

import argparse
import csv
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from measuring import Finished, labelfix, save

MIN_CONFIDENCES = (0.5, 0.8)
GIVEN = ("worse_label", "aggre_label", "pmd35_label")


def measure(data: Path, column: str) -> list[dict[str, object]]:
    """The figures for one column of given labels; rows without a label are left out."""
    with (data / "train_labels.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row[column]]
    true = np.array([row["true_label"] for row in rows])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["image", "label"])
            writer.writerows([row["image"], row[column]] for row in rows)
        vectors = np.load(data / "mobilenetv2_train.npy", mmap_mode="r")[: len(rows)]
        np.save(folder / "vectors.npy", vectors)
        encoder = f"precomputed:{folder / 'vectors.npy'}"
        stages = {
            "embed": labelfix(
                "embed", folder, folder / "manifest.csv", "--encoder", encoder, folder=folder
            ),
            "index": labelfix("index", folder=folder),
            "train": labelfix("train", folder=folder),
        }
        return [relabel(folder, true, column, cut, stages) for cut in MIN_CONFIDENCES]


def relabel(
    folder: Path,
    true: npt.NDArray[np.str_],
    column: str,
    min_confidence: float,
    stages: dict[str, Finished],
) -> dict[str, object]:
    """Decide with one cut, and hold the outcome against the truth."""
    command = ("relabel", "--out", "fixed.csv", "--min-confidence", min_confidence)
    runs = {**stages, "relabel": labelfix(*command, folder=folder)}
    with (folder / "fixed.csv").open(encoding="utf-8") as file:
        fixed = list(csv.DictReader(file))
    given, suggested, label = (
        np.array([row[name] for row in fixed])
        for name in ("given_label", "suggested_label", "label")
    )
    changed = label != given
    return {
        "labels": column,
        "min_confidence": min_confidence,
        "rows": len(fixed),
        "right_before": round(float(np.mean(given == true)), 4),
        "top_label_right": round(float(np.mean(suggested == true)), 4),
        "right_after": round(float(np.mean(label == true)), 4),
        "changed": round(float(np.mean(changed)), 4),
        "changed_rightly": round(float(np.mean((label == true)[changed])), 4),
        "changed_from_right_to_wrong": round(float(np.mean(changed & (given == true))), 4),
        "seconds": {stage: round(run.seconds, 1) for stage, run in runs.items()},
        "seconds_index_train_relabel": round(
            sum(run.seconds for stage, run in runs.items() if stage != "embed"), 1
        ),
        "peak_mib": round(max(run.peak_mib for run in runs.values())),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--labels", choices=GIVEN, action="append")
    options = parser.parse_args()
    results = [run for column in options.labels or GIVEN for run in measure(options.data, column)]
    save("cifar10n", {"runs": results})


if __name__ == "__main__":
    main()
