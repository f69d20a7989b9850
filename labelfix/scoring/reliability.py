"""Whether confidences hold what they promise, where the truth is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelfix.noise.wrong_shares import NORMAL_95

BINS = 10


@dataclass(frozen=True)
class ReliabilityBin:
    """The rows of like confidence.

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
    """Rows by confidence, in equal parts of [0, 1]; parts without rows are left out.

    Args:
        confidence: (R,) in [0, 1].
        is_right: (R,) bool.
        bins: how many parts.
    """
    parts = np.clip(np.floor(confidence * bins + 1e-9).astype(np.int64), 0, bins - 1)
    found = []
    for part in np.unique(parts):
        own = parts == part
        rows, right = int(own.sum()), int(is_right[own].sum())
        low, high = wilson_interval(right, rows)
        found.append(ReliabilityBin(rows, float(confidence[own].mean()), right / rows, low, high))
    return found


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """The expected calibration error (Guo et al., ICML 2017, equation 3).

    The mean distance between confidence and share of right labels, each part counted by its rows.
    """
    rows = sum(part.rows for part in bins)
    distance = sum(part.rows * abs(part.right - part.confidence) for part in bins)
    return distance / rows if rows else 0.0


def wilson_interval(right: int, rows: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927).

    Args:
        right: how many.
        rows: of how many, at least 1.
    """
    share, square = right / rows, NORMAL_95**2
    middle = (share + square / (2 * rows)) / (1 + square / rows)
    spread = share * (1 - share) / rows + square / (4 * rows**2)
    half = NORMAL_95 / (1 + square / rows) * float(np.sqrt(spread))
    return max(0.0, middle - half), min(1.0, middle + half)
