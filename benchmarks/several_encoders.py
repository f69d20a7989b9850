"""What do two encoders side by side add to each one alone?

    python benchmarks/several_encoders.py DATA

DATA has `train_labels.csv` and one array of embeddings for each encoder. Each set of labels is
corrected with each encoder alone and with both, `correct_labels([A, B], given)`; the truth is read
for the figures alone.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from measuring import save
from noise_data import read_columns
from quality_figures import calibration_error, reliability

import labelfix

COLUMNS = ("worse_label", "aggre_label", "pmd35_label")
ENCODERS = ("mobilenetv2", "lite0")


def figures(
    names: tuple[str, ...],
    data: Path,
    rows: npt.NDArray[np.int64],
    given: npt.NDArray[Any],
    true: npt.NDArray[Any],
) -> dict[str, Any]:
    """How right labels are after a correction by some encoders, in %, and what it took."""
    views = [np.load(data / f"{name}_train.npy", mmap_mode="r")[rows] for name in names]
    started = time.perf_counter()
    found = labelfix.correct_labels(views, given)
    seconds = time.perf_counter() - started
    after = found.label == true
    error = calibration_error(reliability(after, found.confidence))
    return {
        "encoders": " + ".join(names),
        "right_before": 100 * float((given == true).mean()),
        "right_after": 100 * float(after.mean()),
        "calibration_error": error,
        "seconds": seconds,
    }


def main() -> None:
    """Measure, print a row for each set of labels and encoders, and save them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    arguments = parser.parse_args()
    table = read_columns(arguments.data / "train_labels.csv")
    runs = []
    for column in COLUMNS:
        labels = np.array(table[column], dtype=object)
        rows = np.flatnonzero(labels != "")[: arguments.rows]
        given, true = labels[rows], np.array(table["true_label"], dtype=object)[rows]
        for names in (*((name,) for name in ENCODERS), ENCODERS):
            run = {"labels": column, **figures(names, arguments.data, rows, given, true)}
            runs.append(run)
            print(
                f"{column} {run['encoders']:<22} {run['right_before']:.2f} -> "
                f"{run['right_after']:.2f}, calibration error {run['calibration_error']:.3f}, "
                f"{run['seconds']:.0f} s",
                flush=True,
            )
    save("several_encoders", {"rows": arguments.rows, "runs": runs})


if __name__ == "__main__":
    main()
