"""How many given labels are wrong, overall and of each class, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.data.corrections import DECIMALS
from labelfix.noise.evidence import Mixing
from labelfix.noise.model import NoiseModels
from labelfix.noise.nearness import LeastNearness

NORMAL_95 = 1.959964
"""Standard deviations on either side that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class WrongShare:
    """The share of wrong ones among rows that were given a label, with a 95 % interval."""

    rows: int
    share: float
    low: float
    high: float


def share_as_json(share: WrongShare) -> dict[str, float]:
    """A share with its number of rows and its interval, as JSON values."""
    ends = {"share": share.share, "low": share.low, "high": share.high}
    return {"rows": share.rows, **{name: round(end, DECIMALS) for name, end in ends.items()}}


def share_from_json(written: Mapping[str, float]) -> WrongShare:
    """What `share_as_json` wrote."""
    return WrongShare(int(written["rows"]), written["share"], written["low"], written["high"])


@dataclass(frozen=True)
class AnnotatorQuality:
    """One annotator: labels given, and the estimated share of right ones with a 95 % interval."""

    name: str
    labels: int
    right_share: float
    low: float
    high: float

    @classmethod
    def from_wrong(cls, name: str, wrong: WrongShare) -> "AnnotatorQuality":
        """From the share of wrong labels."""
        return cls(name, wrong.rows, 1 - wrong.share, 1 - wrong.high, 1 - wrong.low)

    @property
    def wrong(self) -> WrongShare:
        """The share of wrong labels."""
        return WrongShare(self.labels, 1 - self.right_share, 1 - self.high, 1 - self.low)


@dataclass(frozen=True)
class LearnedNoise:
    """What a data set's given labels tell of their noise, as far as other images are judged by it.

    Attributes:
        models: the noise in three strengths.
        mixing: how far an image's own probabilities and its neighbours' posteriors count.
        voters: how many neighbours vote.
        least_nearness: how near to others an image of a class is at the least.
        wrong: the share of wrong labels among those that this was learned from.
    """

    models: NoiseModels
    mixing: Mixing
    voters: int
    least_nearness: LeastNearness
    wrong: WrongShare


@dataclass(frozen=True)
class NoiseEstimate:
    """What the given labels tell of their own noise.

    Attributes:
        learned: what else can be judged by.
        transition: (C, C) float64, P(given j | true i), as often as the posteriors of all rows
            have it; rows sum to 1. Unlike the matrix that labels are judged by, it says what is
            believed once image and label are known.
        wrong: the share of wrong labels; the last is of all rows, before it one a class.
        annotators: the quality of each, where annotators are named.
    """

    learned: LearnedNoise
    transition: npt.NDArray[np.float64] = field(repr=False)
    wrong: tuple[WrongShare, ...] = field(repr=False)
    annotators: tuple[AnnotatorQuality, ...] = field(default=(), repr=False)


class WrongShares:
    """Sums up posteriors of given labels, batch by batch.

    The interval holds the sampling error of the rows and, since how much of the noise is the
    classifier's own mistakes cannot be known from labels alone, reaches from the share under
    the least noise that may be to the share under the most.
    """

    def __init__(self, classes: int) -> None:
        self._rows = np.zeros(classes)
        self._wrong = np.zeros((3, classes))
        self._variance = np.zeros(classes)

    def add(
        self,
        given: npt.NDArray[np.int64],
        likely: npt.NDArray[np.float64],
        low: npt.NDArray[np.float64],
        high: npt.NDArray[np.float64],
    ) -> None:
        """Add n rows: their given classes, and the probability that these are right.

        Args:
            given: (n,) int64.
            likely: (n,) under the noise that is believed in.
            low: (n,) under the least noise that may be.
            high: (n,) under the most.
        """
        classes = len(self._rows)
        self._rows += np.bincount(given, minlength=classes)
        for which, right in enumerate((likely, low, high)):
            self._wrong[which] += np.bincount(given, 1 - right, minlength=classes)
        self._variance += np.bincount(given, likely * (1 - likely), minlength=classes)

    def finish(self) -> tuple[WrongShare, ...]:
        """One for each class, and last that of all rows."""
        rows = np.append(self._rows, self._rows.sum())
        wrong = np.column_stack([self._wrong, self._wrong.sum(axis=1)])
        deviation = np.sqrt(np.append(self._variance, self._variance.sum()))
        number = np.maximum(rows, 1)
        likely, low, high = wrong / number
        error = NORMAL_95 * deviation / number
        return tuple(
            WrongShare(int(count), float(share), float(at_least), float(at_most))
            for count, share, at_least, at_most in zip(
                rows,
                likely,
                np.clip(np.minimum(low, likely) - error, 0, 1),
                np.clip(np.maximum(high, likely) + error, 0, 1),
                strict=True,
            )
        )
