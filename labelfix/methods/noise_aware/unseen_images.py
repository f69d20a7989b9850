"""p(true label | image) of images that training has not seen, and what it says of their labels."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from labelfix.methods.noise_aware.cross_fit import CrossFit
from labelfix.methods.noise_aware.one_step import probabilities
from labelfix.methods.noise_aware.posteriors import known_elsewhere
from labelfix.methods.noise_aware.true_labels import ROWS_AT_ONCE, mean_posterior, to_posteriors
from labelfix.methods.row_evidence import JudgedRows, RowEvidence
from labelfix.methods.rows import GivenRows, UnseenRows
from labelfix.noise.estimate import LearnedNoise, WrongShare
from labelfix.noise.folds import near_duplicates
from labelfix.noise.model import NoiseModels, posterior
from labelfix.progress import Progress

ROWS_HELD = 64 * ROWS_AT_ONCE
"""Rows whose probabilities are held at once while one denoiser after the other is asked."""


class UnseenLabels(Protocol):
    """What the labels of rows that training has not seen say."""

    def posteriors(
        self, log_true: npt.NDArray[np.float64], given: npt.NDArray[np.int64]
    ) -> list[npt.NDArray[np.float64]]:
        """(n, C) p(true | image, given) of n rows: what is likely; then under least, most noise.

        Args:
            log_true: (n, C) the logarithm of p(true | image).
            given: (n,) int64, the class of each label; -1 for none, which says nothing. The last
                block is filled up, with labels of no meaning.
        """


@dataclass(frozen=True)
class AsLearned:
    """They say as much as the labels that training has seen."""

    models: NoiseModels

    def posteriors(
        self, log_true: npt.NDArray[np.float64], given: npt.NDArray[np.int64]
    ) -> list[npt.NDArray[np.float64]]:
        """As `UnseenLabels` has it."""
        found = []
        for model in self.models:
            said = model.log_likelihood(log_true, np.maximum(given, 0))
            said[given < 0] = 0
            found.append(posterior(log_true, said))
        return found


def weigh_unseen(
    unseen: UnseenRows,
    reading: "Reading",
    labels: UnseenLabels,
    progress: Progress,
) -> tuple[RowEvidence, WrongShare | None, npt.NDArray[np.float64]]:
    """p(true | image, given) of rows that training has not seen; p(true | image) without a label.

    All is computed in blocks of one size, filled up with the first row: what is found for a row
    is the same to the bit whatever stands beside it.

    Args:
        unseen: the rows.
        reading: how their images are read.
        labels: what their labels say.
        progress: is told of the work.

    Returns:
        The evidence for the rows that are used; the share of wrong labels among those whose label
        is of a known class, None where there is none; and (C, C) which labels they were given.
    """
    images, given = unseen.used_images, unseen.used_labels
    judged = JudgedRows(given, unseen.support)
    progress.begin("judging images", len(given), "rows")
    for first in range(0, len(given), ROWS_HELD):
        held = images[first : first + ROWS_HELD]
        log_true = reading.log_true(held)
        for start in range(0, len(held), ROWS_AT_ONCE):
            batch = slice(first + start, min(first + start + ROWS_AT_ONCE, len(given)))
            block = log_true[start : start + ROWS_AT_ONCE]
            found = labels.posteriors(block, _filled(given[batch]))
            judged.add(batch, *(each[: batch.stop - batch.start] for each in found))
            progress.advance(batch.stop - batch.start)
    least, nearness = reading.learned.least_nearness, unseen.nearest.similarities.mean(axis=1)
    evidence = judged.evidence(
        _known_to_judge(unseen, reading.rows, reading.fit),
        typical=least.typical(nearness[images], judged.suggested),
        off_topic=least.off_topic(nearness[images], judged.suggested),
    )
    share = judged.shares.finish()[-1]
    return evidence, share if share.rows else None, judged.transition


@dataclass(frozen=True)
class Reading:
    """How the denoisers read images that training has not seen.

    Attributes:
        unseen: the rows of these images.
        rows: those that training has seen.
        fit: trained on these.
        learned: of the noise in their labels.
        device: `cpu` or `cuda`.
    """

    unseen: UnseenRows
    rows: GivenRows
    fit: CrossFit
    learned: LearnedNoise
    device: str

    def log_true(self, images: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """(n, C) the logarithm of p(true | image) of n images; of more, to fill the last block.

        Every denoiser reads an image and its neighbours, and the mean of what they find counts:
        none of them saw it. Of an image that has a copy among those that were seen, only the
        denoiser that did not see the copy is asked, and the copy does not vote.
        """
        images = _filled(images)
        nearest = self.unseen.nearest
        voting = ~near_duplicates(nearest)[images]
        neighbours, places = np.unique(nearest.indices[images], return_inverse=True)
        places = places.reshape(voting.shape)  # (n, K), among the neighbours
        asked = _filled(neighbours)
        judges = self._judges(images)  # (n, F)
        true = np.zeros((len(images), len(self.fit.transition)))
        for fold, network in enumerate(self.fit.networks):
            read = probabilities(network, self.rows.vectors, self.device, asked)
            to_posteriors(read, self.rows.labelled.labels[asked], self.fit.transition)
            own = probabilities(network, self.unseen.vectors, self.device, images)
            for start in range(0, len(images), ROWS_AT_ONCE):
                block = np.arange(start, start + ROWS_AT_ONCE)
                retrieved = mean_posterior(read, places, voting, block, self.learned.voters)
                mixed = np.exp(self.learned.mixing.log_true(own[block], retrieved))
                true[block] += judges[block, fold, None] * mixed
        return np.log(true)

    def _judges(self, images: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """(n, F) how much the denoiser of each fold counts for each image; rows sum to 1."""
        folds = len(self.fit.networks)
        judges = np.full((len(images), folds), 1 / folds)
        copied = near_duplicates(self.unseen.nearest)[images, 0]  # the nearest, if any
        fold = self.fit.folds[self.unseen.nearest.indices[images, 0]]
        judges[copied] = np.eye(folds)[fold[copied]]
        return judges


def _known_to_judge(unseen: UnseenRows, rows: GivenRows, fit: CrossFit) -> npt.NDArray[np.bool_]:
    """(U,) whether who judges a row has seen its given class; all denoisers together have."""
    images, given = unseen.used_images, unseen.used_labels
    known = np.ones(len(given), dtype=bool)
    alone = near_duplicates(unseen.nearest)[images, 0] & (given >= 0)
    copies = unseen.nearest.indices[images, 0]
    known[alone] = known_elsewhere(rows.labelled.labels, fit.folds, copies[alone], given[alone])
    return known


def _filled(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Some rows, and row 0 as often as it takes for whole blocks."""
    return np.pad(rows, (0, -len(rows) % ROWS_AT_ONCE))
