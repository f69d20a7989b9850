"""What is known of every row before anything is decided."""

from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

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
