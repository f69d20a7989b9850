"""Whether the images of two labels are told apart: evidence that two spellings are two classes.

Arrays in, arrays out. Two labels that mean the same are given to the same images, so which of them
an image has cannot be told from its most similar images. Each image is judged by the others alone.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

MOST_SIMILAR = 5
"""Images of a label that an image is compared with: several, because labels may be wrong."""

MOST_ROWS = 100
"""Images of each label that are looked at; more would not change a decision."""

DRAWS = 10
"""Draws of the commoner label's images, as many as the rarer one has."""

Vectors = npt.NDArray[np.float32]


def recognised_share(one: Vectors, other: Vectors, seed: int = 0) -> tuple[float, int]:
    """How often the label of an image is recognised from other images of both labels.

    Args:
        one: (n, D) float32 of length 1, the images of a label.
        other: (m, D), those of the other.
        seed: of the draws.

    Returns:
        The share in [0, 1], about 0.5 where the labels mean the same, and how many images of each
        label were judged; 0 where there are fewer than 2.
    """
    size = min(len(one), len(other), MOST_ROWS)
    if size < 2:
        return 0.5, 0
    random = np.random.default_rng(seed)
    draws = 1 if max(len(one), len(other)) == size else DRAWS
    shares = []
    for _ in range(draws):
        chosen = [each[random.permutation(len(each))[:size]] for each in (one, other)]
        shares.append(_recognised(*chosen))
    return float(np.mean(shares)), size


def _recognised(one: Vectors, other: Vectors) -> float:
    """The share among 2 n images, n of each label; an equal score counts one half."""
    within = (one @ one.T, other @ other.T)
    across = one @ other.T
    hits = 0.0
    for own, others in zip(within, (across, across.T), strict=True):
        # Without the own image on one side and its partner on the other, no side has more.
        margin = _score(own) - _score(others)
        hits += float(np.sum(margin > 0) + np.sum(margin == 0) / 2)
    return hits / (2 * len(one))


def _score(similarities: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """(n,) the mean of each image's greatest similarities, without the diagonal's."""
    count = len(similarities)
    others = similarities[~np.eye(count, dtype=bool)].reshape(count, count - 1)
    most = min(MOST_SIMILAR, count - 1)
    found: npt.NDArray[np.float64] = np.sort(others, axis=1)[:, -most:].mean(axis=1)
    return found.astype(np.float64).round(6)


def usual_share(vectors: Vectors, rows_of: Sequence[npt.NDArray[np.int64]], size: int) -> float:
    """How often the label of an image is recognised among two classes that are most alike.

    Args:
        vectors: (N, D) float32 of length 1.
        rows_of: the images of each class.
        size: at most so many images of each.

    Returns:
        The mean over classes, in [0, 1]; NaN where there are no two classes of 2 images.
    """
    kept = [rows for rows in rows_of if len(rows) >= 2]
    kept.sort(key=len, reverse=True)
    kept = kept[:MOST_CLASSES]
    if len(kept) < 2:
        return float("nan")
    means = np.stack([vectors[rows].mean(axis=0) for rows in kept])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    alike = means @ means.T
    np.fill_diagonal(alike, -np.inf)
    shares = []
    for place, nearest in enumerate(alike.argmax(axis=1).tolist()):
        pair = [_evenly(kept[each], size) for each in (place, nearest)]
        share, judged = recognised_share(vectors[pair[0]], vectors[pair[1]])
        if judged:
            shares.append(share)
    return float(np.mean(shares))


MOST_CLASSES = 20
"""Classes, the commonest first, that show how well classes are told apart."""


def _evenly(rows: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64)]


LEAST_USUAL, MOST_USUAL, UNKNOWN_USUAL = 0.6, 0.98, 0.9
"""Bounds of the usual share: below, classes cannot be told from one; above, one error would
decide. The last stands for it where no other classes show it."""


def evidence_for_two(share: float, judged: int, usual: float) -> float:
    """The logarithm of P(recognised | two classes) / P(recognised | one class).

    A class of the data set is recognised `usual`ly, one of two spellings by chance, 0.5.

    Args:
        share: from `recognised_share`.
        judged: images of each label.
        usual: from `usual_share`.
    """
    told = UNKNOWN_USUAL if np.isnan(usual) else min(max(usual, LEAST_USUAL), MOST_USUAL)
    hits = 2 * judged * share
    misses = 2 * judged - hits
    return float(hits * np.log(told / 0.5) + misses * np.log((1 - told) / 0.5))


def nearest_label_share(
    own: npt.NDArray[np.int64],
    neighbours: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
    label: int,
    other: int,
) -> float:
    """The share of a label's images whose neighbours of other labels mostly have a certain one.

    Args:
        own: (n,) the images of the label.
        neighbours: (N, K) the most similar images of each; -1 for none.
        labels: (N,) of the images.
        label: of these images, which no neighbour counts with.
        other: the label that is asked for.
    """
    hits = 0
    for image in own.tolist():
        of_others = labels[neighbours[image][neighbours[image] >= 0]]
        of_others = of_others[(of_others != label) & (of_others >= 0)]
        if len(of_others):
            votes = np.bincount(of_others)
            hits += bool(votes[other] == votes.max()) if other < len(votes) else False
    return hits / max(1, len(own))
