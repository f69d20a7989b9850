"""How often which label is given for which, counted where a classifier is sure."""

from typing import Any

import numpy as np
import numpy.typing as npt

ROWS_AT_ONCE = 8192
PRIOR_ROWS = 10.0
"""Rows that each class borrows from all classes together, so that few rows make no wild row."""


def confident_joint(
    probabilities: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """The confident joint as a transition matrix (Northcutt et al., JAIR 2021, equation 1 and 2).

    An image counts as truly of a class where its probability of it is at least the mean one of
    the images that were given this class. What is counted is scaled to the number of times
    that each label was given, and rows of few images lean on the rows of all.

    Args:
        probabilities: (N, C) of the given label, from a model that did not see the image's own.
        labels: (N,) int64, the given classes.

    Returns:
        (C, C) float64, [true, given]; rows sum to 1.
    """
    classes = probabilities.shape[1]
    rows = np.bincount(labels, minlength=classes).astype(np.float64)
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    thresholds = np.bincount(labels, own, minlength=classes) / np.maximum(rows, 1)
    thresholds[rows == 0] = np.inf
    counts = np.zeros((classes, classes))
    for start in range(0, len(labels), ROWS_AT_ONCE):
        batch = slice(start, start + ROWS_AT_ONCE)
        true, sure = _confident_class(probabilities[batch], thresholds)
        np.add.at(counts, (true[sure], labels[batch][sure]), 1)
    return _normalised(counts, rows)


def own_mistakes(
    probabilities: npt.NDArray[np.float32], *, logarithms: bool = False
) -> npt.NDArray[np.float64]:
    """The confident joint that is to be expected where every given label is right.

    What the confident joint then finds off its diagonal are the classifier's own mistakes: it
    is counted against labels drawn from the classifier's probabilities, in expectation.

    Args:
        probabilities: (N, C) of the true label.
        logarithms: whether they are given as their logarithms.

    Returns:
        (C, C) float64; rows sum to 1.
    """
    classes = probabilities.shape[1]
    rows = np.zeros(classes)
    squares = np.zeros(classes)
    for start in range(0, len(probabilities), ROWS_AT_ONCE):
        batch = _plain(probabilities[start : start + ROWS_AT_ONCE], logarithms)
        rows += batch.sum(axis=0)
        squares += (batch * batch).sum(axis=0)
    thresholds = squares / np.maximum(rows, 1e-12)
    counts = np.zeros((classes, classes))
    for start in range(0, len(probabilities), ROWS_AT_ONCE):
        batch = _plain(probabilities[start : start + ROWS_AT_ONCE], logarithms)
        true, sure = _confident_class(batch, thresholds)
        order = np.argsort(true[sure], kind="stable")
        found, first = np.unique(true[sure][order], return_index=True)
        if len(found):
            counts[found] += np.add.reduceat(batch[sure][order], first, axis=0)
    return _normalised(counts, rows)


def _plain(values: npt.NDArray[np.float32], logarithms: bool) -> npt.NDArray[np.float64]:
    exact = values.astype(np.float64)
    return np.exp(exact) if logarithms else exact


def _confident_class(
    probabilities: npt.NDArray[np.floating[Any]], thresholds: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """(n,) the likeliest class of those over their thresholds, and whether there is one."""
    over = np.where(probabilities >= thresholds, probabilities, -1)
    best = over.argmax(axis=1)
    return best, over[np.arange(len(over)), best] >= 0


def _normalised(
    counts: npt.NDArray[np.float64], given: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Counts [true, given], scaled to (C,) rows given of each class, as a transition matrix."""
    classes = len(given)
    found = counts.sum(axis=0)
    counts = counts * np.divide(given, found, out=np.zeros(classes), where=found > 0)
    missed = np.flatnonzero(found == 0)
    counts[missed, missed] = given[missed]
    total = counts.sum()
    right = counts.diagonal().sum() / total if total else 1.0
    others = np.tile(given, (classes, 1))
    np.fill_diagonal(others, 0)
    spread = others / np.maximum(others.sum(axis=1, keepdims=True), 1e-12)
    pooled = (1 - right) * spread
    np.fill_diagonal(pooled, right)
    counts = counts + PRIOR_ROWS * pooled
    shares: npt.NDArray[np.float64] = counts / counts.sum(axis=1, keepdims=True)
    return shares
