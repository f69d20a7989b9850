"""p(true label | image) of images that training has not seen, and what it says of their labels."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelfix.correction.given_rows import GivenRows
from labelfix.correction.judged import JudgedRows
from labelfix.correction.noise_aware import known_elsewhere, learn_noise, least_nearness
from labelfix.correction.row_evidence import RowEvidence
from labelfix.correction.true_labels import ROWS_AT_ONCE, mean_posterior, to_posteriors
from labelfix.correction.unseen_rows import UnseenRows
from labelfix.diffusion.cross_fit import CrossFit
from labelfix.diffusion.one_step import probabilities
from labelfix.noise.estimate import WrongShare
from labelfix.noise.evidence import Mixing
from labelfix.noise.folds import near_duplicates
from labelfix.noise.model import NoiseModel, posterior
from labelfix.progress import Progress

ROWS_HELD = 64 * ROWS_AT_ONCE
"""Rows whose probabilities are held at once while one denoiser after the other is asked."""


def weigh_unseen(
    unseen: UnseenRows, rows: GivenRows, fit: CrossFit, device: str, progress: Progress
) -> tuple[RowEvidence, WrongShare | None]:
    """p(true | image, given) of rows that training has not seen; p(true | image) without a label.

    All is computed in blocks of one size, filled up with the first row: what is found for a row
    is the same to the bit whatever stands beside it.

    Args:
        unseen: the rows.
        rows: those that training has seen.
        fit: trained on these.
        device: `cpu` or `cuda`.
        progress: is told of the work.

    Returns:
        The evidence for the rows that are used, and the share of wrong labels among those whose
        label is of a known class; None where there is none.
    """
    believed, models = learn_noise(rows, fit, device, progress)
    images, given = unseen.used_images, unseen.used_labels
    reading = _Reading(unseen, rows, fit, believed.mixing, believed.voters, device)
    judged = JudgedRows(given, unseen.support)
    progress.begin("judging images", len(given), "rows")
    for first in range(0, len(given), ROWS_HELD):
        held = images[first : first + ROWS_HELD]
        log_true = reading.log_true(held)
        for start in range(0, len(held), ROWS_AT_ONCE):
            batch = slice(first + start, min(first + start + ROWS_AT_ONCE, len(given)))
            labels = _filled(given[batch])
            block = log_true[start : start + ROWS_AT_ONCE]
            found = (_posterior(model, block, labels) for model in models)
            judged.add(batch, *(each[: batch.stop - batch.start] for each in found))
            progress.advance(batch.stop - batch.start)
    evidence = judged.evidence(
        _known_to_judge(unseen, rows, fit),
        unseen.nearest.similarities.mean(axis=1)[images] >= least_nearness(rows)[judged.suggested],
    )
    share = judged.shares.finish()[-1]
    return evidence, share if share.rows else None


@dataclass(frozen=True)
class _Reading:
    """How the denoisers read images that training has not seen."""

    unseen: UnseenRows
    rows: GivenRows
    fit: CrossFit
    mixing: Mixing
    voters: int
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
                retrieved = mean_posterior(read, places, voting, block, self.voters)
                mixed = np.exp(self.mixing.log_true(own[block], retrieved))
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


def _posterior(
    model: NoiseModel, log_true: npt.NDArray[np.float64], given: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """(n, C) what is to be believed of each image, with its label where that is not -1."""
    said = model.log_likelihood(log_true, np.maximum(given, 0))
    said[given < 0] = 0
    return posterior(log_true, said)


def _filled(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Some rows, and row 0 as often as it takes for whole blocks."""
    return np.pad(rows, (0, -len(rows) % ROWS_AT_ONCE))
