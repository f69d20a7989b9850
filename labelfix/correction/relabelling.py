"""Corrections for every row, from a training and the neighbours."""

from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.config import RelabelOptions
from labelfix.correction.decision import decide, review_order
from labelfix.correction.denoised import weigh_denoised
from labelfix.correction.given_rows import GivenRows
from labelfix.correction.noise_aware import weigh_posteriors
from labelfix.correction.row_evidence import RowEvidence
from labelfix.correction.unseen import AsLearned, Reading, weigh_unseen
from labelfix.correction.unseen_rows import UnseenRows
from labelfix.data.corrections import (
    ATYPICAL,
    DECIMALS,
    INSUFFICIENT_SUPPORT,
    OFF_TOPIC,
    PREDICT,
    QUARANTINED,
    RELABEL,
    REVIEW,
    UNKNOWN_LABEL,
    Corrections,
)
from labelfix.diffusion.cross_fit import CrossFit
from labelfix.diffusion.denoiser import Denoiser
from labelfix.noise.estimate import NoiseEstimate, WrongShare
from labelfix.progress import Progress
from labelfix.retrieval.labels import neighbour_agreement


def correct_rows(
    rows: GivenRows,
    trained: CrossFit | Denoiser,
    options: RelabelOptions,
    device: str,
    progress: Progress,
) -> tuple[Corrections, NoiseEstimate | None]:
    """Weigh the label of every row and decide on it.

    Args:
        rows: what is to be corrected.
        trained: on these images, noise-aware or as in the paper.
        options: of the decision.
        device: `cpu` or `cuda`.
        progress: is told of every batch.

    Returns:
        A correction for each row, in the order of the rows, and the estimate of the noise, which
        the method of the paper does not make.
    """
    estimate = None
    if isinstance(trained, CrossFit):
        evidence, estimate = weigh_posteriors(rows, trained, device, progress)
    else:
        evidence = weigh_denoised(rows, trained, options, device, progress)
    agreement = neighbour_agreement(
        rows.labelled.labels, rows.neighbours, rows.used_images, rows.used_labels
    )
    return as_corrections(rows, evidence, agreement, options), estimate


def correct_unseen(
    unseen: UnseenRows,
    rows: GivenRows,
    trained: Reading | Denoiser,
    options: RelabelOptions,
    device: str,
    progress: Progress,
) -> tuple[Corrections, WrongShare | None]:
    """Judge rows that training has not seen by what it has learned; predict missing labels.

    Args:
        unseen: the rows.
        rows: those that training has seen.
        trained: on these, as in the paper; or how noise-aware denoisers read the images.
        options: of the decision.
        device: `cpu` or `cuda`.
        progress: is told of the work.

    Returns:
        A correction for each row, in their order, and the share of wrong labels among those that
        were given, which the method of the paper does not tell.
    """
    share = None
    if isinstance(trained, Reading):
        labels = AsLearned(trained.learned.models)
        evidence, share, _ = weigh_unseen(unseen, trained, labels, progress)
    else:
        evidence = weigh_denoised(unseen, trained, options, device, progress)
    return unseen_corrections(unseen, rows, evidence, options), share


def unseen_corrections(
    unseen: UnseenRows, rows: GivenRows, evidence: RowEvidence, options: RelabelOptions
) -> Corrections:
    """Decide on rows that training has not seen.

    Args:
        unseen: the rows.
        rows: those that training has seen.
        evidence: for the rows that are used.
        options: of the decision.
    """
    blank = _without_label(unseen.labels[unseen.used])
    agreement = neighbour_agreement(
        rows.labelled.labels,
        unseen.nearest,
        unseen.used_images,
        np.where(blank, evidence.suggested, evidence.given),
    )
    return as_corrections(unseen, evidence, agreement, options)


def as_corrections(
    rows: GivenRows | UnseenRows,
    evidence: RowEvidence,
    agreement: npt.NDArray[np.float64],
    options: RelabelOptions,
) -> Corrections:
    """Decide on every row that has a label of a known class, predict one where it has none.

    Args:
        rows: R of them, of which U are used.
        evidence: for the U.
        agreement: (U,) the share of neighbours that were given a row's label.
        options: of the decision.
    """
    used, count = rows.used, len(rows.labels)
    given = rows.labels[used]
    known = evidence.given >= 0
    blank = ~known
    blank[blank] = _without_label(given[blank])
    unknown = ~known & ~blank
    action = np.full(len(used), REVIEW, dtype=object)
    action[blank & evidence.typical] = PREDICT
    action[known] = decide(evidence.of(known), options)
    suggested = np.array(rows.class_values, dtype=rows.labels.dtype)[evidence.suggested]
    moved = blank | (action == RELABEL)
    confidence = np.where(moved, evidence.best_confidence, evidence.self_confidence)
    reason = np.full(len(used), "", dtype=object)
    reason[~evidence.typical & (evidence.suggested != evidence.given)] = ATYPICAL
    reason[evidence.off_topic] = OFF_TOPIC
    reason[~evidence.supported] = INSUFFICIENT_SUPPORT
    reason[unknown] = UNKNOWN_LABEL
    # How far the label that stays may be right; one of no known class, as far as no other is.
    trust = np.where(unknown, 1 - evidence.best_confidence, confidence)
    numbers = np.full(count, np.nan)
    texts = np.full(count, None, dtype=object)
    return Corrections(
        label=_placed(np.where(moved, suggested, given), used, rows.labels),
        given_label=rows.labels,
        suggested_label=_placed(suggested, used, texts),
        confidence=_placed(confidence, used, numbers),
        self_confidence=_placed(evidence.self_confidence, used, numbers),
        neighbour_agreement=_placed(agreement.round(DECIMALS), used, numbers),
        action=_placed(action, used, np.full(count, QUARANTINED, dtype=object)),
        reason=_placed(reason, used, np.array(rows.reasons, dtype=object)),
        review_rank=_placed(review_order(action, trust), used, np.zeros(count, dtype=np.int64)),
    )


def _without_label(labels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """(n,) which labels are blank."""
    return np.array([not str(label).strip() for label in labels], dtype=bool)


def _placed(
    values: npt.NDArray[Any], used: npt.NDArray[np.int64], others: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """(R,) the values of the rows that are used, and what the others have."""
    placed = others.copy()
    placed[used] = values
    return placed
