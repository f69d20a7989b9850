"""How well a score ranks wrong labels, and whether confidences keep what they promise."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest, rankdata


def area_under_roc(
    suspicion: npt.NDArray[np.float64], is_wrong: npt.NDArray[np.bool_]
) -> float | None:
    """The probability that a wrong label looks more suspicious than a right one; ties count half.

    Args:
        suspicion: (n,) float64, larger for likelier wrong labels.
        is_wrong: (n,) bool.

    Returns:
        The area in [0, 1] (Hanley and McNeil, Radiology 1982); None where all labels are right
        or all are wrong.
    """
    wrong = int(is_wrong.sum())
    right = len(is_wrong) - wrong
    if not wrong or not right:
        return None
    ranks = rankdata(suspicion)
    return float((ranks[is_wrong].sum() - wrong * (wrong + 1) / 2) / (wrong * right))


def average_precision(
    suspicion: npt.NDArray[np.float64], is_wrong: npt.NDArray[np.bool_]
) -> float | None:
    """The mean precision over the recalls at which it changes; ties count as one step.

    Args:
        suspicion: (n,) float64, larger for likelier wrong labels.
        is_wrong: (n,) bool.

    Returns:
        In [0, 1]; None where no label is wrong.
    """
    wrong = int(is_wrong.sum())
    if not wrong:
        return None
    order = np.argsort(-suspicion, kind="stable")
    found = np.cumsum(is_wrong[order])
    last = np.append(np.flatnonzero(np.diff(suspicion[order])), len(order) - 1)  # of each tie
    precision = found[last] / (last + 1)
    more = np.diff(found[last], prepend=0)
    return float((precision * more).sum() / wrong)


def missed_within(
    order: npt.NDArray[np.int64], is_wrong: npt.NDArray[np.bool_], budget: int
) -> int:
    """How many wrong labels are not among the first `budget` rows of an order.

    Args:
        order: (n,) int64, the rows in the order of review.
        is_wrong: (n,) bool.
        budget: how many rows are reviewed.
    """
    return int(is_wrong.sum() - is_wrong[order[:budget]].sum())


BINS = 10


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """Rows with similar confidences.

    Attributes:
        rows: how many.
        confidence: their mean confidence.
        right: the share of them whose label is right.
        low, high: the 95 % interval of that share.
    """

    rows: int
    confidence: float
    right: float
    low: float
    high: float


def reliability_bins(
    confidence: npt.NDArray[np.float64], is_right: npt.NDArray[np.bool_], bins: int = BINS
) -> list[ReliabilityBin]:
    """Rows by confidence, in bins that divide [0, 1] evenly; empty bins are left out.

    Args:
        confidence: (R,) in [0, 1].
        is_right: (R,) bool.
        bins: how many bins.
    """
    parts = np.clip(np.floor(confidence * bins + 1e-9).astype(np.int64), 0, bins - 1)
    found = []
    for part in np.unique(parts):
        own = parts == part
        rows, right = int(own.sum()), int(is_right[own].sum())
        low, high = binomtest(right, rows).proportion_ci(0.95, method="wilson")
        found.append(
            ReliabilityBin(
                rows=rows,
                confidence=float(confidence[own].mean()),
                right=right / rows,
                low=float(low),
                high=float(high),
            )
        )
    return found


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """The expected calibration error (Guo et al., ICML 2017, equation 3).

    The mean distance between confidence and share of right labels, weighted by rows.
    """
    rows = sum(part.rows for part in bins)
    distance = sum(part.rows * abs(part.right - part.confidence) for part in bins)
    return distance / rows if rows else 0.0
