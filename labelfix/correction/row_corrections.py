"""Corrections for every row, by a judge and the neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.config import RelabelOptions
from labelfix.correction.decision import as_corrections, without_label
from labelfix.data.audited_labels import CANNOT_TELL, NO_CLASS
from labelfix.data.corrections import OF_NO_CLASS, QUARANTINED, REVIEW, VERIFIED, Corrections
from labelfix.data.shares import WrongShare
from labelfix.methods.method import Judge
from labelfix.methods.rows import GivenRows, SeenRows, UnseenRows
from labelfix.noise.batch_rate import BatchRate
from labelfix.noise.estimate import NoiseEstimate
from labelfix.progress import Progress
from labelfix.retrieval.search import neighbour_agreement


def correct_rows(
    rows: GivenRows, judge: Judge, options: RelabelOptions, device: str, progress: Progress
) -> tuple[Corrections, NoiseEstimate | None]:
    """Weigh the label of every row and decide on it.

    Args:
        rows: what is to be corrected.
        judge: trained on these images.
        options: of the decision.
        device: `cpu` or `cuda`.
        progress: shows how far the work is.

    Returns:
        A correction for each row, in the order of the rows, and the estimate of the noise, which
        the method of the paper does not make.
    """
    evidence, estimate = judge.weigh(rows, options, device, progress)
    agreement = neighbour_agreement(
        rows.best_labels, rows.neighbours, rows.used_images, rows.used_labels
    )
    decided = as_corrections(rows, evidence, agreement, options)
    wrong = estimate.learned.wrong if estimate else None
    final = with_answers(decided, rows.answers, rows.class_values)
    return replace(final, wrong_share=wrong), estimate


@dataclass(frozen=True)
class UnseenCorrections:
    """R rows that training has not seen.

    Attributes:
        corrections: for each row, the same whatever other rows there are.
        rows: (L,) int64, the rows whose label is of a known class.
        wrong, rate, transition: of their labels, as `UnseenEvidence` has them.
    """

    corrections: Corrections
    rows: npt.NDArray[np.int64] = field(repr=False)
    wrong: WrongShare | None
    rate: BatchRate | None
    transition: npt.NDArray[np.float64] | None = field(repr=False)


def correct_unseen(
    unseen: UnseenRows,
    seen: SeenRows,
    judge: Judge,
    options: RelabelOptions,
    device: str,
    progress: Progress,
) -> UnseenCorrections:
    """Judge rows that training has not seen by what it has learned; predict missing labels.

    Args:
        unseen: the rows.
        seen: the rows of the training.
        judge: trained on these.
        options: of the decision.
        device: `cpu` or `cuda`.
        progress: shows how far the work is.
    """
    found = judge.weigh_unseen(unseen, seen, options, device, progress)
    evidence = found.of_rows
    blank = without_label(unseen.labels[unseen.used])
    agreement = neighbour_agreement(
        seen.rows.best_labels,
        unseen.nearest,
        unseen.used_images,
        np.where(blank, evidence.suggested, evidence.given),
    )
    decided = as_corrections(unseen, evidence, agreement, options)
    final = with_answers(decided, unseen.answers, unseen.class_values)
    wrong = found.rate.overall if found.rate else found.wrong
    return UnseenCorrections(
        corrections=replace(final, wrong_share=wrong),
        rows=unseen.used[evidence.given >= 0],
        wrong=found.wrong,
        rate=found.rate,
        transition=found.transition,
    )


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
