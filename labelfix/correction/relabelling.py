"""Corrections for every row, from a denoiser and the neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.config import RelabelOptions
from labelfix.correction.confidence import class_probabilities
from labelfix.correction.decision import RowEvidence, decide
from labelfix.data.corrections import DECIMALS, QUARANTINED, RELABEL, Corrections
from labelfix.data.joined import LabelledImages
from labelfix.data.neighbours import Neighbours
from labelfix.diffusion.denoiser import Denoiser
from labelfix.progress import Progress
from labelfix.retrieval.labels import neighbour_agreement

INSUFFICIENT_SUPPORT = "insufficient_support"
LEAST_SUPPORT = 2
"""Images that a class needs before its labels are judged, or suggested to others."""


@dataclass(frozen=True)
class GivenRows:
    """R rows to be corrected, and the N images that they stand for.

    Attributes:
        vectors: (N, D) float32 of length 1.
        neighbours: of the N images.
        labelled: the given labels of images and rows.
        labels: (R,) the user's labels as they were given, text or integers.
        class_values: the user's label for each of the C classes.
        reasons: R texts, why a row without an image is not used.
    """

    vectors: npt.NDArray[np.float32] = field(repr=False)
    neighbours: Neighbours
    labelled: LabelledImages
    labels: npt.NDArray[Any] = field(repr=False)
    class_values: Sequence[Any]
    reasons: Sequence[str] = field(repr=False)


def correct_rows(
    rows: GivenRows, denoiser: Denoiser, options: RelabelOptions, device: str, progress: Progress
) -> Corrections:
    """Denoise the label of every image and decide on every row.

    Args:
        rows: what is to be corrected.
        denoiser: trained on these images.
        options: of the decision.
        device: `cpu` or `cuda`.
        progress: is told of every batch.

    Returns:
        A correction for each row, in the order of the rows.
    """
    used = np.flatnonzero(rows.labelled.row_images >= 0)
    evidence = _weigh(rows, used, denoiser, options, device, progress)
    action = np.full(len(rows.labels), QUARANTINED, dtype=object)
    action[used] = decide(evidence, options)
    class_values = np.array(rows.class_values, dtype=rows.labels.dtype)
    suggested = np.full(len(rows.labels), None, dtype=object)
    suggested[used] = class_values[evidence.suggested]
    changed = action == RELABEL
    label = rows.labels.copy()
    label[changed] = suggested[changed]
    self_confidence = _for_all_rows(evidence.self_confidence, used, len(label))
    best_confidence = _for_all_rows(evidence.best_confidence, used, len(label))
    agreement = neighbour_agreement(
        rows.labelled.labels,
        rows.neighbours,
        rows.labelled.row_images[used],
        rows.labelled.row_labels[used],
    )
    reason = np.array(rows.reasons, dtype=object)
    reason[used[~evidence.supported]] = INSUFFICIENT_SUPPORT
    return Corrections(
        label=label,
        given_label=rows.labels,
        suggested_label=suggested,
        confidence=np.where(changed, best_confidence, self_confidence),
        self_confidence=self_confidence,
        neighbour_agreement=_for_all_rows(agreement, used, len(label)),
        action=action,
        reason=reason,
    )


def _weigh(
    rows: GivenRows,
    used: npt.NDArray[np.int64],
    denoiser: Denoiser,
    options: RelabelOptions,
    device: str,
    progress: Progress,
) -> RowEvidence:
    """What the denoiser says of the rows that are used, batch by batch: never (R, C) at once."""
    given = rows.labelled.row_labels[used]
    images = rows.labelled.row_images[used]
    support = np.bincount(rows.labelled.labels, minlength=len(rows.class_values))
    too_few = support < LEAST_SUPPORT
    suggested = np.empty(len(used), dtype=np.int64)
    self_confidence = np.empty(len(used))
    best_confidence = np.empty(len(used))
    progress.begin("denoising labels", len(used), "rows")
    for start in range(0, len(used), options.batch_size):
        batch = slice(start, start + options.batch_size)
        label_0 = denoiser.label_0(
            rows.vectors[images[batch]],
            steps=options.ddim_steps,
            batch_size=options.batch_size,
            device=device,
        )
        probabilities = class_probabilities(label_0)  # (n, C)
        each = np.arange(len(probabilities))
        self_confidence[batch] = probabilities[each, given[batch]]
        probabilities[:, too_few] = -1  # a class of one image is suggested to no other
        best = probabilities.argmax(axis=1)
        best = np.where(too_few[given[batch]], given[batch], best)
        suggested[batch] = best
        best_confidence[batch] = np.where(
            best == given[batch], self_confidence[batch], probabilities[each, best]
        )
        progress.advance(len(each))
    return RowEvidence(
        given,
        suggested,
        self_confidence.round(DECIMALS),
        best_confidence.round(DECIMALS),
        supported=~too_few[given],
    )


def _for_all_rows(
    values: npt.NDArray[np.float64], used: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.float64]:
    """(R,) the values of the used rows, rounded, and NaN for the others."""
    spread = np.full(count, np.nan)
    spread[used] = values.round(DECIMALS)
    return spread
