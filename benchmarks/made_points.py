"""Made points of which everything is known: Gaussian classes of a chosen Bayes accuracy.

Class c has mean a * m_c, m_c a random unit vector, and unit variance in every direction. The
distance a is what sets the Bayes accuracy: a made point is as hard as an image to an encoder of
that strength. The points' lengths say nothing of which class is likeliest where all classes are
equally common, so that little is lost where a method takes the points at length 1.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Classes = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

FEW_CLASSES = 20
DIMENSIONS, DIMENSIONS_OF_MANY = 32, 64
"""D up to `FEW_CLASSES`, and of more classes, which would crowd a small space."""

NEAREST, FARTHEST = 0.5, 40.0
"""Between them lies a; the Bayes accuracy grows with it."""

HALVINGS = 25
LEAST_ROWS = 2
"""Rows that every class has, however rare it is: one alone can neither be split nor learned."""


@dataclass(frozen=True)
class Points:
    """N points of C classes.

    Attributes:
        vectors: (N, D) float32.
        true: (N,) int64 in [0, C).
        posterior: (N, C) float64, P(true | vector); rows sum to 1.
        prior: (C,) float64, P(true).
    """

    vectors: npt.NDArray[np.float32]
    true: Classes
    posterior: Numbers
    prior: Numbers


def make_points(
    classes: int, rows: int, strength: float, imbalance: float, random: np.random.Generator
) -> Points:
    """Draw points; the distance of the classes is found by halving.

    Args:
        classes: C.
        rows: N.
        strength: the Bayes accuracy without label noise, in (1 / C, 1).
        imbalance: how many times commoner the first class is than the last; those between fall
            evenly on a logarithmic scale.
        random: draws means, classes and points.

    Raises:
        ValueError: fewer rows than every class needs.
    """
    if rows < LEAST_ROWS * classes:
        raise ValueError(f"expected {LEAST_ROWS * classes} rows or more, found {rows}")
    dimensions = DIMENSIONS if classes <= FEW_CLASSES else DIMENSIONS_OF_MANY
    means = random.normal(size=(classes, dimensions))
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    prior = np.geomspace(imbalance, 1, classes)
    prior /= prior.sum()
    true = random.choice(classes, size=rows, p=prior)
    true[: LEAST_ROWS * classes] = np.tile(np.arange(classes), LEAST_ROWS)
    spread = random.normal(size=(rows, dimensions))
    low, high = NEAREST, FARTHEST
    for _ in range(HALVINGS):
        distance = float(np.sqrt(low * high))
        vectors = distance * means[true] + spread
        posterior = _posterior(vectors, means, distance, prior)
        if posterior.max(axis=1).mean() < strength:
            low = distance
        else:
            high = distance
    return Points(vectors.astype(np.float32), true.astype(np.int64), posterior, prior)


def _posterior(vectors: Numbers, means: Numbers, distance: float, prior: Numbers) -> Numbers:
    """(N, C), by Bayes: the variance is 1 and all means have the same length."""
    logits = distance * (vectors @ means.T) + np.log(prior)
    logits -= logits.max(axis=1, keepdims=True)
    weights = np.exp(logits)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
