"""What is known of every row before anything is decided, gathered from posteriors."""

from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from labelfix.data.corrections import DECIMALS
from labelfix.noise.estimate import WrongShares

LEAST_SUPPORT = 2
"""Images that a class needs before its labels are judged, or suggested to others."""


@dataclass(frozen=True)
class RowEvidence:
    """What is known of R rows.

    Attributes:
        given: (R,) int64, the class of the given label; -1 where there is none that is known.
        suggested: (R,) int64, the likeliest class.
        self_confidence: (R,) float64, the probability of the given class; NaN where it is -1.
        best_confidence: (R,) float64, the probability of the suggested class.
        cautious_confidence: (R,) float64, the same where only as much noise is believed in as
            must be.
        supported: (R,) bool, whether the given class has at least `LEAST_SUPPORT` images.
        typical: (R,) bool, whether the image is as near to others as images of the suggested
            class are.
        off_topic: (R,) bool, whether the image is also unlike all others.
    """

    given: npt.NDArray[np.int64] = field(repr=False)
    suggested: npt.NDArray[np.int64] = field(repr=False)
    self_confidence: npt.NDArray[np.float64] = field(repr=False)
    best_confidence: npt.NDArray[np.float64] = field(repr=False)
    cautious_confidence: npt.NDArray[np.float64] = field(repr=False)
    supported: npt.NDArray[np.bool_] = field(repr=False)
    typical: npt.NDArray[np.bool_] = field(repr=False)
    off_topic: npt.NDArray[np.bool_] = field(repr=False)

    def of(self, rows: npt.NDArray[np.bool_]) -> "RowEvidence":
        """The evidence for some of the rows, (R,) bool."""
        return RowEvidence(*(getattr(self, each.name)[rows] for each in fields(self)))


def best_supported(
    probabilities: npt.NDArray[np.float64],
    given: npt.NDArray[np.int64],
    too_few: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int64]:
    """(n,) the likeliest class, the given one where it is as likely as any other.

    A class of too few images is suggested to no other, and stays.

    Args:
        probabilities: (n, C).
        given: (n,) int64; -1 for none.
        too_few: (C,) bool.
    """
    each = np.arange(len(given))
    best = np.where(too_few, -1.0, probabilities).argmax(axis=1)
    stays = too_few[given] | (probabilities[each, given] >= probabilities[each, best])
    return np.where(stays & (given >= 0), given, best)


class JudgedRows:
    """What posteriors say of R rows; filled batch by batch, so that (R, C) is never held.

    Args:
        given: (R,) int64, the class of each row's label; -1 for none.
        support: (C,) int64, how many images were given each class.
    """

    def __init__(self, given: npt.NDArray[np.int64], support: npt.NDArray[np.int64]) -> None:
        self.shares = WrongShares(len(support))
        self._given = given
        self._too_few = support < LEAST_SUPPORT
        self._suggested = np.empty(len(given), dtype=np.int64)
        self._self_confidence = np.empty(len(given))
        self._best_confidence = np.empty(len(given))
        self._cautious_confidence = np.empty(len(given))
        self._given_to_true = np.zeros((len(support), len(support)))

    def add(
        self,
        batch: slice,
        likely: npt.NDArray[np.float64],
        least: npt.NDArray[np.float64] | None = None,
        most: npt.NDArray[np.float64] | None = None,
    ) -> None:
        """Judge the n rows of a batch.

        Args:
            batch: which they are.
            likely: (n, C), the posterior under the noise that is believed in.
            least: (n, C), under as little noise as may be; None takes the likely one.
            most: (n, C), under as much as may be; the same.
        """
        least = likely if least is None else least
        most = likely if most is None else most
        given = self._given[batch]
        each = np.arange(len(given))
        best = best_supported(likely, given, self._too_few)
        labelled = np.flatnonzero(given >= 0)
        labels = given[labelled]
        own = likely[labelled, labels]
        self_confidence = np.full(len(given), np.nan)
        self_confidence[labelled] = own
        self._suggested[batch] = best
        self._self_confidence[batch] = self_confidence
        self._best_confidence[batch] = likely[each, best]
        self._cautious_confidence[batch] = np.minimum(least[each, best], likely[each, best])
        self.shares.add(labels, own, least[labelled, labels], most[labelled, labels])
        each_once = np.ones(len(labels))
        of_label = csr_array((each_once, (labels, labelled)), shape=(likely.shape[1], len(given)))
        self._given_to_true += of_label @ likely

    @property
    def suggested(self) -> npt.NDArray[np.int64]:
        """(R,) the likeliest class."""
        return self._suggested

    @property
    def transition(self) -> npt.NDArray[np.float64]:
        """(C, C) P(given j | true i), as often as the posteriors have it; rows sum to 1.

        A class that no image is believed to be of has all its labels right.
        """
        counts = self._given_to_true.T + np.eye(len(self._given_to_true)) * 1e-9
        shares: npt.NDArray[np.float64] = counts / counts.sum(axis=1, keepdims=True)
        return shares

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
        return RowEvidence(
            self._given,
            self._suggested,
            self._self_confidence.round(DECIMALS),
            self._best_confidence.round(DECIMALS),
            self._cautious_confidence.round(DECIMALS),
            supported=supported if known is None else supported & known,
            typical=everywhere if typical is None else typical,
            off_topic=~everywhere if off_topic is None else off_topic,
        )
