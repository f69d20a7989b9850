"""The nearest neighbours of every image, whatever the engine."""

import numpy as np
import numpy.typing as npt

from labelfix.data.neighbours import NearestImages, Neighbours
from labelfix.retrieval.engine import Engine
from labelfix.runtime.progress import Progress

QUERY_ROWS = 4096
"""Queries in one call: small enough that Ctrl-C and the progress bar stay prompt."""
BLOCK_ROWS = 256
"""Queries in one block of images that are not indexed, of which there may be one alone."""


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


def find_nearest(
    engine: Engine,
    vectors: npt.NDArray[np.float32],
    queries: npt.NDArray[np.float32],
    k: int,
    progress: Progress,
) -> NearestImages:
    """The K nearest indexed images of others that are not indexed; K is k, or N where that is less.

    Queries are asked in blocks of one size, filled up with zeros: how an engine multiplies, and
    so the last bits of a similarity, depends on how many there are.

    Args:
        engine: has the vectors indexed.
        vectors: (N, D) float32 of length 1.
        queries: (M, D) float32 of length 1.
        k: neighbours wanted.
        progress: is told of every block.
    """
    count = len(queries)
    k = min(k, len(vectors))
    indices = np.empty((count, k), dtype=np.int64)
    similarities = np.empty((count, k), dtype=np.float32)
    block = np.zeros((BLOCK_ROWS, queries.shape[1]), dtype=np.float32)
    progress.begin("searching neighbours", count, "images")
    for start in range(0, count, BLOCK_ROWS):
        rows = slice(start, min(start + BLOCK_ROWS, count))
        asked = rows.stop - start
        block[:asked], block[asked:] = queries[rows], 0
        close, found = engine.search(block, k)
        close, found = close[:asked].copy(), found[:asked].copy()
        for row in _incomplete(found):
            found[row], close[row] = _best(vectors @ block[row], k)
        indices[rows], similarities[rows] = _ordered(found, close)
        progress.advance(asked)
    return NearestImages(indices, similarities)


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
    indices = indices.copy()
    for row in _incomplete(indices):
        every = vectors @ vectors[rows[row]]
        every[rows[row]] = -np.inf
        indices[row], similarities[row] = _best(every, indices.shape[1])
    indices, similarities = _ordered(indices, similarities)
    return indices[:, :-1], similarities[:, :-1]


def _incomplete(indices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The rows for which an approximate engine found too few: compare these with every image."""
    return np.flatnonzero((indices < 0).any(axis=1))


def _best(
    similarities: npt.NDArray[np.float32], k: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The k largest of (N,) similarities, ties in the order of the images."""
    best = np.lexsort((np.arange(len(similarities)), -similarities))[:k]
    return best, similarities[best]


def _ordered(
    indices: npt.NDArray[np.int64], similarities: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The (n, K) found, best first, ties in the order of the images."""
    order = np.lexsort((indices, -similarities), axis=1)
    return np.take_along_axis(indices, order, 1), np.take_along_axis(similarities, order, 1)
