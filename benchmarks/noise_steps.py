"""The two steps by which labels go wrong: flips of look-alikes, and an annotator's matrix."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from made_points import Classes, Numbers, Points

MOST_ALIKE = 0.5
"""A flip between two look-alikes: a person who can't tell them apart guesses."""

ALIKE_POWER = 0.3
"""Of the ratio of the two probabilities: points that the encoder can tell look alike to people."""

BLOCK_CLASSES = 3
MOST_SCALE, HALVINGS = 1e4, 80
RATE_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Flips:
    """Of each of N points: its two likeliest classes, and how likely each is taken for the other.

    Attributes:
        first, second: (N,) int64.
        of_first, of_second: (N,) float64 in [0, 1].
    """

    first: Classes
    second: Classes
    of_first: Numbers
    of_second: Numbers


def alike_flips(points: Points, rate: float) -> Flips:
    """Either of the two likeliest classes for the other, the likelier the closer they are.

    Args:
        points: whose posterior tells how close.
        rate: the expected share of wrong labels.

    Raises:
        ValueError: flips of at most 1/2 can't make as many labels wrong.
    """
    first, second, of_first, of_second = _two_likeliest(points.posterior)
    doubt = (of_second / of_first) ** ALIKE_POWER
    flip = _scaled(doubt, MOST_ALIKE, of_first + of_second, rate)
    return Flips(first, second, flip, flip)


def pmd_flips(points: Points, rate: float) -> Flips:
    """The likeliest class for the second, type I of PMD.

    Zhang et al., "Learning with feature-dependent label noise" (ICLR 2021), section 4:
    1/2 - 1/2 (p_first - p_second)^2, times a constant that sets the rate, at most 1.

    Args:
        points: whose posterior is p.
        rate: the expected share of wrong labels.

    Raises:
        ValueError: the encoder is too sure to make as many labels wrong.
    """
    first, second, of_first, of_second = _two_likeliest(points.posterior)
    doubt = 0.5 - 0.5 * (of_first - of_second) ** 2
    flip = _scaled(doubt, 1.0, of_first, rate)
    return Flips(first, second, flip, np.zeros_like(flip))


def even_matrix(classes: int, rate: float) -> Numbers:
    """(C, C): every other class is as likely."""
    matrix = np.full((classes, classes), rate / (classes - 1))
    np.fill_diagonal(matrix, 1 - rate)
    return matrix


def pair_matrix(classes: int, rate: float) -> Numbers:
    """(C, C): each class is taken for the next, the last for the first."""
    return (1 - rate) * np.eye(classes) + rate * np.roll(np.eye(classes), 1, axis=1)


def block_matrix(classes: int, rate: float) -> Numbers:
    """(C, C): even within blocks of about `BLOCK_CLASSES` classes, never between them."""
    matrix = np.zeros((classes, classes))
    for block in np.array_split(np.arange(classes), max(1, round(classes / BLOCK_CLASSES))):
        matrix[np.ix_(block, block)] = even_matrix(len(block), rate)
    return matrix


def _two_likeliest(posterior: Numbers) -> tuple[Classes, Classes, Numbers, Numbers]:
    """The two classes, (N,) each, and their probabilities."""
    second, first = np.argpartition(posterior, -2, axis=1)[:, -2:].T
    every = np.arange(len(posterior))
    return (first, second, posterior[every, first], posterior[every, second])


def _scaled(doubt: Numbers, most: float, touched: Numbers, rate: float) -> Numbers:
    """(N,), doubt times a constant, at most `most`, so that a share `rate` flips.

    Args:
        doubt: (N,) not negative.
        most: of a probability to flip.
        touched: (N,), the probability that a point is of a class that may flip.
        rate: wanted.
    """

    def flip(scale: float) -> npt.NDArray[np.float64]:
        return np.minimum(most, scale * doubt)

    low, high = 0.0, MOST_SCALE
    for _ in range(HALVINGS):
        scale = (low + high) / 2
        low, high = (low, scale) if (flip(scale) * touched).mean() > rate else (scale, high)
    reached = float((flip(low) * touched).mean())
    if abs(reached - rate) > RATE_TOLERANCE:
        raise ValueError(
            f"expected a rate that flips can reach, at most {reached:.3f}, found {rate}"
        )
    return flip(low)
