"""p(true label | image) and label posteriors of images outside the training set."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from labelfix.data.shares import WrongShare
from labelfix.methods.method import UnseenEvidence
from labelfix.methods.noise_aware.cross_fit import CrossFit
from labelfix.methods.noise_aware.label_denoiser import probabilities
from labelfix.methods.noise_aware.posteriors import known_elsewhere
from labelfix.methods.noise_aware.true_labels import (
    ROWS_AT_ONCE,
    mean_posterior,
    to_posteriors,
    votes,
)
from labelfix.methods.row_evidence import JudgedRows, RowEvidence, read_text
from labelfix.methods.rows import GivenRows, UnseenRows
from labelfix.noise.audits import Discrepancy, said_of
from labelfix.noise.batch_rate import batch_mixture, batch_rate, source_chances
from labelfix.noise.belief import transition_of
from labelfix.noise.candidates import Candidates
from labelfix.noise.estimate import LearnedNoise
from labelfix.noise.folds import near_duplicates
from labelfix.noise.hypotheses import NoiseModel
from labelfix.noise.wrong_shares import WrongShares
from labelfix.runtime.progress import Progress

ROWS_HELD = 64 * ROWS_AT_ONCE
"""Rows processed at once while the denoisers run one after the other."""


def weigh_unseen(
    unseen: UnseenRows,
    reading: "Reading",
    model: NoiseModel,
    progress: Progress,
    listener: Callable[[Candidates], None] = lambda _: None,
) -> tuple[RowEvidence, WrongShare | None, npt.NDArray[np.float64]]:
    """p(true | image, given) of rows outside the training set; p(true | image) without a label.

    Blocks have one size and are padded with the first row, so the result for a row is the same to
    the bit whatever rows are beside it.

    Args:
        unseen: the rows.
        reading: reads their images.
        model: of the noise in their labels.
        progress: reports progress.
        listener: receives the candidates of every block, without padding.

    Returns:
        The evidence for the used rows; the share of wrong labels among those of a known class,
        None if there are none; and the (C, C) noise transition matrix of their labels.
    """
    images, given = unseen.used_images, unseen.used_labels
    judged = JudgedRows(given, unseen.support)
    shares = WrongShares(len(unseen.support), model.weights, Discrepancy())
    progress.begin("judging images", len(given), "rows")
    for first in range(0, len(given), ROWS_HELD):
        held = images[first : first + ROWS_HELD]
        log_true = reading.log_true(held)
        for start in range(0, len(held), ROWS_AT_ONCE):
            batch = slice(first + start, min(first + start + ROWS_AT_ONCE, len(given)))
            count = batch.stop - batch.start
            block = log_true[start : start + ROWS_AT_ONCE]
            candidates = model.scale.candidates(block, _filled(given[batch]))
            belief = model.believe(candidates).first(count)
            listener(candidates.of(np.arange(count)))
            labelled = given[batch] >= 0
            said = said_of(unseen.audits, images[batch])
            shares.add_judged(given[batch][labelled], belief.right[:, labelled], said[labelled])
            judged.add(batch, belief.answered(given[batch], said))
            progress.advance(count)
    least, nearness = reading.learned.least_nearness, unseen.nearest.similarities.mean(axis=1)
    evidence = judged.evidence(
        _known_to_judge(unseen, reading.rows, reading.fit),
        typical=least.typical(nearness[images], judged.suggested),
        off_topic=least.off_topic(nearness[images], judged.suggested),
    )
    if reading.learned.text is not None:
        text = read_text(reading.learned.text, unseen.vectors, images)
        evidence = replace(evidence, text=text)
    share = shares.finish()[-1]
    return evidence, share if share.rows else None, transition_of(judged.counts)


@dataclass(frozen=True)
class Reading:
    """Reads images outside the training set with the denoisers.

    Attributes:
        unseen: the rows of these images.
        rows: the training rows.
        fit: trained on these.
        learned: the noise in their labels.
        device: `cpu` or `cuda`.
    """

    unseen: UnseenRows
    rows: GivenRows
    fit: CrossFit
    learned: LearnedNoise
    device: str

    def log_true(self, images: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """(n, C) log p(true | image) of n images, padded to whole blocks.

        The mean over all denoisers, since none of them saw the image. If the image has a copy in
        the training set, only the denoiser that did not see the copy counts, and the copy does
        not vote.
        """
        images = _filled(images)
        nearest = self.unseen.nearest
        voting = (~near_duplicates(nearest) & votes(nearest, self.rows.audits))[images]
        neighbours, places = np.unique(nearest.indices[images], return_inverse=True)
        places = places.reshape(voting.shape)  # (n, K), among the neighbours
        asked = _filled(neighbours)
        judges = self._judges(images)  # (n, F)
        true = np.zeros((len(images), len(self.fit.transition)))
        for fold, network in enumerate(self.fit.networks):
            read = probabilities(network, self.rows.vectors, self.device, asked, self.fit.steps)
            labels = self.rows.labelled.labels[asked]
            to_posteriors(read, labels, self.fit.transition, self.rows.audits, asked)
            own = probabilities(network, self.unseen.vectors, self.device, images, self.fit.steps)
            for start in range(0, len(images), ROWS_AT_ONCE):
                block = np.arange(start, start + ROWS_AT_ONCE)
                retrieved = mean_posterior(read, places, voting, block, self.learned.voters)
                mixed = np.exp(self.learned.mixing.log_true(own[block], retrieved))
                true[block] += judges[block, fold, None] * mixed
        found = np.log(true)
        view = self.learned.text
        if view is not None and view.counts:
            for start in range(0, len(images), ROWS_AT_ONCE):
                part = slice(start, start + ROWS_AT_ONCE)
                found[part] = view.join(found[part], self.unseen.vectors[images[part]])
        return found

    def _judges(self, images: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """(n, F) the weight of each fold's denoiser for each image; rows sum to 1."""
        folds = len(self.fit.networks)
        judges = np.full((len(images), folds), 1 / folds)
        copied = near_duplicates(self.unseen.nearest)[images, 0]  # the nearest, if any
        fold = self.fit.folds[self.unseen.nearest.indices[images, 0]]
        judges[copied] = np.eye(folds)[fold[copied]]
        return judges


def _known_to_judge(unseen: UnseenRows, rows: GivenRows, fit: CrossFit) -> npt.NDArray[np.bool_]:
    """(U,) whether the denoisers of a row have seen its given class; all together have."""
    images, given = unseen.used_images, unseen.used_labels
    known = np.ones(len(given), dtype=bool)
    alone = near_duplicates(unseen.nearest)[images, 0] & (given >= 0)
    copies = unseen.nearest.indices[images, 0]
    known[alone] = known_elsewhere(rows.labelled.labels, fit.folds, copies[alone], given[alone])
    return known


def _filled(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The rows, padded with row 0 to whole blocks."""
    return np.pad(rows, (0, -len(rows) % ROWS_AT_ONCE))


def weigh_batch(reading: Reading, expected_wrong_rate: float, progress: Progress) -> UnseenEvidence:
    """Judge every row of a batch by its image, its label and the reference.

    Args:
        reading: reads the images of the batch.
        expected_wrong_rate: the assumed share of wrong labels, in (0, 1); the reference's own
            share if that is larger.
        progress: reports progress.

    Returns:
        The evidence for a row, which does not depend on the rest of the batch. The rate is
        estimated from the whole batch; None if no label is of a known class.
    """
    learned, unseen = reading.learned, reading.unseen
    wrong_rate = max(expected_wrong_rate, learned.wrong.share)
    mixture = batch_mixture(learned.model.best, wrong_rate)
    only = np.array([1.0, 0.0])
    model = replace(learned.model, mixtures=[mixture], weights=only, sharpness_if_right=1.0)
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
