"""labelfix as its users run it: one process a stage, on embeddings that are there already."""

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt
from measuring import labelfix
from quality_figures import shares

MIN_PRECISIONS = (0.80, 0.90, 0.95)

Classes = npt.NDArray[np.int64]


def through_commands(
    folder: Path, classes: list[str], given: Classes, true: Classes
) -> dict[str, object]:
    """Index, train and relabel `embeddings.npy` of a folder; the truth is for the figures alone.

    Seconds and memory are of the three processes; the cuts at a wanted precision come after and
    decide again with the same denoiser.

    Args:
        folder: an empty workspace is made in it.
        classes: their names; N rows' given and true labels are places in it.
        given: (N,).
        true: (N,).
    """
    manifest, fixed = folder / "manifest.csv", folder / "fixed.csv"
    with manifest.open("w", encoding="utf-8", newline="") as file:
        rows = [(f"{row}.png", classes[label]) for row, label in enumerate(given)]
        csv.writer(file).writerows([("image", "label"), *rows])
    encoder = f"precomputed:{folder / 'embeddings.npy'}"
    labelfix("embed", folder, manifest, "--encoder", encoder, folder=folder)
    relabel = ("relabel", "--out", fixed)
    stages = {
        "index": labelfix("index", folder=folder),
        "train": labelfix("train", folder=folder),
        "relabel": labelfix(*relabel, folder=folder),
    }
    right_after = shares(given, _labels(fixed, classes), true).right_after
    cuts = []
    for asked in MIN_PRECISIONS:
        labelfix(*relabel, "--min-precision", asked, folder=folder)
        after = _labels(fixed, classes)
        became = shares(given, after, true)
        cuts.append(
            {
                "min_precision": asked,
                "changed_rightly": became.changed_rightly,
                "rows_changed": int(np.sum(after != given)),
                "right_after": became.right_after,
            }
        )
    return {
        "right_after": right_after,
        "stage_seconds": {stage: run.seconds for stage, run in stages.items()},
        "seconds": sum(run.seconds for run in stages.values()),
        "peak_mib": max(run.peak_mib for run in stages.values()),
        "min_precision": cuts,
    }


def _labels(path: Path, classes: list[str]) -> Classes:
    number = {name: place for place, name in enumerate(classes)}
    with path.open(encoding="utf-8", newline="") as file:
        return np.array([number[row["label"]] for row in csv.DictReader(file)])
