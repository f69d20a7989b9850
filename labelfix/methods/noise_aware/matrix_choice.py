"""Half of the estimated noise instead of all of it, where held-out labels favour that.

From few labels and a weak encoder, images of two classes that look alike to the encoder are easily
taken for wrong labels. Denoisers that correct for noise that is not there unlearn the classes.
"""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from labelfix.noise.evidence import is_beyond_chance

LEAST_ROWS = 1_000
"""Held-out labels that choose, in whole folds; all labels if there are fewer."""
STANDARD_ERRORS = 2.0
LEAST_GAIN = 0.035
"""Half of the noise must raise a label's log-likelihood by this much, and by this many standard
errors. Many labels would make the smallest difference significant."""
LARGEST_LOG_POWER = 1.0
"""Bound of the logarithm of the calibration power, on both sides."""
LEAST_LIKELIHOOD = 1e-6


def halved(transition: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(C, C) the noise transition matrix with half of the wrong labels."""
    return (transition + np.eye(len(transition))) / 2


def is_half_likelier(
    whole: npt.NDArray[np.float32],
    half: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    transition: npt.NDArray[np.float64],
) -> bool:
    """Whether held-out labels are likelier under denoisers that corrected for half of the noise.

    Args:
        whole: (n, C) out-of-fold probabilities of denoisers that were trained with `transition`.
        half: (n, C), with `halved(transition)`.
        labels: (n,) int64, the given classes of these images.
        transition: (C, C), P(given j | true i).
    """
    if not len(labels):
        return False
    gains = _log_likelihood(half, labels, halved(transition))
    gains -= _log_likelihood(whole, labels, transition)
    return bool(gains.mean() > LEAST_GAIN) and is_beyond_chance(gains, STANDARD_ERRORS)


def _log_likelihood(
    read: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    transition: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """(n,) log P(given | image), at the calibration power that makes it largest."""
    logarithms = np.log(read.astype(np.float64) + LEAST_LIKELIHOOD)
    chances = transition[:, labels].T  # (n, C)

    def at(log_power: float) -> npt.NDArray[np.float64]:
        true = np.exp(log_power) * logarithms
        true -= true.max(axis=1, keepdims=True)
        np.exp(true, out=true)
        likelihood = (true * chances).sum(axis=1) / true.sum(axis=1)
        logs: npt.NDArray[np.float64] = np.log(np.maximum(likelihood, LEAST_LIKELIHOOD))
        return logs

    bounds = (-LARGEST_LOG_POWER, LARGEST_LOG_POWER)
    found = minimize_scalar(lambda power: -float(at(power).mean()), bounds=bounds, method="bounded")
    return at(float(found.x))
