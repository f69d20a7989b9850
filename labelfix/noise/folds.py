"""Which images are judged together by a denoiser that saw none of them."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from labelfix.data.neighbours import Neighbours

NEAR_DUPLICATE = 0.99
"""Cosine similarity from which two images are taken for copies of one another."""
_STRICTER = (NEAR_DUPLICATE, 0.995, 0.999, 0.9999, 0.999999)


def near_duplicates(neighbours: Neighbours) -> npt.NDArray[np.bool_]:
    """(N, K) bool, which neighbours are copies of the image: they are no evidence of their own."""
    copies: npt.NDArray[np.bool_] = neighbours.similarities >= NEAR_DUPLICATE
    return copies


def assign_folds(
    labels: npt.NDArray[np.int64], neighbours: Neighbours, folds: int, seed: int
) -> npt.NDArray[np.int64]:
    """Deal the images into folds: near-duplicates into the same one, every class over all.

    Where copies of copies would make a group larger than a fold (an encoder that tells little
    apart), only ever closer ones are kept together.

    Args:
        labels: (N,) the given class of each image.
        neighbours: of the same images.
        folds: how many.
        seed: of the order in which images are dealt.

    Returns:
        (N,) int64 in [0, folds).
    """
    count = len(labels)
    group = _groups(neighbours, largest=max(1, count // folds))
    size = np.bincount(group)
    assigned = np.empty(len(size), dtype=np.int64)
    filled = np.zeros(folds, dtype=np.int64)
    several = np.flatnonzero(size > 1)
    for one in several[np.argsort(-size[several], kind="stable")]:
        assigned[one] = filled.argmin()
        filled[assigned[one]] += size[one]
    label_of = np.empty(len(size), dtype=np.int64)
    label_of[group] = labels
    single = np.flatnonzero(size == 1)
    shuffled = np.random.default_rng(seed).permutation(single)
    dealt = shuffled[np.argsort(label_of[shuffled], kind="stable")]
    assigned[dealt] = np.arange(len(dealt)) % folds
    return assigned[group]


def _groups(neighbours: Neighbours, largest: int) -> npt.NDArray[np.int64]:
    """(N,) the group of copies of each image, none larger than `largest`."""
    count, k = neighbours.indices.shape
    rows = np.repeat(np.arange(count), k)
    for threshold in _STRICTER:
        close = (neighbours.similarities >= threshold).reshape(-1)
        pairs = (rows[close], neighbours.indices.reshape(-1)[close])
        graph = coo_array((np.ones(len(pairs[0]), dtype=np.int8), pairs), shape=(count, count))
        _, group = connected_components(graph, directed=False)
        if np.bincount(group).max() <= largest:
            found: npt.NDArray[np.int64] = group.astype(np.int64)
            return found
    return np.arange(count)
