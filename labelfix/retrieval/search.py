"""The nearest neighbours of every image, whatever the engine."""

import numpy as np
import numpy.typing as npt

from labelfix.data.neighbours import Neighbours
from labelfix.progress import Progress
from labelfix.retrieval.engine import Engine

QUERY_ROWS = 4096
"""Queries in one call: small enough that Ctrl-C and the progress bar stay prompt."""


def find_neighbours(
    engine: Engine, vectors: npt.NDArray[np.float32], k: int, progress: Progress
) -> Neighbours:
    """The K nearest images of every image; K is k, or N - 1 where that is less.

    Args:
        engine: has the vectors indexed.
        vectors: (N, D) float32 of length 1.
        k: neighbours wanted.
        progress: is told of every tile of queries.
    """
    count = len(vectors)
    k = min(k, count - 1)
    indices = np.empty((count, k), dtype=np.int64)
    similarities = np.empty((count, k), dtype=np.float32)
    progress.begin("searching neighbours", count, "images")
    for start in range(0, count, QUERY_ROWS):
        rows = np.arange(start, min(start + QUERY_ROWS, count))
        found = engine.search(vectors[rows], k + 1)
        indices[rows], similarities[rows] = _without_self(rows, *found, vectors)
        progress.advance(len(rows))
    return Neighbours(indices, similarities)


def recall_against(
    exact: Engine, neighbours: Neighbours, vectors: npt.NDArray[np.float32], sample: int
) -> float:
    """Recall@K: the share of the true nearest neighbours that were found.

    Args:
        exact: an exact engine that has the vectors indexed.
        neighbours: what was found.
        vectors: (N, D) float32 of length 1.
        sample: images that are looked at, evenly spread.
    """
    rows = np.unique(np.linspace(0, len(vectors) - 1, sample).astype(np.int64))
    k = neighbours.indices.shape[1]
    true, _ = _without_self(rows, *exact.search(vectors[rows], k + 1), vectors)
    hits = (neighbours.indices[rows][:, :, None] == true[:, None, :]).any(axis=2)
    return float(hits.mean())


def _without_self(
    rows: npt.NDArray[np.int64],
    similarities: npt.NDArray[np.float32],
    indices: npt.NDArray[np.int64],
    vectors: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """(n, K + 1) found, to (n, K) without the image itself; ties in the order of the images."""
    similarities = np.where(indices == rows[:, None], -np.inf, similarities)
    incomplete = np.flatnonzero((indices < 0).any(axis=1))
    indices = indices.copy()
    for row in incomplete:  # an approximate engine found too few: compare with every image
        every = vectors @ vectors[rows[row]]
        every[rows[row]] = -np.inf
        best = np.lexsort((np.arange(len(every)), -every))[: indices.shape[1]]
        indices[row], similarities[row] = best, every[best]
    order = np.lexsort((indices, -similarities), axis=1)[:, :-1]
    return np.take_along_axis(indices, order, 1), np.take_along_axis(similarities, order, 1)
