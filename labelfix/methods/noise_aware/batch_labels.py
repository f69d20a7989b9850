"""The labels of a new batch, judged by what a reference has learned; nothing is trained."""

import numpy as np
import numpy.typing as npt

from labelfix.methods.method import UnseenEvidence
from labelfix.methods.noise_aware.unseen_images import Reading, weigh_unseen
from labelfix.noise.batch_rate import batch_mixture, batch_rate, source_chances
from labelfix.noise.candidates import Candidates
from labelfix.noise.hypotheses import NoiseModel
from labelfix.runtime.progress import Progress


def weigh_batch(reading: Reading, expected_wrong_rate: float, progress: Progress) -> UnseenEvidence:
    """Judge every row of a batch by its image, its label and the reference.

    Args:
        reading: how the images of the batch are read.
        expected_wrong_rate: the share of wrong labels that a row is judged with, in (0, 1); where
            more of the reference's are wrong, as many.
        progress: shows how far the work is.

    Returns:
        For each row the same evidence whatever else is in the batch. The rate, None where no
        label is of a known class, is learned from the whole batch.
    """
    learned, unseen = reading.learned, reading.unseen
    wrong_rate = max(expected_wrong_rate, learned.wrong.share)
    mixture = batch_mixture(learned.model.best, wrong_rate)
    model = NoiseModel([mixture], np.array([1.0, 0.0]), 1.0, learned.model.scale)
    chances: list[npt.NDArray[np.float64]] = []

    def listen(candidates: Candidates) -> None:
        chances.append(source_chances(candidates, mixture))

    evidence, _, transition = weigh_unseen(unseen, reading, model, progress, listen)
    known = evidence.given >= 0
    rate = None
    if known.any():
        said = None if unseen.audits is None else unseen.audits.classes[unseen.used_images][known]
        rate = batch_rate(
            np.concatenate(chances)[known], learned.wrong, evidence.given[known], said
        )
    return UnseenEvidence(evidence, rate=rate, transition=transition)
