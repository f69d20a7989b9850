"""Which images are judged together by a denoiser that saw none of them."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from labelfix.data.neighbours import NearestImages, Neighbours

NEAR_DUPLICATE = 0.99
"""Cosine similarity from which two images are taken for copies of one another."""
LARGEST_SHARE = 0.5
"""The share of a class that may be kept together; the denoiser of a fold has to know the class."""


def near_duplicates(neighbours: Neighbours | NearestImages) -> npt.NDArray[np.bool_]:
    """(N, K) bool, which neighbours are copies of the image: they are no evidence of their own."""
    copies: npt.NDArray[np.bool_] = neighbours.similarities >= NEAR_DUPLICATE
    return copies


def assign_folds(
    labels: npt.NDArray[np.int64], neighbours: Neighbours, folds: int, seed: int
) -> npt.NDArray[np.int64]:
    """Deal the images into folds: near-duplicates into the same one, every class over all.

    A group of copies that is larger than a fold, or more than half of a class, is not kept
    together: the encoder tells little apart there, and somebody has to know the class.

    Args:
        labels: (N,) the given class of each image.
        neighbours: of the same images.
        folds: how many.
        seed: of the order in which images are dealt.

    Returns:
        (N,) int64 in [0, folds).
    """
    count = len(labels)
    group = _groups(labels, neighbours, largest=max(1, count // folds))
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


def _groups(
    labels: npt.NDArray[np.int64], neighbours: Neighbours, largest: int
) -> npt.NDArray[np.int64]:
    """(N,) the group of copies of each image; of a group that is too large each is its own."""
    count, k = neighbours.indices.shape
    close = near_duplicates(neighbours).reshape(-1)
    pairs = (np.repeat(np.arange(count), k)[close], neighbours.indices.reshape(-1)[close])
    graph = coo_array((np.ones(len(pairs[0]), dtype=np.int8), pairs), shape=(count, count))
    groups, group = connected_components(graph, directed=False)
    classes = int(labels.max()) + 1
    together, members = np.unique(group * classes + labels, return_counts=True)
    of_class = np.bincount(labels, minlength=classes)[together % classes]
    too_large = np.bincount(group, minlength=groups) > largest
    too_large[together[(members > 1) & (members > LARGEST_SHARE * of_class)] // classes] = True
    alone = too_large[group]
    group = np.where(alone, groups + np.arange(count), group)
    return np.unique(group, return_inverse=True)[1]
