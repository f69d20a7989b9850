"""What the nearest neighbours say of a label: their vote, and SelfClean's score.

N rows, C classes, D dimensions; embeddings have length 1, so that a product is a cosine.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Classes = npt.NDArray[np.int64]

BLOCK_ROWS = 512


def nearest(vectors: Vectors, count: int) -> npt.NDArray[np.int64]:
    """(N, count) rows of the nearest neighbours, best first, never the row itself."""
    count = min(count, len(vectors) - 1)
    found = np.empty((len(vectors), count), dtype=np.int64)
    for rows, cosines in _blocks_of_cosines(vectors):
        cosines[np.arange(len(rows)), rows] = -np.inf
        best = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(cosines, best, axis=1), axis=1, kind="stable")
        found[rows] = np.take_along_axis(best, order, axis=1)
    return found


def votes(neighbour_labels: Classes, classes: int) -> npt.NDArray[np.int64]:
    """(N, C), how many of the (N, K) neighbours' labels are of each class."""
    counts = np.zeros((len(neighbour_labels), classes), dtype=np.int64)
    for labels in neighbour_labels.T:
        counts[np.arange(len(labels)), labels] += 1
    return counts


def elected(neighbour_labels: Classes, counts: npt.NDArray[np.int64]) -> Classes:
    """(N,), the class of most votes; among equals the one whose first voter is nearest."""
    rows = np.arange(len(counts))
    votes_of_label = counts[rows[:, None], neighbour_labels]
    # argmax takes the first of equals, and the nearest neighbour stands first
    return neighbour_labels[rows, votes_of_label.argmax(axis=1)]


def selfclean_score(vectors: Vectors, given: Classes) -> npt.NDArray[np.float64]:
    """SelfClean's (N,) score in [0, 1] of Gröger et al., 2023; lower is more suspicious.

    d_other² / (d_same² + d_other²), with d = (1 - cosine) / 2 to the nearest row of the same
    and of another given label. Without a row of the same label d_same is 1, the largest there is.
    """
    scores = np.empty(len(vectors))
    for rows, cosines in _blocks_of_cosines(vectors):
        same = given[rows, None] == given
        other = np.where(same, -1, cosines).max(axis=1).astype(np.float64)
        same[np.arange(len(rows)), rows] = False
        alike = np.where(same, cosines, -1).max(axis=1).astype(np.float64)
        of_same, of_other = (np.maximum(1 - cosine, 0) ** 2 for cosine in (alike, other))
        total = of_same + of_other  # d's halves cancel
        # Equal to a row of either kind: neither speaks louder.
        scores[rows] = np.where(total > 0, of_other / np.where(total > 0, total, 1), 0.5)
    return scores


def _blocks_of_cosines(
    vectors: Vectors,
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]:
    """Some rows at a time, and their (rows, N) cosines with all."""
    for start in range(0, len(vectors), BLOCK_ROWS):
        rows = np.arange(start, min(start + BLOCK_ROWS, len(vectors)))
        yield rows, vectors[rows] @ vectors.T
