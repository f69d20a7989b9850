"""The nearest neighbours of every image, whatever the engine, and the labels that they bring."""

import numpy as np
import numpy.typing as npt

from labelfix.data.neighbours import NearestImages, Neighbours
from labelfix.progress import Progress
from labelfix.retrieval.registry import Engine

QUERY_ROWS = 4096
"""Queries per call: few enough that Ctrl-C and the progress bar stay prompt."""
BLOCK_ROWS = 256
"""Queries per block of new images; a single one fills a block too."""


def find_neighbours(
    engine: Engine, vectors: npt.NDArray[np.float32], k: int, progress: Progress
) -> Neighbours:
    """The K nearest images of every image; K = min(k, N - 1).

    Args:
        engine: holds the indexed vectors.
        vectors: (N, D) float32 of length 1.
        k: the wanted number of neighbours.
        progress: reports progress.
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
    """The K nearest indexed images of new images; K = min(k, N).

    Queries run in blocks of one size, padded with zeros: the last bits of a similarity depend on
    the number of queries in a call.

    Args:
        engine: holds the indexed vectors.
        vectors: (N, D) float32 of length 1.
        queries: (M, D) float32 of length 1.
        k: the wanted number of neighbours.
        progress: reports progress.
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
        exact: an exact engine that holds the indexed vectors.
        neighbours: the neighbours found.
        vectors: (N, D) float32 of length 1.
        sample: how many evenly spaced images to check.
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
    """Drop the image itself from (n, K + 1) results: (n, K), ties in the images' order."""
    similarities = np.where(indices == rows[:, None], -np.inf, similarities)
    indices = indices.copy()
    for row in _incomplete(indices):
        every = vectors @ vectors[rows[row]]
        every[rows[row]] = -np.inf
        indices[row], similarities[row] = _best(every, indices.shape[1])
    indices, similarities = _ordered(indices, similarities)
    return indices[:, :-1], similarities[:, :-1]


def _incomplete(indices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The rows for which an approximate engine found too few neighbours."""
    return np.flatnonzero((indices < 0).any(axis=1))


def _best(
    similarities: npt.NDArray[np.float32], k: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The k largest of (N,) similarities, ties in the images' order."""
    best = np.lexsort((np.arange(len(similarities)), -similarities))[:k]
    return best, similarities[best]


def _ordered(
    indices: npt.NDArray[np.int64], similarities: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """(n, K) results sorted best first, ties in the images' order."""
    order = np.lexsort((indices, -similarities), axis=1)
    return np.take_along_axis(indices, order, 1), np.take_along_axis(similarities, order, 1)


def retrieve_labels(labels: npt.NDArray[np.int64], neighbours: Neighbours) -> npt.NDArray[np.int64]:
    """The labels of the K neighbours, and last the image's own.

    Args:
        labels: (N,) the given class of each image.
        neighbours: of the same N images.

    Returns:
        (N, K + 1) int64.
    """
    return np.concatenate([labels[neighbours.indices], labels[:, None]], axis=1)


def neighbour_agreement(
    labels: npt.NDArray[np.int64],
    neighbours: Neighbours | NearestImages,
    images: npt.NDArray[np.int64],
    row_labels: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """(R,) the share of the neighbours of each row's image whose given label equals the row's.

    Args:
        labels: (N,) the given class of each image.
        neighbours: of the images, as positions among the N.
        images: (R,) the image of each row.
        row_labels: (R,) the given class of each row.
    """
    agrees = labels[neighbours.indices[images]] == row_labels[:, None]  # (R, K)
    share: npt.NDArray[np.float64] = agrees.mean(axis=1)
    return share
