"""Evidence as in the paper: the denoised label vector alone, without the given label."""

import numpy as np
import numpy.typing as npt

from labelfix.methods.paper.denoiser import Denoiser
from labelfix.methods.row_evidence import JudgedRows, RowEvidence
from labelfix.methods.rows import GivenRows, UnseenRows
from labelfix.noise.belief import Belief
from labelfix.options.diffusion_options import PAPER_DDIM_STEPS
from labelfix.options.relabel_options import RelabelOptions
from labelfix.runtime.progress import Progress


def weigh_denoised(
    rows: GivenRows | UnseenRows,
    denoiser: Denoiser,
    options: RelabelOptions,
    device: str,
    progress: Progress,
) -> RowEvidence:
    """The denoiser's evidence for the used rows, in the training set or not."""
    images = rows.used_images
    judged = JudgedRows(rows.used_labels, rows.support)
    progress.begin("denoising labels", len(images), "rows")
    for start in range(0, len(images), options.batch_size):
        batch = slice(start, min(start + options.batch_size, len(images)))
        label_0 = denoiser.label_0(
            rows.vectors[images[batch]],
            None if rows.pixels is None else rows.pixels(images[batch]),
            steps=options.ddim_steps or PAPER_DDIM_STEPS,
            batch_size=options.batch_size,
            device=device,
        )
        given = rows.used_labels[batch]
        judged.add(batch, Belief.of_one(class_probabilities(label_0), given))
        progress.advance(len(label_0))
    return judged.evidence()


def class_probabilities(label_0: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The nearness to 1 of each entry of a denoised label vector, normalised.

    The label is the entry nearest 1 (Chen et al., NeurIPS 2023). Nearness falls linearly from 1
    to 0 over a distance of 1: an entry of 0 gets probability 0, and a vector of two entries of
    one half gives each class one half.

    Args:
        label_0: (n, C) float32.

    Returns:
        (n, C) float64, rows sum to 1.
    """
    nearness = np.clip(1 - np.abs(label_0.astype(np.float64) - 1), 0, 1)
    total = nearness.sum(axis=1, keepdims=True)
    uniform = np.full_like(nearness, 1 / nearness.shape[1])
    shares: npt.NDArray[np.float64] = np.divide(nearness, total, out=uniform, where=total > 0)
    return shares
