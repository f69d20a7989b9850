"""Evidence as the paper has it: the denoised label vector, the given label left out."""

from labelfix.config import RelabelOptions
from labelfix.correction.confidence import class_probabilities
from labelfix.correction.given_rows import GivenRows
from labelfix.correction.judged import JudgedRows
from labelfix.correction.row_evidence import RowEvidence
from labelfix.correction.unseen_rows import UnseenRows
from labelfix.diffusion.denoiser import Denoiser
from labelfix.progress import Progress


def weigh_denoised(
    rows: GivenRows | UnseenRows,
    denoiser: Denoiser,
    options: RelabelOptions,
    device: str,
    progress: Progress,
) -> RowEvidence:
    """What the denoiser says of the rows that are used, whether it was trained on them or not."""
    images = rows.used_images
    judged = JudgedRows(rows.used_labels, rows.support)
    progress.begin("denoising labels", len(images), "rows")
    for start in range(0, len(images), options.batch_size):
        batch = slice(start, min(start + options.batch_size, len(images)))
        label_0 = denoiser.label_0(
            rows.vectors[images[batch]],
            None if rows.pixels is None else rows.pixels(images[batch]),
            steps=options.ddim_steps,
            batch_size=options.batch_size,
            device=device,
        )
        judged.add(batch, class_probabilities(label_0))
        progress.advance(len(label_0))
    return judged.evidence()
