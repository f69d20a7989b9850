"""p(true label | image) of every image, by denoisers that did not see its own label."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from labelfix.data.audited_labels import OTHER
from labelfix.data.neighbours import NearestImages, Neighbours
from labelfix.methods.noise_aware.cross_fit import CrossFit
from labelfix.methods.noise_aware.label_denoiser import probabilities
from labelfix.methods.rows import GivenRows
from labelfix.noise.audits import ImageAudits
from labelfix.noise.evidence import Mixing, fit_mixing, is_beyond_chance, rows_to_fit
from labelfix.noise.folds import near_duplicates
from labelfix.noise.text_view import TextView, fit_text_view
from labelfix.progress import Progress

ROWS_AT_ONCE = 1024
LEAST = 1e-6


@dataclass(frozen=True)
class TrueLabels:
    """What is believed of N images before their own given labels are looked at.

    Attributes:
        log_probabilities: (N, C) float32, the logarithm of p(true | image).
        mixing: how the image's own probabilities and its neighbours' posteriors were made one.
        voters: how many of the neighbours vote.
        text: the class vectors that count in it; None where there are none.
    """

    log_probabilities: npt.NDArray[np.float32] = field(repr=False)
    mixing: Mixing
    voters: int
    text: TextView | None = None

    def without_text(
        self, vectors: npt.NDArray[np.float32], images: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        """(n, C) the logarithm of p(true | image) of some images, by what labels teach alone."""
        found = self.log_probabilities[images]
        return found if self.text is None else self.text.without(found, vectors[images])


def true_labels(rows: GivenRows, fit: CrossFit, device: str, progress: Progress) -> TrueLabels:
    """Retrieve the neighbours' posteriors and mix them with the image's own probabilities.

    An image of fold f and its neighbours are read by denoiser f alone, and the image's own label
    is in none of it: given labels are held out throughout, so that their likelihood can choose
    how many neighbours vote and how much they count, and how much class vectors do.

    Args:
        rows: of the N images; copies of an image do not vote, nor do images of no class.
        fit: of these images.
        device: `cpu` or `cuda`.
        progress: is told of every fold.
    """
    labels, neighbours, audits = rows.labelled.labels, rows.neighbours, rows.audits
    count, classes = len(labels), len(fit.transition)
    voting = ~near_duplicates(neighbours) & votes(neighbours, audits)
    found = np.empty((count, classes), dtype=np.float32)
    progress.begin("retrieving posteriors", count, "images")
    for fold, network in enumerate(fit.networks):
        of_fold = np.flatnonzero(fit.folds == fold)
        read = probabilities(network, rows.vectors, device, steps=fit.steps)  # (N, C)
        own = read[of_fold]
        to_posteriors(read, labels, fit.transition, audits)
        if fold == 0:
            some = rows_to_fit(len(of_fold), classes)
            held_out = labels[of_fold[some]]
            retrieve = partial(mean_posterior, read, neighbours.indices, voting, of_fold[some])
            every = int(neighbours.indices.shape[1])
            choices = (every, max(1, every // 2))
            voters, mixing = _choose(own[some], held_out, fit.transition, choices, retrieve)
            mixing = mixing.sharper(fit.effective_views)
            del retrieve  # it holds what was read
        for start in range(0, len(of_fold), ROWS_AT_ONCE):
            batch = slice(start, start + ROWS_AT_ONCE)
            retrieved = mean_posterior(read, neighbours.indices, voting, of_fold[batch], voters)
            found[of_fold[batch]] = mixing.log_true(own[batch], retrieved)
        del read  # of (N, C) there are never more than two at once
        progress.advance(len(of_fold))
    if rows.class_vectors is None:
        return TrueLabels(found, mixing, voters)
    return TrueLabels(found, mixing, voters, _join_text(rows, rows.class_vectors, found))


def _join_text(
    rows: GivenRows, class_vectors: npt.NDArray[np.float32], found: npt.NDArray[np.float32]
) -> TextView:
    """Put what class vectors say into (N, C) log p(true | image), in place."""
    labels = rows.labelled.labels
    taught = np.arange(len(labels))
    if rows.audits is not None:
        taught = np.flatnonzero(~rows.audits.settled)
    view = fit_text_view(found, rows.vectors, labels, class_vectors, taught)
    for start in range(0, len(found) if view.counts else 0, ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        found[block] = view.join(found[block], rows.vectors[block])
    return view


def votes(
    nearest: Neighbours | NearestImages, audits: ImageAudits | None
) -> npt.NDArray[np.bool_] | bool:
    """(M, K) which neighbours are of a class, as far as persons have said."""
    return True if audits is None else audits.classes[nearest.indices] != OTHER


def to_posteriors(
    read: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    transition: npt.NDArray[np.float64],
    audits: ImageAudits | None = None,
    images: npt.NDArray[np.int64] | None = None,
) -> None:
    """Turn (n, C) p(true | image) into p(true | image, given), in place.

    Args:
        read: (n, C).
        labels: (n,) int64, the given classes.
        transition: (C, C), P(given j | true i).
        audits: what persons have said; a class that was verified is certain.
        images: (n,) int64, which of the audited images they are; None where they are all.
    """
    for start in range(0, len(read), ROWS_AT_ONCE):
        block = read[start : start + ROWS_AT_ONCE]
        joint = (block + LEAST) * transition[:, labels[start : start + ROWS_AT_ONCE]].T
        block[:] = joint / joint.sum(axis=1, keepdims=True)
    if audits is not None:
        said = audits.classes if images is None else audits.classes[images]
        verified = np.flatnonzero(said >= 0)
        read[verified] = 0
        read[verified, said[verified]] = 1


def mean_posterior(
    posteriors: npt.NDArray[np.float32],
    indices: npt.NDArray[np.int64],
    voting: npt.NDArray[np.bool_],
    rows: npt.NDArray[np.int64],
    voters: int,
) -> npt.NDArray[np.float32]:
    """The mean posterior of the first neighbours that vote; even where none does.

    Args:
        posteriors: (N, C).
        indices: (M, K) int64, each image's neighbours among the N, best first.
        voting: (M, K) bool, which of them vote.
        rows: (n,) int64, which of the M images are asked for.
        voters: how many of the K neighbours vote at the most.

    Returns:
        (n, C) float32.
    """
    classes = posteriors.shape[1]
    mean = np.full((len(rows), classes), 1 / classes, dtype=np.float32)
    at_once = max(1, ROWS_AT_ONCE // max(1, voters))
    for start in range(0, len(rows), at_once):
        batch = rows[start : start + at_once]
        votes = voting[batch, :voters].astype(np.float32)
        number = votes.sum(axis=1)
        found = posteriors[indices[batch, :voters]]  # (n, K, C)
        total = np.einsum("nk,nkc->nc", votes, found)
        some = number > 0
        mean[start : start + at_once][some] = total[some] / number[some, None]
    return mean


def _choose(
    own: npt.NDArray[np.float32],
    held_out: npt.NDArray[np.int64],
    transition: npt.NDArray[np.float64],
    choices: tuple[int, int],
    retrieve: Callable[[int], npt.NDArray[np.float32]],
) -> tuple[int, Mixing]:
    """How many neighbours vote, and how much: under what held-out given labels are likeliest.

    All neighbours vote, or half where labels are then likelier by more than the standard error
    of the difference (Breiman et al., 1984).
    """
    mixings, likelihoods = [], []
    for voters in choices:
        retrieved = retrieve(voters)
        mixing = fit_mixing(own, retrieved, transition, held_out)
        true = np.exp(mixing.log_true(own, retrieved))
        mixings.append(mixing)
        likelihoods.append(np.log((true * transition[:, held_out].T).sum(axis=1)))
    gain = likelihoods[1] - likelihoods[0]
    best = int(is_beyond_chance(gain))
    return choices[best], mixings[best]
