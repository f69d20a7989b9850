"""The labels of a new batch, judged by what a reference has learned; nothing is trained."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.config import RelabelOptions
from labelfix.correction.relabelling import unseen_corrections
from labelfix.correction.unseen import Reading, weigh_unseen
from labelfix.data.corrections import Corrections
from labelfix.noise.batch_rate import BatchRate, batch_rate
from labelfix.noise.model import posterior
from labelfix.noise.sources import LabelSources
from labelfix.progress import Progress

TRUST = 0.65
"""The power of p(true | image) of new images: they are never quite like those of the reference,
of which denoisers are surer than they should be (coarsened posteriors, Miller and Dunson, JASA
2019)."""


@dataclass(frozen=True)
class JudgedBatch:
    """R rows of a batch.

    Attributes:
        corrections: for each row, the same whatever else is in the batch.
        rows: (L,) int64, the rows whose label is of a known class.
        rate: how many of their labels are wrong; None where there is none. Unlike the
            corrections it is learned from the whole batch.
        transition: (C, C) float64, P(given j | true i), as often as the rows have it.
    """

    corrections: Corrections
    rows: npt.NDArray[np.int64] = field(repr=False)
    rate: BatchRate | None
    transition: npt.NDArray[np.float64] = field(repr=False)


def judge_batch(
    reading: Reading, expected_wrong_rate: float, options: RelabelOptions, progress: Progress
) -> JudgedBatch:
    """Judge every row of a batch by its image, its label and the reference.

    How good the annotators of the reference were says nothing of those of the batch. So a label
    counts as one of which a share that was expected beforehand is wrong, and may be mistaken in
    any way that `LabelSources` knows.

    Args:
        reading: how the images of the batch are read.
        expected_wrong_rate: the share of wrong labels that a row is judged with, in (0, 1).
        options: of the decision.
        progress: is told of the work.
    """
    unseen = reading.unseen
    labels = _LabelsOfBatch(
        LabelSources(reading.learned.models.likely.transition), expected_wrong_rate
    )
    evidence, _, transition = weigh_unseen(unseen, reading, labels, progress)
    corrections = unseen_corrections(unseen, reading.rows, evidence, options)
    known = evidence.given >= 0
    rate = None
    if known.any():
        chances = np.concatenate(labels.chances)[: len(known)][known]
        rate = batch_rate(chances, reading.learned.wrong)
    return JudgedBatch(corrections, unseen.used[known], rate, transition)


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
