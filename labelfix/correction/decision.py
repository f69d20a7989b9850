"""Decides which labels are changed, kept or reviewed, and builds the corrections."""

from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.data.corrections import (
    ATYPICAL,
    INSUFFICIENT_SUPPORT,
    KEEP,
    OFF_TOPIC,
    PREDICT,
    QUARANTINED,
    RELABEL,
    REVIEW,
    UNKNOWN_LABEL,
    Corrections,
)
from labelfix.data.shares import DECIMALS
from labelfix.methods.row_evidence import RowEvidence
from labelfix.methods.rows import GivenRows, UnseenRows
from labelfix.options.relabel_options import RelabelOptions


def as_corrections(
    rows: GivenRows | UnseenRows,
    evidence: RowEvidence,
    agreement: npt.NDArray[np.float64],
    options: RelabelOptions,
) -> Corrections:
    """Decide on every row with a label of a known class, and predict missing labels.

    Args:
        rows: R rows, of which U are used.
        evidence: for the U used rows.
        agreement: (U,) the share of neighbours with the same given label.
        options: of the decision.
    """
    used, count = rows.used, len(rows.labels)
    given = rows.labels[used]
    known = evidence.given >= 0
    blank = ~known
    blank[blank] = without_label(given[blank])
    unknown = ~known & ~blank
    action = np.full(len(used), REVIEW, dtype=object)
    action[blank & evidence.typical] = PREDICT
    action[known] = decide(evidence.of(known), options)
    suggested = np.array(rows.class_values, dtype=rows.labels.dtype)[evidence.suggested]
    has_second = evidence.second >= 0
    second = np.full(len(used), None, dtype=object)
    second[has_second] = np.array(rows.class_values, dtype=object)[evidence.second[has_second]]
    moved = blank | (action == RELABEL)
    confidence = np.where(moved, evidence.best_confidence, evidence.self_confidence)
    reason = np.full(len(used), "", dtype=object)
    reason[~evidence.typical & (evidence.suggested != evidence.given)] = ATYPICAL
    reason[evidence.off_topic] = OFF_TOPIC
    reason[~evidence.supported] = INSUFFICIENT_SUPPORT
    reason[unknown] = UNKNOWN_LABEL
    # P(the kept label is wrong); for an unknown label, the probability of the suggested class.
    suspicion = np.where(known, evidence.suspicion, evidence.best_confidence)
    numbers = np.full(count, np.nan)
    texts = np.full(count, None, dtype=object)
    by_text: dict[str, Any] = {}
    if evidence.text is not None:
        names = np.array(rows.class_values, dtype=object)[evidence.text.classes]
        by_text["text_label"] = _placed(names, used, texts)
        by_text["text_confidence"] = _placed(evidence.text.confidence, used, numbers)
    return Corrections(
        label=_placed(np.where(moved, suggested, given), used, rows.labels),
        given_label=rows.labels,
        suggested_label=_placed(suggested, used, texts),
        confidence=_placed(confidence, used, numbers),
        self_confidence=_placed(evidence.self_confidence, used, numbers),
        neighbour_agreement=_placed(agreement.round(DECIMALS), used, numbers),
        action=_placed(action, used, np.full(count, QUARANTINED, dtype=object)),
        reason=_placed(reason, used, np.array(rows.reasons, dtype=object)),
        review_rank=_placed(review_order(action, suspicion), used, np.zeros(count, dtype=np.int64)),
        second_label=_placed(second, used, texts),
        second_confidence=_placed(evidence.second_confidence, used, numbers),
        question_value=_placed(np.where(known, evidence.question_value, np.nan), used, numbers),
        **by_text,
    )


def decide(evidence: RowEvidence, options: RelabelOptions) -> npt.NDArray[Any]:
    """The action for every row.

    `relabel` if another label is more probable than the given one, subject to `min_confidence`
    and `min_precision`; without these, this maximises the expected number of right labels.
    `review` if a kept label is more probably wrong than right, or another label is more probable.
    Otherwise `keep`. The label of a class with a single image is always kept, and an image that
    is not typical of the suggested class gets no new label.

    Returns:
        (R,) of `keep`, `relabel`, `review`.
    """
    another = (evidence.suggested != evidence.given) & evidence.supported
    changed = another & evidence.typical & (evidence.best_confidence >= options.min_confidence)
    if options.min_precision is not None:
        changed = _precise(changed, evidence.best_confidence, options.min_precision)
    doubtful = evidence.supported & (evidence.self_confidence < 0.5)
    action = np.full(len(evidence.given), KEEP, dtype=object)
    action[another | doubtful] = REVIEW
    action[changed] = RELABEL
    return action


def review_order(
    action: npt.NDArray[Any], suspicion: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """(R,) the review rank of each row, from 1 for the most probably wrong label; 0 for no review.

    `suspicion` excludes the hypothesis that all labels are right, which does not affect the order.
    """
    rows = np.flatnonzero(action == REVIEW)
    ranked = rows[np.argsort(-suspicion[rows], kind="stable")]
    place = np.zeros(len(action), dtype=np.int64)
    place[ranked] = np.arange(1, len(ranked) + 1)
    return place


def without_label(labels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """(n,) whether each label is blank."""
    return np.array([not str(label).strip() for label in labels], dtype=bool)


def _precise(
    candidates: npt.NDArray[np.bool_], confidence: npt.NDArray[np.float64], precision: float
) -> npt.NDArray[np.bool_]:
    """The most candidates, surest first, whose mean confidence is at least the precision."""
    rows = np.flatnonzero(candidates)
    surest = rows[np.argsort(-confidence[rows], kind="stable")]
    expected = np.cumsum(confidence[surest]) / np.arange(1, len(surest) + 1)
    chosen = np.zeros(len(candidates), dtype=bool)
    chosen[surest[: int(np.sum(expected.round(DECIMALS) >= precision))]] = True
    return chosen


def _placed(
    values: npt.NDArray[Any], used: npt.NDArray[np.int64], others: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """(R,) the values of the used rows, and a default for the others."""
    placed = others.copy()
    placed[used] = values
    return placed
