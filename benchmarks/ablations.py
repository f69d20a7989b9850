r"""What do K, own labels, DDIM steps, encoder and kind of noise change, and who does better?

    python benchmarks/ablations.py --data FOLDER [--rows 3000] [--only 'paper-*'] [--out FOLDER]

FOLDER holds `mobilenetv2_train.npy`, `lite0_train.npy` and `train_labels.csv`; the first rows are
taken. One thing at a time is changed from a base: `worse_label`, `mobilenetv2`, K = 10, half of the
labels retrieved, as many DDIM steps as the method takes by itself. The default and `paper` run as
`correct_labels` runs them; peers and semi-supervised rivals run on the same embeddings. Truth is
read for drawing noise and for the figures. `hog` is left out: it wants the images decoded.

Each cell is a line in OUT, made only if it is not there: a call that was stopped goes on.
The whole is saved in `results/`, a part of it (--only) in OUT; --kept-only measures nothing and
saves what is there, with the names of what is not. Set OMP_NUM_THREADS=1.
"""

import argparse
import time
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from ablation_cells import BASE_NEIGHBOURS, Cell, all_cells
from ablation_table import as_markdown
from grid_runs import NOT_CORRECTING
from kept_lines import KeptLines
from measuring import RESULTS, write
from neighbour_methods import Classes, Vectors
from noise_data import read_columns
from noise_kinds import Noise
from noise_steps import even_matrix, pair_matrix
from peers import confident_learning, knn, likeliest, out_of_fold
from quality_figures import shares
from resumable import PACKAGE, code_fingerprint, versions
from semi_supervised import RIVALS

from labelfix.config import NOISE_AWARE, RelabelOptions, TrainOptions
from labelfix.correction.row_corrections import correct_rows
from labelfix.data import records
from labelfix.data.embeddings import unit_length
from labelfix.data.image_labels import LabelledImages
from labelfix.methods.method import GivenLabels, Judge
from labelfix.methods.noise_aware import label_draws
from labelfix.methods.registry import find_method
from labelfix.methods.rows import GivenRows
from labelfix.progress import Silent
from labelfix.retrieval.registry import make_engine
from labelfix.retrieval.search import find_neighbours

NAME = "ablations"
DRAWN = {"even 40 %": even_matrix(10, 0.4), "pair 30 %": pair_matrix(10, 0.3)}
HYBRIDS = {"PMD, then even 30 %": even_matrix(10, 0.3), "PMD, then pair 30 %": pair_matrix(10, 0.3)}
PMD = "pmd35_label"
OWN_FILES = ("ablations", "ablation_cells", "semi_supervised", "label_heads", "neighbour_methods")


def main() -> None:
    """Measure what is not there yet, print and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--only", default="*", help="a pattern of cell names")
    parser.add_argument("--out", type=Path, default=Path(NAME))
    parser.add_argument("--kept-only", action="store_true", help="measure nothing, only save")
    asked = parser.parse_args()
    cells = [cell for cell in all_cells() if fnmatchcase(cell.name, asked.only)]
    if not cells:
        names = ", ".join(cell.name for cell in all_cells())
        raise SystemExit(f"--only: expected a pattern of some of {names}; found {asked.only!r}")
    kept, found, left_out = KeptLines(asked.out / f"{NAME}.jsonl"), [], []
    for cell in cells:
        figures = kept.find(made_from(cell, asked.data, asked.rows))
        if figures is None and asked.kept_only:
            left_out.append(cell.name)
            continue
        if figures is None:
            figures = measure(cell, asked.data, asked.rows)
            kept.keep(made_from(cell, asked.data, asked.rows), figures)
            print(cell.name, figures, flush=True)
        found.append({"name": cell.name, **figures})
    folder = RESULTS if len(cells) == len(all_cells()) else asked.out
    result = {"rows": asked.rows, "left_out": left_out, "cells": found}
    write(folder / f"{NAME}.json", result)
    print(as_markdown(found), end="")


def measure(cell: Cell, folder: Path, rows: int) -> dict[str, Any]:
    """Right labels before and after in percent, and what became of the others."""
    _, given, true = rows_of(cell, folder, rows)
    started = time.process_time()
    after = corrected(cell, folder, rows)
    seconds = time.process_time() - started
    became = shares(given, after, true)
    percent = {
        name: None if share is None else round(100 * share, 2)
        for name, share in {
            "given": float((given == true).mean()),
            "right_after": became.right_after,
            "fixed": became.fixed,
            "harmed": became.harmed,
        }.items()
    }
    return {**percent, "processor_seconds": round(seconds, 1)}


def rows_of(cell: Cell, folder: Path, rows: int) -> tuple[Vectors, Classes, Classes]:
    """Embeddings, given and true classes of the first rows."""
    columns = read_columns(folder / "train_labels.csv")
    names, true = np.unique(columns["true_label"][:rows], return_inverse=True)
    if cell.labels in DRAWN:
        given = _drawn(true, DRAWN[cell.labels])
    else:
        texts = columns[PMD if cell.labels in HYBRIDS else cell.labels][:rows]
        if not np.isin(texts, names).all():
            raise SystemExit(
                f"--rows: expected labels in each of the first {rows} rows, found none in "
                f"{np.count_nonzero(~np.isin(texts, names))} of {cell.labels}: take fewer rows"
            )
        given = np.searchsorted(names, texts)
        if cell.labels in HYBRIDS:
            given = _drawn(given, HYBRIDS[cell.labels])
    return _vectors(folder, rows, cell.encoders), given, true


def _drawn(classes: Classes, matrix: Any) -> Classes:
    noise = Noise(None, matrix[None], np.zeros(len(classes), dtype=np.int64))
    return noise.draw(classes, np.random.default_rng(0))


@lru_cache(maxsize=3)
def _vectors(folder: Path, rows: int, encoders: tuple[str, ...]) -> Vectors:
    """Each encoder's embeddings at unit length, side by side, at unit length again."""
    each = [np.load(folder / f"{name}_train.npy", mmap_mode="r")[:rows] for name in encoders]
    sides = [unit_length(one.astype(np.float32))[0] for one in each]
    return np.ascontiguousarray(unit_length(np.hstack(sides))[0])


def corrected(cell: Cell, folder: Path, rows: int) -> Classes:
    """(N,) the classes after the cell's method."""
    vectors, given, _ = rows_of(cell, folder, rows)
    if cell.method in RIVALS:
        return RIVALS[cell.method](vectors, given)
    if cell.method == "10-nn":
        return knn(vectors, given).labels
    if cell.method in PEERS:
        return PEERS[cell.method](out_of_fold(vectors, given), given).labels
    data, judge = fitted(replace(cell, steps=None), folder, rows)
    options = RelabelOptions("cpu", ddim_steps=cell.steps)
    return np.asarray(correct_rows(data, judge, options, "cpu", Silent())[0].label)


@lru_cache(maxsize=2)
def fitted(cell: Cell, folder: Path, rows: int) -> tuple[GivenRows, Judge]:
    """Rows and their judge, as `correct_labels` has them; one is read in several numbers of steps.

    `correct_labels` would train again for each number of steps.
    """
    vectors, given, _ = rows_of(cell, folder, rows)
    names, each = np.unique(given), np.arange(rows)
    search = make_engine("exact", "cpu")
    search.add(vectors)
    found = find_neighbours(search, vectors, cell.neighbours or BASE_NEIGHBOURS, Silent())
    data = GivenLabels(vectors, given, found, len(names))
    method = NOISE_AWARE if cell.method == "default" else cell.method
    options = TrainOptions(method=method, device="cpu", weighting=cell.weighting).of_method()
    share = cell.retrieved if cell.retrieved is not None else label_draws.RETRIEVED_SHARE
    with mock.patch.object(label_draws, "RETRIEVED_SHARE", share):
        judge, _ = find_method(method).fit(data, options, "cpu", Silent())
    labelled = LabelledImages(
        class_names=names.astype(str).tolist(), labels=given, row_images=each, row_labels=given
    )
    return GivenRows(vectors, found, labelled, given, names.tolist(), [""] * rows), judge


PEERS = {"logistic-regression": likeliest, "cleanlab": confident_learning}


def made_from(cell: Cell, folder: Path, rows: int) -> list[object]:
    """All that a cell's figures depend on."""
    return [cell.as_json(), rows, _inputs(folder), _code()]


@cache
def _inputs(folder: Path) -> list[str]:
    names = ("mobilenetv2_train.npy", "lite0_train.npy", "train_labels.csv")
    return [records.fingerprint_file(folder / name) for name in names]


@cache
def _code() -> list[object]:
    parts = sorted(part.name for part in PACKAGE.iterdir() if part.name not in NOT_CORRECTING)
    files = [records.fingerprint_file(Path(__file__).parent / f"{name}.py") for name in OWN_FILES]
    return [code_fingerprint(parts), files, versions(["torch", "numpy", "scikit-learn"])]


if __name__ == "__main__":
    main()
