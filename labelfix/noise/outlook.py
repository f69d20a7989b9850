"""How far more audited rows would narrow the interval of the wrong share, and notes on it."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.data.shares import DECIMALS
from labelfix.noise.audits import LEAST_CHANCE, Discrepancy
from labelfix.noise.encoder_strength import EncoderStrength
from labelfix.noise.wrong_shares import NORMAL_95

ANSWERS = 50
"""Number of answers that the outlook is computed for."""
WORTH_TELLING = 0.75
"""Answers are worth asking for if the interval shrinks to at most this share of its width."""
LEAST_HALF_WIDTH = 0.01
"""A narrower interval needs no more answers."""


@dataclass(frozen=True)
class Outlook:
    """Half the width of the wrong share's 95 % interval, now and after more answers.

    Attributes:
        answers: the number of further answers.
        now: in [0, 1].
        then: in [0, 1], the expected value.
    """

    answers: int
    now: float
    then: float

    @property
    def settles(self) -> bool:
        """Whether the answers would narrow the interval enough to be worth asking for."""
        return self.now >= LEAST_HALF_WIDTH and self.then <= WORTH_TELLING * self.now


class OutlookSums:
    """Accumulates, batch by batch, how well answers would separate the hypotheses.

    An answer says whether a label is right. If one hypothesis is true, each answer adds, on
    average, their divergence (Kullback and Leibler, 1951) to the evidence against another. The
    average is over the sampling of `Corrections.question_chances`: half by value, half uniform.

    Args:
        weights: (H,) posterior weights of the hypotheses.
        discrepancy: the error that they share.
    """

    def __init__(self, weights: npt.NDArray[np.float64], discrepancy: Discrepancy) -> None:
        count = len(weights)
        self._weights, self._discrepancy = weights, discrepancy
        self._rows = 0
        self._value = 0.0
        self._wrong = np.zeros(count)
        self._unsure = np.zeros(2)  # sums of m (1 - m): uniform, and weighted by value
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
        """The outlook for a number of answers; None if there are no more rows than answers."""
        if self._rows <= answers:
            return None
        # If no answer has a value, sampling by value is uniform as well.
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
    """The inverse of `outlook_as_json`; None for None."""
    if written is None:
        return None
    return Outlook(int(written["answers"]), float(written["now"]), float(written["then"]))


def notes(
    all_right: float | None,
    outlook: Outlook | None,
    audited: int,
    encoder: EncoderStrength | None = None,
    workspace: str = "",
) -> list[str]:
    """Notes on an estimate; empty if there are none.

    Args:
        all_right: the posterior probability that all labels are right; None if unknown.
        outlook: how far more answers would narrow the interval.
        audited: the number of audited rows.
        encoder: its strength; a weak one gives a warning, which names the audit too.
        workspace: which `labelfix audit` is to ask about; empty for its default.
    """
    warning = "" if encoder is None else encoder.warning()
    said = []
    if audited:
        rows = "1 verified row counts" if audited == 1 else f"{audited:,} verified rows count"
        said.append(f"{rows} in this estimate.")
    if all_right is not None and all_right >= LIKELIEST:
        said.append(
            "The encoder's own mistakes explain all disagreement with the labels: most likely all "
            "labels are right."
        )
    if warning:
        return [*said, warning]
    if outlook is not None and outlook.settles:
        where = f" --workspace {shlex.quote(workspace)}" if workspace else ""
        said.append(
            f"Auditing {outlook.answers} images would narrow the interval from about "
            f"±{_points(outlook.now)} to ±{_points(outlook.then)} points: "
            f"labelfix audit --budget {outlook.answers} --out questions.csv{where}"
        )
    return said


def _points(half_width: float) -> str:
    """Half the width of an interval in percentage points, rounded to a useful digit."""
    points = 100 * half_width
    return f"{points:.0f}" if points >= 2 else f"{points:.1f}"
