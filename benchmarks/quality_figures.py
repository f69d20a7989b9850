"""Figures of label quality: labels before and after, suspicion and confidence, against the truth.

Every label is an integer class. Suspicion is any score that ranks wrong given labels higher;
confidence is the probability in [0, 1] that the corrected label is right. A share of no rows is
None.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Classes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]

BINS = 10


@dataclass(frozen=True)
class Shares:
    """What became of the labels; all in [0, 1].

    Attributes:
        right_after: of all rows.
        fixed: of the wrong labels, those that became right.
        harmed: of the right labels, those that became wrong.
        changed: of all rows.
        changed_rightly: of the changed labels, those that are right now.
    """

    right_after: float
    fixed: float | None
    harmed: float | None
    changed: float
    changed_rightly: float | None


@dataclass(frozen=True)
class Ranking:
    """How well suspicion ranks wrong labels above right ones; rows of one suspicion are tied."""

    auroc: float
    average_precision: float


@dataclass(frozen=True)
class Bin:
    """Rows of like confidence: the mean of it, the share of them that is right, how many."""

    confidence: float
    right: float
    rows: int


def shares(given: Classes, after: Classes, true: Classes) -> Shares:
    """Hold (N,) labels before and after against the truth."""
    right, changed = after == true, after != given
    wrong_before = given != true
    return Shares(
        right_after=float(np.mean(right)),
        fixed=_share(right[wrong_before]),
        harmed=_share(~right[~wrong_before]),
        changed=float(np.mean(changed)),
        changed_rightly=_share(right[changed]),
    )


def ranking(wrong: Flags, suspicion: Numbers) -> Ranking | None:
    """Area under the ROC curve, and average precision as the sum of precision x recall gained.

    Args:
        wrong: (N,), whether the given label is wrong.
        suspicion: (N,); all NaN where a method has none.

    Returns:
        None without suspicion, or where all labels are right or all are wrong.

    Raises:
        ValueError: some suspicions are NaN and some are not.
    """
    if np.isnan(suspicion).all() or wrong.all() or not wrong.any():
        return None
    if np.isnan(suspicion).any():
        raise ValueError(f"expected suspicion for all rows, found {np.isnan(suspicion).sum()} NaN")
    order = np.argsort(-suspicion, kind="stable")
    ranked = suspicion[order]
    last_of_tie = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    found = np.cumsum(wrong[order])[last_of_tie]
    recall = np.append(0, found / found[-1])
    false_alarms = last_of_tie + 1 - found
    false_rate = np.append(0, false_alarms / false_alarms[-1])
    return Ranking(
        auroc=float(np.trapezoid(recall, false_rate)),
        average_precision=float(np.sum(np.diff(recall) * found / (last_of_tie + 1))),
    )


def reliability(right: Flags, confidence: Numbers) -> list[Bin]:
    """The bins that hold rows, of `BINS` equal ones over [0, 1]; NaN makes no claim, in no bin.

    Args:
        right: (N,), whether the label after is right.
        confidence: (N,) in [0, 1].

    Raises:
        ValueError: a confidence is outside [0, 1].
    """
    claimed = ~np.isnan(confidence)
    right, confidence = right[claimed], confidence[claimed]
    if len(confidence) and (confidence.min() < 0 or confidence.max() > 1):
        raise ValueError(
            f"expected confidence in [0, 1], found {confidence.min()} to {confidence.max()}"
        )
    number = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    return [
        Bin(float(confidence[rows].mean()), float(right[rows].mean()), int(rows.sum()))
        for rows in (number == each for each in range(BINS))
        if rows.any()
    ]


def calibration_error(bins: list[Bin]) -> float | None:
    """The difference of confidence and share right, a mean over the rows; None without rows."""
    if not bins:
        return None
    rows = sum(each.rows for each in bins)
    return sum(each.rows * abs(each.confidence - each.right) for each in bins) / rows


def _share(flags: Flags) -> float | None:
    return float(np.mean(flags)) if len(flags) else None
