"""SimiFeat's ranking of labels, with the share of wrong ones from HOC; written from the papers.

Zhu et al., Detecting Corrupted Labels Without Training a Model to Predict, ICML 2022; Zhu et al.,
Clusterability as an Alternative to Anchor Points When Learning with Noisy Labels, ICML 2021.
The first repeats itself over image augmentations and takes a majority; embeddings that are given
have none, so it runs once. C classes, N rows.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Numbers = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]

MOST_CLASSES = 200
"""The counts of triples are C³ numbers."""

START_RIGHT = 0.7
"""The diagonal that the matrix starts from; a permutation of its rows would fit just as well."""


PRECISELY = {"maxiter": 1500, "maxfun": 5000, "ftol": 1e-13, "gtol": 1e-9}

SMOOTHING = 1e-9
"""Keeps the slope of a norm finite where the fit is exact; the norms of real data are 100 times
its root or more."""


@dataclass(frozen=True)
class Noise:
    """transition (C, C): P(given j | true i), rows sum to 1; prior (C,): P(true i)."""

    transition: Numbers
    prior: Numbers


@dataclass(frozen=True)
class Consensus:
    """How often labels occur together: (C,) one, (C, C) two and (C, C, C) three neighbours'."""

    one: Numbers
    two: Numbers
    three: Numbers


def consensus(triples: Classes, classes: int) -> Consensus:
    """The shares of label patterns in (N, 3): a row's given label and those of its 2 nearest.

    HOC takes the three for draws of one true class, so their order says nothing: the patterns
    of two and of three are averaged over it.
    """
    if classes > MOST_CLASSES:
        raise ValueError(f"expected at most {MOST_CLASSES} classes for HOC, found {classes}")
    one = np.bincount(triples[:, 0], minlength=classes) / len(triples)
    three = np.zeros((classes,) * 3)
    for order in ([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]):
        np.add.at(three, tuple(triples[:, order].T), 1 / (6 * len(triples)))
    return Consensus(one, three.sum(axis=2), three)


def expected_consensus(noise: Noise) -> Consensus:
    """The shares of label patterns where three rows share a true class and err independently."""
    matrix = noise.transition
    weighted = noise.prior[:, None] * matrix  # P(true i, given j)
    three = np.einsum("ij,ik,il->jkl", weighted, matrix, matrix, optimize=True)
    return Consensus(weighted.sum(axis=0), weighted.T @ matrix, three)


def fit_noise(seen: Consensus) -> Noise:
    """The noise whose expected patterns are nearest to those seen: sum of three 2-norms (HOC)."""
    classes = len(seen.one)
    start = np.zeros((classes + 1, classes))
    start[:classes] = np.eye(classes) * np.log(START_RIGHT / (1 - START_RIGHT) * (classes - 1))

    def loss(logits: Numbers) -> tuple[float, Numbers]:
        noise = _noise(logits.reshape(classes + 1, classes))
        return _distance(noise, seen)

    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=PRECISELY)
    return _noise(found.x.reshape(classes + 1, classes))


def wrong_shares(noise: Noise, given: Classes) -> Numbers:
    """(C,), of the rows that were given a class, the share that is truly of another."""
    given_shares = np.bincount(given, minlength=len(noise.prior)) / len(given)
    right = np.diag(noise.transition) * noise.prior / np.maximum(given_shares, 1e-12)
    return np.clip(1 - right, 0, 1)


def agreement(counts: npt.NDArray[np.int64], given: Classes) -> Numbers:
    """(N,), the cosine of the neighbours' (N, C) votes and the given label as a one-hot."""
    length = np.linalg.norm(counts, axis=1)
    return np.asarray(counts[np.arange(len(given)), given] / length)


def flag_lowest(scores: Numbers, given: Classes, shares: Numbers) -> npt.NDArray[np.bool_]:
    """(N,), in each given class the (C,) share of rows whose scores are lowest."""
    flagged = np.zeros(len(given), dtype=bool)
    for number, share in enumerate(shares):
        rows = np.flatnonzero(given == number)
        order = np.argsort(scores[rows], kind="stable")
        flagged[rows[order[: round(share * len(rows))]]] = True
    return flagged


def _noise(logits: Numbers) -> Noise:
    """Logits (C + 1, C): the matrix's rows, then the prior."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = raised / raised.sum(axis=1, keepdims=True)
    return Noise(probabilities[:-1], probabilities[-1])


def _distance(noise: Noise, seen: Consensus) -> tuple[float, Numbers]:
    """The sum of the three distances, and its gradient by the (C + 1) x C logits, flat."""
    matrix, prior = noise.transition, noise.prior
    expected = expected_consensus(noise)
    differences = (
        expected.one - seen.one,
        expected.two - seen.two,
        expected.three - seen.three,
    )
    lengths = [np.sqrt(np.sum(values**2) + SMOOTHING) for values in differences]
    one, two, three = (values / length for values, length in zip(differences, lengths, strict=True))
    by_two = matrix @ two
    by_three = np.einsum("jkl,ik,il->ij", three, matrix, matrix, optimize=True)
    by_prior = np.sum(matrix * (one + by_two + by_three), axis=1)
    by_matrix = prior[:, None] * (one + 2 * by_two + 3 * by_three)
    probabilities = np.vstack([matrix, prior])
    by_probability = np.vstack([by_matrix, by_prior])
    mean = np.sum(probabilities * by_probability, axis=1, keepdims=True)
    gradient = probabilities * (by_probability - mean)
    return float(sum(lengths)), gradient.ravel()
