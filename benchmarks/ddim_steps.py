"""Does the default denoiser gain by more steps of DDIM, and what does its diffusion cost?

    python benchmarks/ddim_steps.py --data FOLDER [--rows 20000]

FOLDER holds `mobilenetv2_train.npy`, `lite0_train.npy` and `train_labels.csv`. Each training
predicts with 1, 2, 4 and 10 steps, scored by the likelihood of held-out labels, the confidence and
the accuracy of its argmax without the given label. The same network is also trained without
label_t and timesteps, to compare CPU seconds.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from measuring import save
from noise_data import read_columns

from labelfix.data.embeddings import unit_length
from labelfix.methods.method import GivenLabels
from labelfix.methods.noise_aware.cross_fit import CrossFit
from labelfix.methods.noise_aware.ddim_steps import STEPS
from labelfix.methods.noise_aware.label_denoiser import probabilities
from labelfix.methods.noise_aware.round_training import RoundTraining
from labelfix.methods.noise_aware.rounds import cross_fit
from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.retrieval.registry import make_engine
from labelfix.retrieval.search import find_neighbours
from labelfix.runtime.progress import Silent

ENCODERS = ("mobilenetv2", "lite0")
COLUMNS = ("worse_label", "aggre_label", "pmd35_label")


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=20_000)
    arguments = parser.parse_args()
    cells = []
    for data, about, true in settings(arguments.data, arguments.rows):
        fit, seconds = trained(data)
        with mock.patch.object(RoundTraining, "_draws", lambda *_: None):
            _, without = trained(data)
        cell = {**about, "chosen": fit.steps, "seconds": seconds, "without": without}
        cell["read_in"] = [figures(fit, data, true, steps) for steps in STEPS]
        print(cell, flush=True)
        cells.append(cell)
    save("ddim_steps", {"rows": arguments.rows, "cells": cells})


def settings(folder: Path, rows: int) -> Iterator[tuple[GivenLabels, dict[str, Any], Any]]:
    """The first rows with each encoder and each column of labels, and their true classes."""
    columns = read_columns(folder / "train_labels.csv")
    names, true = np.unique(columns["true_label"][:rows], return_inverse=True)
    for encoder in ENCODERS:
        every, _ = unit_length(np.load(folder / f"{encoder}_train.npy")[:rows])
        for column in COLUMNS:
            given = np.array(columns[column][:rows])
            labelled = np.isin(given, names)
            vectors = np.ascontiguousarray(every[labelled])
            search = make_engine("exact", "cpu")
            search.add(vectors)
            neighbours = find_neighbours(search, vectors, 10, Silent())
            labels = np.searchsorted(names, given[labelled])
            data = GivenLabels(vectors, labels, neighbours, len(names))
            yield data, {"encoder": encoder, "labels": column}, true[labelled]


def trained(data: GivenLabels) -> tuple[CrossFit, float]:
    """The denoisers of all folds, and the processor seconds that they took."""
    clock = time.process_time()
    fit = cross_fit(data, CrossFitOptions(), "cpu", Silent())
    return fit, round(time.process_time() - clock, 1)


def figures(fit: CrossFit, data: GivenLabels, true: Any, steps: int) -> dict[str, float]:
    """Of every image, by the denoiser that did not see its label."""
    read = np.empty((len(true), data.classes), dtype=np.float32)
    for fold, network in enumerate(fit.networks):
        own = np.flatnonzero(fit.folds == fold)
        read[own] = probabilities(network, data.vectors, "cpu", own, steps)
    of_given = (read * fit.transition[:, data.labels].T).sum(axis=1)
    return {
        "steps": steps,
        "held_out_log_likelihood": round(float(np.log(of_given).mean()), 4),
        "right": round(100 * float((read.argmax(axis=1) == true).mean()), 2),
        "mean_top_probability": round(float(read.max(axis=1).mean()), 3),
    }


if __name__ == "__main__":
    main()
