"""Corrections without a denoiser: neighbours' vote, logistic regression, cleanlab."""

import warnings

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax

from labelfix.bench.outcome import Outcome
from labelfix.data.neighbours import Neighbours
from labelfix.noise.folds import assign_folds

FOLDS = 5
PENALTY = 1.0
"""L2 penalty on half the squared weights, against the summed loss: most libraries' default."""
MOST_ITERATIONS = 300


def keep_given(given: npt.NDArray[np.int64]) -> Outcome:
    """The given labels, unchanged."""
    nothing = np.full(len(given), np.nan)
    return Outcome(given, nothing, nothing)


def vote(given: npt.NDArray[np.int64], indices: npt.NDArray[np.int64], classes: int) -> Outcome:
    """The majority class of the neighbours; the row's own label does not count.

    Args:
        given: (n,) int64.
        indices: (n, K) int64, each row's neighbours, best first; ties go to the class with the
            nearest voter.
        classes: C.
    """
    labels = given[indices]
    each = np.arange(len(given))
    counts = np.zeros((len(given), classes))
    for column in labels.T:
        counts[each, column] += 1
    shares = counts / labels.shape[1]
    after = labels[each, counts[each[:, None], labels].argmax(axis=1)]
    return Outcome(after, shares[each, given], shares[each, after])


def out_of_fold(
    vectors: npt.NDArray[np.float32],
    given: npt.NDArray[np.int64],
    neighbours: Neighbours,
    classes: int,
    seed: int,
) -> npt.NDArray[np.float64]:
    """(n, C) out-of-fold probabilities of logistic regressions; copies share a fold."""
    folds = assign_folds(given, neighbours, FOLDS, seed)
    found = np.empty((len(given), classes))
    for fold in range(FOLDS):
        judged = folds == fold
        weights = fit_regression(vectors[~judged], given[~judged], classes)
        found[judged] = np.exp(log_softmax(_scores(vectors[judged], weights), axis=1))
    return found


def fit_regression(
    vectors: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], classes: int
) -> npt.NDArray[np.float64]:
    """(D + 1, C) weights of a multinomial logistic regression; the last row is the intercepts.

    Args:
        vectors: (n, D) float32.
        labels: (n,) int64.
        classes: C.
    """
    count, dimension = vectors.shape
    numbers, each = vectors.astype(np.float64), np.arange(len(labels))

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        weights = flat.reshape(dimension + 1, classes)
        logarithms = log_softmax(_scores(numbers, weights), axis=1)
        slope = np.exp(logarithms)
        slope[each, labels] -= 1
        gradient = np.vstack([numbers.T @ slope + PENALTY * weights[:-1], slope.sum(axis=0)])
        value = -logarithms[each, labels].sum() + PENALTY * (weights[:-1] ** 2).sum() / 2
        return float(value) / count, gradient.ravel() / count

    start = np.zeros((dimension + 1) * classes)
    fitted = minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": MOST_ITERATIONS}
    )
    weights: npt.NDArray[np.float64] = fitted.x.reshape(dimension + 1, classes)
    return weights


def confident_learning(
    probabilities: npt.NDArray[np.float64], given: npt.NDArray[np.int64]
) -> Outcome:
    """Correct labels that cleanlab flags, given (n, C) out-of-fold probabilities, to the argmax.

    Raises:
        ImportError: cleanlab is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of rare classes, which here are as they are
        from cleanlab.filter import find_label_issues
        from cleanlab.rank import get_label_quality_scores

        flagged = find_label_issues(given, probabilities, n_jobs=1)
        quality = get_label_quality_scores(given, probabilities)
    after = np.where(flagged, probabilities.argmax(axis=1), given)
    return Outcome(after, quality, probabilities[np.arange(len(given)), after])


def _scores(
    vectors: npt.NDArray[np.floating], weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    scores: npt.NDArray[np.float64] = vectors @ weights[:-1] + weights[-1]
    return scores
