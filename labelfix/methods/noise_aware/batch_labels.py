"""The labels of a new batch, judged by what a reference has learned; nothing is trained."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.methods.method import UnseenEvidence
from labelfix.methods.noise_aware.unseen_images import Reading, weigh_unseen
from labelfix.noise.batch_rate import batch_rate
from labelfix.noise.model import posterior
from labelfix.noise.sources import LabelSources
from labelfix.progress import Progress

TRUST = 0.65
"""The power of p(true | image) of new images: they are never quite like those of the reference,
of which denoisers are surer than they should be (coarsened posteriors, Miller and Dunson, JASA
2019)."""


def weigh_batch(reading: Reading, expected_wrong_rate: float, progress: Progress) -> UnseenEvidence:
    """Judge every row of a batch by its image, its label and the reference.

    How good the annotators of the reference were says nothing of those of the batch. So a label
    counts as one of which a share that was expected beforehand is wrong, and may be mistaken in
    any way that `LabelSources` knows.

    Args:
        reading: how the images of the batch are read.
        expected_wrong_rate: the share of wrong labels that a row is judged with, in (0, 1); where
            more of the reference's are wrong, as many.
        progress: is told of the work.

    Returns:
        For each row the same evidence whatever else is in the batch. The rate, None where no
        label is of a known class, is learned from the whole batch.
    """
    wrong_rate = max(expected_wrong_rate, reading.learned.wrong.share)
    labels = _LabelsOfBatch(LabelSources(reading.learned.models.likely.transition), wrong_rate)
    evidence, _, transition = weigh_unseen(reading.unseen, reading, labels, progress)
    known = evidence.given >= 0
    rate = None
    if known.any():
        chances = np.concatenate(labels.chances)[: len(known)][known]
        rate = batch_rate(chances, reading.learned.wrong)
    return UnseenEvidence(evidence, rate=rate, transition=transition)


@dataclass
class _LabelsOfBatch:
    """What the labels of a batch say, and for each block of them where they may come from."""

    sources: LabelSources
    wrong_rate: float
    chances: list[npt.NDArray[np.float64]] = field(default_factory=list)

    def posteriors(
        self, log_true: npt.NDArray[np.float64], given: npt.NDArray[np.int64]
    ) -> list[npt.NDArray[np.float64]]:
        """As `UnseenLabels` has it."""
        labels = np.maximum(given, 0)
        self.chances.append(self.sources.chances(np.exp(log_true), labels))
        trusted = TRUST * log_true
        trusted -= np.log(np.exp(trusted).sum(axis=1, keepdims=True))
        said = self.sources.log_likelihood(trusted, labels, self.wrong_rate)
        said[given < 0] = 0
        return [posterior(trusted, said)]
