"""Corrections for every row, by a judge and the neighbours."""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from labelfix.correction.decision import as_corrections, without_label
from labelfix.correction.verification import with_answers
from labelfix.data.corrections import Corrections
from labelfix.data.shares import WrongShare
from labelfix.methods.method import Judge
from labelfix.methods.rows import GivenRows, SeenRows, UnseenRows
from labelfix.noise.batch_rate import BatchRate
from labelfix.noise.estimate import NoiseEstimate
from labelfix.options.relabel_options import RelabelOptions
from labelfix.retrieval.labels import neighbour_agreement
from labelfix.runtime.progress import Progress


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
