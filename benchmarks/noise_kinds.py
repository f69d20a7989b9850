"""Kinds of label noise of which the exact probabilities are known, and the Bayes bound.

A true label passes through two steps. It may flip between the two classes that are likeliest for
its point; then an annotator with a matrix writes it down. Either step may do nothing. With both
known, so is P(given | true, point) for every class, and the accuracy that no method can pass.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from made_points import Classes, Numbers, Points
from noise_steps import (
    Flips,
    alike_flips,
    block_matrix,
    even_matrix,
    pair_matrix,
    pmd_flips,
)

ANNOTATORS = 5
BAD_ANNOTATOR_WRONG = 0.7
"""Of the first annotator's labels; the others share what is left of the rate."""

MOST_OF_BAD_CLASS = 0.45


@dataclass(frozen=True)
class Noise:
    """How the labels of N points of C classes go wrong.

    Attributes:
        flips: the step of the two likeliest classes; None does nothing.
        matrices: (M, C, C), P(given | class after the flips) of M annotators; rows sum to 1.
        annotators: (N,) int64 in [0, M), who labelled the point.
    """

    flips: Flips | None
    matrices: Numbers
    annotators: Classes

    def draw(self, true: Classes, random: np.random.Generator) -> Classes:
        """(N,) given labels."""
        seen = true.copy()
        if self.flips is not None:
            chance = random.random(len(true))
            of_first = (true == self.flips.first) & (chance < self.flips.of_first)
            of_second = (true == self.flips.second) & (chance < self.flips.of_second)
            seen[of_first] = self.flips.second[of_first]
            seen[of_second] = self.flips.first[of_second]
        cumulated = self.matrices.cumsum(axis=2)[self.annotators, seen]  # (N, C)
        chance = random.random((len(true), 1)) * cumulated[:, -1:]
        return np.asarray((cumulated > chance).argmax(axis=1), dtype=np.int64)

    def likelihood(self, given: Classes) -> Numbers:
        """(N, C), P(given | true = c, point)."""
        found = self.matrices[self.annotators, :, given]
        if self.flips is not None:
            every = np.arange(len(given))
            first, second = self.flips.first, self.flips.second
            as_first, as_second = found[every, first], found[every, second]
            found[every, first] += self.flips.of_first * (as_second - as_first)
            found[every, second] += self.flips.of_second * (as_first - as_second)
        return np.asarray(found)


def bayes_bound(posterior: Numbers, likelihood: Numbers, true: Classes) -> float:
    """The accuracy of the likeliest class by P(true | point, given), in [0, 1].

    Args:
        posterior: (N, C), P(true | point).
        likelihood: (N, C), P(given | true, point).
        true: (N,).
    """
    return float(np.mean((posterior * likelihood).argmax(axis=1) == true))


def make_noise(kind: str, points: Points, rate: float, random: np.random.Generator) -> Noise:
    """Noise by which a share `rate` of the labels is wrong, in expectation.

    Raises:
        ValueError: the kind is unknown, or can't make as many labels wrong.
    """
    if kind not in KINDS:
        raise ValueError(f"expected one of {', '.join(KINDS)}, found {kind!r}")
    return KINDS[kind](points, rate, random)


def _right(points: Points, *_: object) -> Noise:
    return _of_matrix(points, np.eye(len(points.prior)))


def _even(points: Points, rate: float, _: object) -> Noise:
    return _of_matrix(points, even_matrix(len(points.prior), rate))


def _pair(points: Points, rate: float, _: object) -> Noise:
    return _of_matrix(points, pair_matrix(len(points.prior), rate))


def _block(points: Points, rate: float, _: object) -> Noise:
    return _of_matrix(points, block_matrix(len(points.prior), rate))


def _bad_class(points: Points, rate: float, _: object) -> Noise:
    matrix = np.eye(len(points.prior))
    wrong = rate / points.prior[0]
    if wrong > MOST_OF_BAD_CLASS:
        most = MOST_OF_BAD_CLASS * points.prior[0]
        raise ValueError(f"expected a rate of at most {most:.3f}, found {rate}")
    matrix[0, :2] = 1 - wrong, wrong
    return _of_matrix(points, matrix)


def _bad_annotator(points: Points, rate: float, random: np.random.Generator) -> Noise:
    other = (ANNOTATORS * rate - BAD_ANNOTATOR_WRONG) / (ANNOTATORS - 1)
    if not 0 <= other < BAD_ANNOTATOR_WRONG:
        least = BAD_ANNOTATOR_WRONG / ANNOTATORS
        raise ValueError(f"expected a rate from {least:.3g} to {BAD_ANNOTATOR_WRONG}, found {rate}")
    rates = [BAD_ANNOTATOR_WRONG, *[other] * (ANNOTATORS - 1)]
    matrices = np.array([even_matrix(len(points.prior), one) for one in rates])
    return Noise(None, matrices, random.integers(0, ANNOTATORS, len(points.true)))


def _alike(points: Points, rate: float, _: object) -> Noise:
    return _of_matrix(points, np.eye(len(points.prior)), alike_flips(points, rate))


def _pmd(points: Points, rate: float, _: object) -> Noise:
    return _of_matrix(points, np.eye(len(points.prior)), pmd_flips(points, rate))


def _pmd_even(points: Points, rate: float, _: object) -> Noise:
    each = _rate_of_each(rate)
    return _of_matrix(points, even_matrix(len(points.prior), each), pmd_flips(points, each))


def _pair_even(points: Points, rate: float, _: object) -> Noise:
    classes, each = len(points.prior), _rate_of_each(rate)
    return _of_matrix(points, pair_matrix(classes, each) @ even_matrix(classes, each))


def _rate_of_each(rate: float) -> float:
    """Of two kinds that together make a share `rate` wrong, none of it right again."""
    return float(1 - np.sqrt(1 - rate))


def _of_matrix(points: Points, matrix: Numbers, flips: Flips | None = None) -> Noise:
    return Noise(flips, matrix[None], np.zeros(len(points.true), dtype=np.int64))


KINDS: dict[str, Callable[[Points, float, np.random.Generator], Noise]] = {
    "right": _right,
    "even": _even,
    "pair": _pair,
    "block": _block,
    "alike": _alike,
    "pmd": _pmd,
    "pmd+even": _pmd_even,
    "pair+even": _pair_even,
    "bad-annotator": _bad_annotator,
    "bad-class": _bad_class,
}
"""Kind to what makes its noise from points, rate and a generator."""
