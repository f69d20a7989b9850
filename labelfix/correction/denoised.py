"""Evidence as the paper has it: the denoised label vector, the given label left out."""

import numpy as np

from labelfix.config import RelabelOptions
from labelfix.correction.confidence import class_probabilities
from labelfix.correction.given_rows import GivenRows
from labelfix.correction.row_evidence import LEAST_SUPPORT, RowEvidence, best_supported
from labelfix.data.corrections import DECIMALS
from labelfix.diffusion.denoiser import Denoiser
from labelfix.progress import Progress


def weigh_denoised(
    rows: GivenRows, denoiser: Denoiser, options: RelabelOptions, device: str, progress: Progress
) -> RowEvidence:
    """What the denoiser says of the rows that are used, batch by batch: never (R, C) at once."""
    given = rows.used_labels
    images = rows.used_images
    too_few = rows.support < LEAST_SUPPORT
    suggested = np.empty(len(given), dtype=np.int64)
    self_confidence = np.empty(len(given))
    best_confidence = np.empty(len(given))
    progress.begin("denoising labels", len(given), "rows")
    for start in range(0, len(given), options.batch_size):
        batch = slice(start, start + options.batch_size)
        label_0 = denoiser.label_0(
            rows.vectors[images[batch]],
            steps=options.ddim_steps,
            batch_size=options.batch_size,
            device=device,
        )
        probabilities = class_probabilities(label_0)  # (n, C)
        each = np.arange(len(probabilities))
        suggested[batch] = best_supported(probabilities, given[batch], too_few)
        self_confidence[batch] = probabilities[each, given[batch]]
        best_confidence[batch] = probabilities[each, suggested[batch]]
        progress.advance(len(each))
    best_confidence = best_confidence.round(DECIMALS)
    return RowEvidence(
        given,
        suggested,
        self_confidence.round(DECIMALS),
        best_confidence,
        cautious_confidence=best_confidence,
        supported=~too_few[given],
        typical=np.ones(len(given), dtype=bool),
    )
