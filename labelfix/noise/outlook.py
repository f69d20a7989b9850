"""What a person's answers would settle of the share of wrong labels: numbers and sentences."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.data.shares import DECIMALS
from labelfix.noise.audits import LEAST_CHANCE, Discrepancy
from labelfix.noise.wrong_shares import NORMAL_95

ANSWERS = 50
"""Answers that the outlook is told for."""
WORTH_TELLING = 0.75
"""What the interval has to shrink to, at the most, for answers to settle anything."""
LEAST_HALF_WIDTH = 0.01
"""An interval that is narrower already leaves nothing to settle."""


@dataclass(frozen=True)
class Outlook:
    """Half the width of the wrong share's 95 % interval, now and after more answers.

    Attributes:
        answers: how many.
        now: in [0, 1].
        then: in [0, 1], as it is to be expected.
    """

    answers: int
    now: float
    then: float

    @property
    def settles(self) -> bool:
        """Whether the answers would narrow the interval by enough to be worth asking for."""
        return self.now >= LEAST_HALF_WIDTH and self.then <= WORTH_TELLING * self.now


class OutlookSums:
    """What there is to be told apart, summed up batch by batch over n rows.

    An answer says whether a label is right. If one hypothesis is true, the evidence against
    another grows with each answer by their divergence (Kullback and Leibler, 1951); by how much,
    the draw of `Corrections.question_chances` tells: half by value, half even.

    Args:
        weights: (H,) how much each hypothesis is believed.
        discrepancy: of all of them.
    """

    def __init__(self, weights: npt.NDArray[np.float64], discrepancy: Discrepancy) -> None:
        count = len(weights)
        self._weights, self._discrepancy = weights, discrepancy
        self._rows = 0
        self._value = 0.0
        self._wrong = np.zeros(count)
        self._unsure = np.zeros(2)  # sums of m (1 - m): even, and weighed by value
        self._divergence = np.zeros((2, count, count))

    def add(self, right: npt.NDArray[np.float64], value: npt.NDArray[np.float64]) -> None:
        """Add n rows: (H, n) P(given is right) by hypothesis, (n,) the value of an answer."""
        wrong = 1 - self._weights @ right
        self._rows += len(value)
        self._value += float(value.sum())
        self._wrong += (1 - right).sum(axis=1)
        unsure = wrong * (1 - wrong)
        self._unsure += (float(unsure.sum()), float(value @ unsure))
        bounded = np.clip(right, LEAST_CHANCE, 1 - LEAST_CHANCE)
        odds = np.log(bounded) - np.log1p(-bounded)  # (H, n)
        base = np.log1p(-bounded)
        for place, weight in enumerate((np.ones_like(value), value)):
            own = (bounded * odds + base) @ weight  # (H,)
            self._divergence[place] += own[:, None] - (bounded * weight) @ odds.T - base @ weight

    def finish(self, answers: int = ANSWERS) -> Outlook | None:
        """The outlook for a number of answers; None where there are no more rows than that."""
        if self._rows <= answers:
            return None
        # Where no answer has a value, the draw by value is even, too.
        even, by_value = (0.5, 0.5 / self._value) if self._value > 0 else (1.0, 0.0)
        scales = answers * np.array([even / self._rows, by_value])
        shares = self._wrong / self._rows
        divergence = np.tensordot(scales, np.maximum(self._divergence, 0), axes=1)  # (H, H)
        after = self._weights * np.exp(-divergence)
        after /= after.sum(axis=1, keepdims=True)
        apart = after @ shares**2 - (after @ shares) ** 2
        spread = self._discrepancy.spread
        left = 1 / np.sqrt(spread**-2 + float(scales @ self._unsure))
        slope = self._unsure[0] / self._rows
        mean = self._weights @ shares
        now = float(self._weights @ (shares - mean) ** 2) + (spread * slope) ** 2
        then = float(self._weights @ apart) + (left * slope) ** 2
        return Outlook(answers, NORMAL_95 * float(np.sqrt(now)), NORMAL_95 * float(np.sqrt(then)))


LIKELIEST = 0.5


def outlook_as_json(outlook: Outlook) -> dict[str, Any]:
    """An outlook as JSON values; `settles` says whether the answers are worth asking for."""
    numbers = {
        name: round(value, DECIMALS) if isinstance(value, float) else value
        for name, value in asdict(outlook).items()
    }
    return {**numbers, "settles": outlook.settles}


def outlook_from_json(written: Mapping[str, Any] | None) -> Outlook | None:
    """What `outlook_as_json` wrote; None for None."""
    if written is None:
        return None
    return Outlook(int(written["answers"]), float(written["now"]), float(written["then"]))


def notes(all_right: float | None, outlook: Outlook | None, audited: int) -> list[str]:
    """Sentences on an estimate; none where there is nothing to say.

    Args:
        all_right: how far it is believed that all labels are right; None where nobody knows.
        outlook: what more answers of a person would settle.
        audited: rows that a person has verified.
    """
    said = []
    if audited:
        rows = "1 verified row counts" if audited == 1 else f"{audited:,} verified rows count"
        said.append(f"{rows} in this estimate.")
    if all_right is not None and all_right >= LIKELIEST:
        said.append(
            "The encoder's own mistakes explain all disagreement with the labels: most likely all "
            "labels are right."
        )
    if outlook is not None and outlook.settles:
        said.append(
            f"{outlook.answers} answers of a person would narrow the interval from about "
            f"±{_points(outlook.now)} to ±{_points(outlook.then)} points: "
            f"labelfix audit --budget {outlook.answers} --out questions.csv"
        )
    return said


def _points(half_width: float) -> str:
    """Half of an interval in points of percent, to the digit that matters."""
    points = 100 * half_width
    return f"{points:.0f}" if points >= 2 else f"{points:.1f}"
