"""The noise transition matrix: its strength, and how much of it is the labels' noise."""

import numpy as np
import numpy.typing as npt

FIRST_STRENGTH = 0.75
"""The share of the confident joint's noise that the first corrected round believes."""
LEAST_STRENGTH = 0.02
MOST_NOISE = 0.95
PRIOR_ROWS = 20.0
"""Labels of a matrix known before that each class of a counted one starts with."""
LOOKALIKE_NOISE = (0.30, 0.45)
UNEXPLAINED_NOISE = (1 / 3, 1 / 2)
"""Shares of the confident joint's noise between which dependence rises from 0 to 1."""
LEAST_CLASSES = 5
EVEN_ROWS = 1000
"""Labels of which half the evenness that is seen is believed."""


def noise_share(
    transition: npt.NDArray[np.float64], rows: npt.NDArray[np.int64] | None = None
) -> float:
    """The mean share of wrong labels over the true classes.

    Args:
        transition: (C, C), rows sum to 1.
        rows: (C,) how much each class counts; None lets all count the same.
    """
    return float(1 - np.average(transition.diagonal(), weights=rows))


def scaled(
    transition: npt.NDArray[np.float64], strength: float | npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """A matrix with its noise times a strength: 0 is the identity, 1 the matrix itself.

    Args:
        transition: (C, C), rows sum to 1.
        strength: one number or (C, C); a row's noise ends at `MOST_NOISE`.

    Returns:
        (C, C), rows sum to 1, every entry above 0.
    """
    classes = len(transition)
    noise = transition * strength
    np.fill_diagonal(noise, 0)
    total = noise.sum(axis=1, keepdims=True)
    noise *= np.minimum(1, MOST_NOISE / np.maximum(total, 1e-12))
    noise = np.maximum(noise, 1e-4 / classes)
    np.fill_diagonal(noise, 0)
    np.fill_diagonal(noise, 1 - noise.sum(axis=1))
    return noise


def counted(
    counts: npt.NDArray[np.float64], before: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """A matrix of expected counts; where they are few it keeps to one that was known before.

    Args:
        counts: (C, C) how often label j was given to images of class i.
        before: (C, C), rows sum to 1.
    """
    labels = counts + PRIOR_ROWS * before
    shares: npt.NDArray[np.float64] = labels / labels.sum(axis=1, keepdims=True)
    return shares


def strength_without(
    joint: npt.NDArray[np.float64],
    mistakes: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64] | None = None,
) -> float:
    """The share of the confident joint's noise that the classifier's own mistakes do not explain.

    Were noise and own mistakes independent, a label would agree with the classifier where
    neither happens: 1 - joint = (1 - noise)(1 - mistakes).

    Args:
        joint: (C, C), the confident joint.
        mistakes: (C, C), what it would be were all labels right (`own_mistakes`).
        rows: (C,) how often each class was given, so that a rare one does not speak for all.
    """
    found, own = noise_share(joint, rows), noise_share(mistakes, rows)
    if found <= own:
        return LEAST_STRENGTH
    return max(LEAST_STRENGTH, (found - own) / (1 - own) / found)


def decision_transition(
    joint: npt.NDArray[np.float64],
    mistakes: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.float64]:
    """The matrix that labels are decided by.

    Where noise depends on the image, people and the classifier fail on the same images, and
    `strength_without` takes noise for own mistakes. So the noise between classes that look
    alike counts up to twice, the more of the confident joint its own mistakes leave open; the
    even part of the noise, which no likeness explains, counts once.

    Args:
        joint: (C, C), the confident joint.
        mistakes: (C, C), what it would be were all labels right.
        rows: (C,) how often each class was given.
    """
    even = _even_part(joint)
    twice = 1 + _unexplained(joint, mistakes, rows)
    times = (even + twice * (joint - even)) / np.maximum(joint, 1e-12)
    return scaled(joint, strength_without(joint, mistakes, rows) * times)


def dependence(
    joint: npt.NDArray[np.float64],
    mistakes: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64] | None = None,
) -> float:
    """How far noise and the classifier's own mistakes fall on the same images, from 0 to 1.

    They do where images are misread, by people as by the classifier: labels are then mistaken
    for those of look-alikes, and the classifier's own mistakes explain little of the confident
    joint, for they are hidden among wrong labels. Even noise is independent of the image. And
    where own mistakes explain most of what is found, nothing can be told apart: 0.

    Args:
        joint: (C, C), the confident joint.
        mistakes: (C, C), what it would be were all labels right.
        rows: (C,) how often each class was given.
    """
    unexplained = _unexplained(joint, mistakes, rows)
    return _rise(_lookalike(joint), *LOOKALIKE_NOISE) * _rise(unexplained, *UNEXPLAINED_NOISE)


def evenness(joint: npt.NDArray[np.float64], labels: int) -> float:
    """How far noise falls on all classes alike, from 0 to 1: then it depends on the class alone.

    Args:
        joint: (C, C), the confident joint; of fewer than `LEAST_CLASSES` classes nothing can
            be said.
        labels: how many were given; few say little.
    """
    if len(joint) < LEAST_CLASSES:
        return 0.0
    return (1 - _rise(_lookalike(joint), *LOOKALIKE_NOISE)) * labels / (labels + EVEN_ROWS)


def _unexplained(
    joint: npt.NDArray[np.float64],
    mistakes: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64] | None,
) -> float:
    """The share of a confident joint's noise that own mistakes leave open."""
    found, own = noise_share(joint, rows), noise_share(mistakes, rows)
    return max(0.0, found - own) / max(found, 1e-12)


def _lookalike(joint: npt.NDArray[np.float64]) -> float:
    """The share of a confident joint's noise that falls on some classes more than on others."""
    others = ~np.eye(len(joint), dtype=bool)
    return float(1 - _even_part(joint)[others].sum() / max(joint[others].sum(), 1e-12))


def _even_part(joint: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(C, C) the part of a confident joint that no likeness of classes explains."""
    classes = len(joint)
    others = joint[~np.eye(classes, dtype=bool)].reshape(classes, classes - 1)
    even: npt.NDArray[np.float64] = np.minimum(np.quantile(others, 0.25, axis=1)[:, None], joint)
    return even


def _rise(value: float, start: float, end: float) -> float:
    return float(np.clip((value - start) / (end - start), 0, 1))
