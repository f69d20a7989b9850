"""Cross-fitting folds: the images of a fold are judged by a denoiser that saw none of them."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from labelfix.data.neighbours import NearestImages, Neighbours

NEAR_DUPLICATE = 0.99
"""Two images with at least this cosine similarity count as copies."""
LARGEST_SHARE = 0.5
"""The largest share of a class in one group of copies: each fold's denoiser must see the class."""


def near_duplicates(neighbours: Neighbours | NearestImages) -> npt.NDArray[np.bool_]:
    """(N, K) bool, which neighbours are copies of the image and so no independent evidence."""
    copies: npt.NDArray[np.bool_] = neighbours.similarities >= NEAR_DUPLICATE
    return copies


def assign_folds(
    labels: npt.NDArray[np.int64], neighbours: Neighbours, folds: int, seed: int
) -> npt.NDArray[np.int64]:
    """Assign images to folds: near-duplicates share a fold, classes are stratified.

    A group of copies larger than a fold, or than half of a class, is split up: the encoder hardly
    separates images there, and every denoiser must see the class.

    Args:
        labels: (N,) the given class of each image.
        neighbours: of the same images.
        folds: the number of folds.
        seed: shuffles the images.

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
    """(N,) the group of copies of each image; each image of too large a group is its own group."""
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
