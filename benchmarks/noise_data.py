"""The rows of a setting: made, or real ones out of a folder."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from made_points import make_points
from noise_kinds import bayes_bound, make_noise
from noise_settings import RIGHT, TRUE_COLUMN, Setting


@dataclass(frozen=True)
class Data:
    """N labelled rows; labels are text or integers.

    Attributes:
        vectors: (N, D) float32.
        true, given: (N,).
        bound: the best accuracy possible, in [0, 1]; None where it is unknown.
        annotators: (N,) text; None where one person gave all labels.
    """

    vectors: npt.NDArray[np.float32]
    true: npt.NDArray[Any]
    given: npt.NDArray[Any]
    bound: float | None
    annotators: npt.NDArray[Any] | None = None


@lru_cache(maxsize=1)
def make_data(setting: Setting, seed: int, folder: Path | None = None) -> Data:
    """The rows of a setting; the seed draws points and labels, or which real rows are taken.

    Args:
        setting: of the grid.
        seed: not negative.
        folder: of the real rows; made ones need none.

    Raises:
        ValueError: real rows are wanted without a folder.
    """
    if not setting.encoder:
        return _made(setting, seed)
    if folder is None:
        raise ValueError(f"{setting.name}: expected a folder of real rows, found none")
    return _real(setting, seed, folder)


def _made(setting: Setting, seed: int) -> Data:
    random = np.random.default_rng([seed, *setting.name.encode()])
    points = make_points(setting.classes, setting.rows, setting.strength, setting.imbalance, random)
    noise = make_noise(setting.kind, points, setting.rate, random)
    given = noise.draw(points.true, random)
    bound = bayes_bound(points.posterior, noise.likelihood(given), points.true)
    who = np.array([f"annotator {number}" for number in noise.annotators])
    return Data(points.vectors, points.true, given, bound, who if len(noise.matrices) > 1 else None)


def _real(setting: Setting, seed: int, folder: Path) -> Data:
    labels = read_columns(folder / "train_labels.csv")
    given = np.array(labels[setting.column], dtype=object)
    rows = np.flatnonzero(given != "")
    if setting.rows:
        rows = np.sort(np.random.default_rng(seed).choice(rows, setting.rows, replace=False))
    vectors = np.load(folder / f"{setting.encoder}_train.npy", mmap_mode="r")
    true = np.array(labels[TRUE_COLUMN], dtype=object)
    bound = 1.0 if setting.kind == RIGHT else None
    return Data(vectors[rows].astype(np.float32), true[rows], given[rows], bound)


@lru_cache(maxsize=1)
def read_columns(path: Path) -> dict[str, list[str]]:
    """Column to its texts, as they stand in the file's order."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: [row[column] for row in rows] for column in rows[0]}
