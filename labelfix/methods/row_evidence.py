"""What is known of every row before anything is decided, gathered from beliefs."""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.data.shares import DECIMALS
from labelfix.noise.belief import Belief, expected_counts
from labelfix.noise.text_view import TextView

LEAST_SUPPORT = 2
"""Images that a class needs before its labels are judged, or suggested to others."""


@dataclass(frozen=True)
class TextReading:
    """The class that the names tell for R rows, by themselves.

    Attributes:
        classes: (R,) int64, the likeliest.
        confidence: (R,) float64 in [0, 1], its probability.
    """

    classes: npt.NDArray[np.int64] = field(repr=False)
    confidence: npt.NDArray[np.float64] = field(repr=False)

    def of(self, rows: npt.NDArray[np.bool_]) -> "TextReading":
        """For some of the rows, (R,) bool."""
        return TextReading(self.classes[rows], self.confidence[rows])


def read_text(
    view: TextView, vectors: npt.NDArray[np.float32], images: npt.NDArray[np.int64]
) -> TextReading:
    """What the names say of the images of R rows, the same whatever other rows there are.

    Args:
        view: of the class vectors.
        vectors: (N, D) of length 1.
        images: (R,) int64, the image of each row.
    """
    classes = np.empty(len(images), dtype=np.int64)
    confidence = np.empty(len(images))
    for start in range(0, len(images), ROWS_AT_ONCE):
        block = images[start : start + ROWS_AT_ONCE]
        filled = np.pad(block, (0, ROWS_AT_ONCE - len(block)))  # one size: the same last bits
        said = view.log_text(vectors[filled])[: len(block)]
        classes[start : start + len(block)] = said.argmax(axis=1)
        confidence[start : start + len(block)] = np.exp(said.max(axis=1))
    return TextReading(classes, confidence.round(DECIMALS))


@dataclass(frozen=True)
class RowEvidence:
    """What is known of R rows.

    Attributes:
        given: (R,) int64, the class of the given label; -1 where there is none that is known.
        suggested: (R,) int64, the likeliest class.
        second: (R,) int64, the next; -1 where there is none.
        self_confidence: (R,) float64, the probability of the given class; NaN where it is -1.
        best_confidence: (R,) float64, the probability of the suggested class.
        second_confidence: (R,) float64, that of the second; NaN where it is -1.
        suspicion: (R,) float64, the probability that the given class is wrong unless all are
            right; rows for review are ranked by it. NaN where there is none.
        question_value: (R,) float64, how far the hypotheses on the noise disagree on the row.
        supported: (R,) bool, whether the given class has at least `LEAST_SUPPORT` images.
        typical: (R,) bool, whether the image is as near to others as images of the suggested
            class are.
        off_topic: (R,) bool, whether the image is also unlike all others.
        text: what class names alone say; None where there are no class vectors.
    """

    given: npt.NDArray[np.int64] = field(repr=False)
    suggested: npt.NDArray[np.int64] = field(repr=False)
    second: npt.NDArray[np.int64] = field(repr=False)
    self_confidence: npt.NDArray[np.float64] = field(repr=False)
    best_confidence: npt.NDArray[np.float64] = field(repr=False)
    second_confidence: npt.NDArray[np.float64] = field(repr=False)
    suspicion: npt.NDArray[np.float64] = field(repr=False)
    question_value: npt.NDArray[np.float64] = field(repr=False)
    supported: npt.NDArray[np.bool_] = field(repr=False)
    typical: npt.NDArray[np.bool_] = field(repr=False)
    off_topic: npt.NDArray[np.bool_] = field(repr=False)
    text: TextReading | None = field(default=None, repr=False)

    def of(self, rows: npt.NDArray[np.bool_]) -> "RowEvidence":
        """The evidence for some of the rows, (R,) bool."""
        text = None if self.text is None else self.text.of(rows)
        arrays = {each.name: getattr(self, each.name) for each in fields(self)} | {"text": None}
        some = {name: values[rows] for name, values in arrays.items() if values is not None}
        return RowEvidence(**some, text=text)


def best_two(
    belief: Belief, given: npt.NDArray[np.int64], too_few: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """(n, 2) the places of the likeliest candidate and of the next, which is -1 for none.

    The given class comes before others that are as likely. A class of too few images is suggested
    to no other, and stays.

    Args:
        belief: of n images.
        given: (n,) int64, the given classes; -1 for none.
        too_few: (C,) bool.
    """
    each = np.arange(len(given))
    is_given = belief.classes == given[:, None]
    own = np.where(is_given, belief.probabilities, 0.0).max(axis=1)
    others = np.where(too_few[belief.classes], -1.0, belief.probabilities)
    score = np.where(is_given, np.where(too_few[given], np.inf, own)[:, None], others)
    best = score.argmax(axis=1)
    stays = is_given.any(axis=1) & (own >= score[each, best])
    best = np.where(stays, is_given.argmax(axis=1), best)
    score[belief.classes == belief.classes[each, best][:, None]] = -1.0
    second = score.argmax(axis=1)
    return np.column_stack([best, np.where(score[each, second] > 0, second, -1)])


class JudgedRows:
    """What is believed of R rows; filled batch by batch, so that (R, C) is never held.

    Args:
        given: (R,) int64, the class of each row's label; -1 for none.
        support: (C,) int64, how many images were given each class.
    """

    def __init__(self, given: npt.NDArray[np.int64], support: npt.NDArray[np.int64]) -> None:
        self._given = given
        self._too_few = support < LEAST_SUPPORT
        self._suggested = np.empty(len(given), dtype=np.int64)
        self._second = np.empty(len(given), dtype=np.int64)
        self._numbers = {
            name: np.empty(len(given))
            for name in (
                "self_confidence",
                "best_confidence",
                "second_confidence",
                "suspicion",
                "question_value",
            )
        }
        self.counts = np.zeros((len(support), len(support)))
        """(C, C) how often each label is believed to be given to images of each class."""

    def add(self, batch: slice, belief: Belief) -> None:
        """Judge the n rows of a batch.

        Args:
            batch: which they are.
            belief: of their images.
        """
        given = self._given[batch]
        each = np.arange(len(given))
        best, second = best_two(belief, given, self._too_few).T
        has_label, has_second = given >= 0, second >= 0
        self._suggested[batch] = belief.classes[each, best]
        self._second[batch] = np.where(has_second, belief.classes[each, second], -1)
        found = {
            "self_confidence": np.where(has_label, belief.mean_right, np.nan),
            "best_confidence": belief.probabilities[each, best],
            "second_confidence": np.where(has_second, belief.probabilities[each, second], np.nan),
            "suspicion": np.where(has_label, 1 - belief.right_if_noisy, np.nan),
            "question_value": belief.variance,
        }
        for name, values in found.items():
            self._numbers[name][batch] = values
        rows = np.flatnonzero(has_label)
        self.counts += expected_counts(
            belief.classes[rows], given[rows], belief.probabilities[rows], len(self.counts)
        )

    @property
    def suggested(self) -> npt.NDArray[np.int64]:
        """(R,) the likeliest class."""
        return self._suggested

    def evidence(
        self,
        known: npt.NDArray[np.bool_] | None = None,
        typical: npt.NDArray[np.bool_] | None = None,
        off_topic: npt.NDArray[np.bool_] | None = None,
    ) -> RowEvidence:
        """The evidence for every row.

        Args:
            known: (R,) whether who judged a row knows its given class; None is everywhere.
            typical: (R,) as `RowEvidence` has it; None is everywhere.
            off_topic: (R,) the same; None is nowhere.
        """
        everywhere = np.ones(len(self._given), dtype=bool)
        supported = ~self._too_few[self._given] | (self._given < 0)
        numbers: dict[str, Any] = {
            name: self._numbers.pop(name) for name in ("suspicion", "question_value")
        }
        numbers |= {name: values.round(DECIMALS) for name, values in self._numbers.items()}
        return RowEvidence(
            self._given,
            self._suggested,
            self._second,
            **numbers,
            supported=supported if known is None else supported & known,
            typical=everywhere if typical is None else typical,
            off_topic=~everywhere if off_topic is None else off_topic,
        )


ROWS_AT_ONCE = 1024
