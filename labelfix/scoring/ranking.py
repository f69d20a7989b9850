"""How well a score puts wrong labels before right ones."""

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata


def area_under_roc(
    suspicion: npt.NDArray[np.float64], is_wrong: npt.NDArray[np.bool_]
) -> float | None:
    """The probability that a wrong label is more suspicious than a right one; ties count half.

    Args:
        suspicion: (n,) float64, larger the likelier a label is wrong.
        is_wrong: (n,) bool.

    Returns:
        The area in [0, 1] (Hanley and McNeil, Radiology 1982); None where all labels are of one
        kind.
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
    """The mean precision over the recalls at which it changes; labels that tie come together.

    Args:
        suspicion: (n,) float64, larger the likelier a label is wrong.
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
        order: (n,) int64, the rows in the order in which they are looked at.
        is_wrong: (n,) bool.
        budget: rows that are looked at.
    """
    return int(is_wrong.sum() - is_wrong[order[:budget]].sum())
