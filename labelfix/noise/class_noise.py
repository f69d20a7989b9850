"""A first noise transition matrix, from denoisers trained on the given labels as they are."""

import numpy as np
import numpy.typing as npt

from labelfix.noise.belief import expected_counts, transition_of
from labelfix.noise.candidates import Candidates, DoubtScale
from labelfix.noise.evidence import rows_to_fit
from labelfix.noise.hypotheses import as_weights, fit_hypotheses, fitted_rows

ANCHOR_SHARE = 0.03
"""The share of a class's images used as anchor points: the images surest to be of the class."""
LEAST_ANCHORS = 3
ANCHOR_ROWS = 10.0
"""Pseudo-count of right labels in each class's row."""
ROWS_FOR_A_CLASS = 10
"""Weight of a class's row, in images per anchor."""
SLOPES = (0.0, 1.5, 3.0)
SHARPNESS_SPREAD = 0.35
"""Wider than in `hypotheses`: these denoisers were trained without a noise model."""
SHARPEST = 1.5
"""The logarithm of the largest calibration power; the smallest is -1."""
BALANCING_ROUNDS = 20
"""Rounds that match the expected class counts to the label counts."""
DECONVOLUTION_ROUNDS = 30
ROWS_AT_ONCE = 1024
LEAST = 1e-6


def class_noise(
    read: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Estimate the noise transition matrix that training corrects for.

    The denoisers predict p(given | image), which is calibrated on held-out labels. Anchor points,
    the images surest to be of a class, give the class-dependent noise (Patrini et al., CVPR 2017;
    Liu and Tao, TPAMI 2016). Deconvolution removes it (Richardson, 1972; Lucy, 1974). The result
    serves as p(true | image) for the noise hypotheses, whose posteriors give the expected counts.
    Their evidence has an Occam factor, as denoisers unlearn classes under a matrix with too much
    noise.

    Args:
        read: (n, C), p(given | image) of denoisers that did not see the images' own labels.
        labels: (n,) int64, the given classes; if there are none, the matrix is the identity.

    Returns:
        (C, C), [true, given]; rows sum to 1.
    """
    classes = read.shape[1]
    if not len(labels):
        return transition_of(np.zeros((classes, classes)))
    given = _calibrated(read, labels)
    matrix = _anchor_matrix(np.exp(given))
    scale = DoubtScale.of(given)
    images = _without_noise(scale.candidates(given, labels), matrix)
    fitted = images.of(fitted_rows(len(labels), classes))
    hypotheses = fit_hypotheses(
        fitted, scale, classes, SLOPES, SHARPNESS_SPREAD, counts_confusions=True
    )
    noisy = hypotheses.model.believed(np.append(as_weights(hypotheses.log_evidence[:-1]), 0.0))
    counts = np.zeros((classes, classes))
    for start in range(0, len(labels), ROWS_AT_ONCE):
        block = images.of(np.arange(start, min(start + ROWS_AT_ONCE, len(labels))))
        believed = noisy.believe(block).probabilities
        counts += expected_counts(block.classes, block.given, believed, classes)
    return transition_of(counts)


def _calibrated(
    read: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """(n, C) log-probabilities, calibrated by maximum likelihood on held-out labels.

    One power for all classes, then one offset per class that matches expected to actual counts:
    short training forgets rare classes, and all their labels would look wrong (vector scaling,
    Guo et al., ICML 2017).
    """
    from scipy.optimize import minimize_scalar  # slow to load

    logarithms = np.log(read.astype(np.float64) + LEAST)
    some = rows_to_fit(len(labels), read.shape[1])
    known, given = logarithms[some], labels[some]

    def unlikeliness(logarithm: float) -> float:
        powers = np.exp(logarithm) * known
        own = powers[np.arange(len(given)), given]
        largest = powers.max(axis=1)
        total = largest + np.log(np.exp(powers - largest[:, None]).sum(axis=1))
        return float((total - own).mean())

    found = minimize_scalar(unlikeliness, bounds=(-1.0, SHARPEST), method="bounded")
    logarithms *= float(np.exp(found.x))
    counts = np.bincount(labels, minlength=read.shape[1])
    for _ in range(BALANCING_ROUNDS):
        logarithms -= logarithms.max(axis=1, keepdims=True)
        given_to = np.exp(logarithms)
        given_to /= given_to.sum(axis=1, keepdims=True)
        logarithms += np.log((counts + 1) / (given_to.sum(axis=0) + 1))
    logarithms -= logarithms.max(axis=1, keepdims=True)
    logarithms -= np.log(np.exp(logarithms).sum(axis=1, keepdims=True))
    return logarithms


def _anchor_matrix(given: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(C, C) P(given | true): the mean p(given | image) over each class's anchors."""
    count, classes = given.shape
    matrix = ANCHOR_ROWS * np.eye(classes)
    for of_class, rows in enumerate(ANCHOR_SHARE * given.sum(axis=0)):
        anchors = min(count, max(LEAST_ANCHORS, int(rows)))
        surest = np.argpartition(-given[:, of_class], anchors - 1)[:anchors]
        matrix[of_class] += ROWS_FOR_A_CLASS * rows * given[surest].mean(axis=0)
    shares: npt.NDArray[np.float64] = matrix / matrix.sum(axis=1, keepdims=True)
    return shares


def _without_noise(images: Candidates, matrix: npt.NDArray[np.float64]) -> Candidates:
    """The images with p(true | image), deconvolved from p(given | image) by the matrix."""
    log_true = np.empty_like(images.log_true)
    for start in range(0, len(log_true), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        classes = images.classes[block]
        given = np.exp(images.log_true[block])
        chances = matrix[classes[:, :, None], classes[:, None, :]]  # (n, M, M), [true, given]
        true = given.copy()
        for _ in range(DECONVOLUTION_ROUNDS):
            explained = np.einsum("nt,ntg->ng", true, chances)
            true *= np.einsum("ng,ntg->nt", given / np.maximum(explained, 1e-12), chances)
            true /= true.sum(axis=1, keepdims=True)
        true = np.maximum(true, LEAST)
        log_true[block] = np.log(true / true.sum(axis=1, keepdims=True))
    doubt = _ranks(1 - np.exp(log_true.max(axis=1)))
    return Candidates(images.classes, log_true, images.given, doubt)


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(n,) the rank of each value, scaled to (0, 1)."""
    ranks = np.empty(len(values))
    ranks[np.argsort(values, kind="stable")] = (np.arange(len(values)) + 0.5) / len(values)
    return ranks
