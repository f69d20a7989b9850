"""What a person has said of a row is final, whatever was decided without it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.data.audited_labels import CANNOT_TELL, NO_CLASS
from labelfix.data.corrections import OF_NO_CLASS, QUARANTINED, REVIEW, VERIFIED, Corrections


def with_answers(
    corrections: Corrections, answers: npt.NDArray[Any] | None, class_values: Sequence[Any]
) -> Corrections:
    """The corrections with the answers of persons in them.

    A row whose label a person has said has that label, the action `verified` and confidence 1.
    One whose image a person has said to be of no class keeps its label, which is wrong for
    certain, and stands for review. None of them, nor one that a person could not tell, is to be
    asked again.

    Args:
        corrections: R rows.
        answers: (R,) a label, `NO_CLASS`, `CANNOT_TELL`, or None; None for no answers at all.
        class_values: the label of each class; one that is called as an answer is that class.
    """
    if answers is None or all(answer is None for answer in answers):
        return corrections
    columns = {name: values.copy() for name, values in corrections.columns().items()}
    asked = np.array([answer is not None for answer in answers], dtype=bool)
    untold = (answers == CANNOT_TELL) & (CANNOT_TELL not in class_values)
    of_none = (answers == NO_CLASS) & (NO_CLASS not in class_values)
    told = asked & ~untold & ~of_none
    none = of_none & (columns["action"] != QUARANTINED)
    columns["question_value"][asked] = np.nan
    columns["label"][none] = columns["given_label"][none]
    columns["suggested_label"][none] = columns["given_label"][none]
    columns["reason"][none] = OF_NO_CLASS
    columns["action"][none] = REVIEW
    for name in ("label", "suggested_label"):
        columns[name][told] = answers[told]
    columns["action"][told] = VERIFIED
    columns["reason"][told] = ""
    right = np.asarray(columns["given_label"][told] == answers[told], dtype=np.float64)
    columns["self_confidence"][told], columns["confidence"][told] = right, 1.0
    columns["self_confidence"][none] = columns["confidence"][none] = 0.0
    columns["second_label"][told | none] = None
    columns["second_confidence"][told | none] = np.nan
    before = np.where(none, 0, columns["review_rank"])
    columns["review_rank"] = _ranks_again(columns["action"], before)
    return Corrections(**columns, wrong_share=corrections.wrong_share)


def _ranks_again(action: npt.NDArray[Any], before: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """(R,) the ranks for review in their order, after those that a person found to be wrong."""
    rows = np.flatnonzero(action == REVIEW)
    ranks = np.zeros(len(action), dtype=np.int64)
    ranks[rows[np.argsort(before[rows], kind="stable")]] = np.arange(1, len(rows) + 1)
    return ranks
