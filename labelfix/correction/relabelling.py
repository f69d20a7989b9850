"""Corrections for every row, from a training and the neighbours."""

import numpy as np
import numpy.typing as npt

from labelfix.config import RelabelOptions
from labelfix.correction.decision import decide, review_order
from labelfix.correction.denoised import weigh_denoised
from labelfix.correction.given_rows import GivenRows
from labelfix.correction.noise_aware import weigh_posteriors
from labelfix.data.corrections import DECIMALS, QUARANTINED, RELABEL, Corrections
from labelfix.diffusion.cross_fit import CrossFit
from labelfix.diffusion.denoiser import Denoiser
from labelfix.noise.estimate import NoiseEstimate
from labelfix.progress import Progress
from labelfix.retrieval.labels import neighbour_agreement

INSUFFICIENT_SUPPORT = "insufficient_support"
ATYPICAL = "atypical"


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
    used, count = rows.used, len(rows.labels)
    action = np.full(count, QUARANTINED, dtype=object)
    action[used] = decide(evidence, options)
    class_values = np.array(rows.class_values, dtype=rows.labels.dtype)
    suggested = np.full(count, None, dtype=object)
    suggested[used] = class_values[evidence.suggested]
    changed = action == RELABEL
    label = rows.labels.copy()
    label[changed] = suggested[changed]
    self_confidence = _for_all_rows(evidence.self_confidence, used, count)
    best_confidence = _for_all_rows(evidence.best_confidence, used, count)
    agreement = neighbour_agreement(
        rows.labelled.labels, rows.neighbours, rows.used_images, rows.used_labels
    )
    reason = np.array(rows.reasons, dtype=object)
    reason[used[~evidence.typical & (evidence.suggested != evidence.given)]] = ATYPICAL
    reason[used[~evidence.supported]] = INSUFFICIENT_SUPPORT
    corrections = Corrections(
        label=label,
        given_label=rows.labels,
        suggested_label=suggested,
        confidence=np.where(changed, best_confidence, self_confidence),
        self_confidence=self_confidence,
        neighbour_agreement=_for_all_rows(agreement, used, count),
        action=action,
        reason=reason,
        review_rank=review_order(action, self_confidence),
    )
    return corrections, estimate


def _for_all_rows(
    values: npt.NDArray[np.float64], used: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.float64]:
    """(R,) the values of the used rows, rounded, and NaN for the others."""
    spread = np.full(count, np.nan)
    spread[used] = values.round(DECIMALS)
    return spread
