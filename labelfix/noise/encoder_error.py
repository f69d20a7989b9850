"""How often the encoder is at fault where an image and its label disagree, beyond the hypotheses.

The hypotheses of the noise model take p(true | image) as calibrated, up to one power. Denoisers
that learned a class from few images of a weak encoder err more often than that, and given labels
cannot tell such errors from wrong labels.
"""

import math

import numpy as np

from labelfix.noise.audits import LEAST_AUDITS, AuditedRows
from labelfix.noise.belief import Belief
from labelfix.noise.candidates import Candidates

USUAL_ERROR = 0.25
"""With `ROWS_A_CLASS` images a class and a weak encoder."""
ROWS_A_CLASS = 100
"""With more, the probability falls as a variance does; with fewer, it rises as an error does."""
WEAK = 0.05
"""An encoder that is wrong about this share of the images is weak; a better one errs less, by the
square of that: a small share is hardly more than chance."""
LARGEST_ERROR = 0.5
"""From here on no label is changed: not even one that all hypotheses take for wrong."""
PRIOR_ROWS = 20.0
"""Audited rows that the prior weighs as much as."""
GRID = 200


def encoder_error(images: int, classes: int, wrong_about: float) -> float:
    """The probability that the encoder errs where it contradicts a label, before any audit.

    Args:
        images: with labels.
        classes: C.
        wrong_about: the share of images that the encoder is wrong about, from `wrong_about`.

    Returns:
        A number from 0 to `LARGEST_ERROR`.
    """
    fewness = ROWS_A_CLASS * classes / max(1, images)
    usual = USUAL_ERROR * (fewness if fewness < 1 else math.sqrt(fewness))
    weakness = min(1.0, max(0.0, wrong_about) / WEAK)
    return min(LARGEST_ERROR, usual) * weakness**2


def wrong_about(images: Candidates, belief: Belief) -> float:
    """The share of n images that the encoder is wrong about, at the upper end of what shows.

    It contradicts more labels than are wrong by the noise model: the rest are its own errors. The
    standard error of how many are wrong, by that model, is added.

    Args:
        images: with labels; their p(true | image) is out-of-fold.
        belief: about these, without any encoder error.
    """
    likeliest = images.classes[np.arange(len(images.given)), images.log_true.argmax(axis=1)]
    right, count = belief.mean_right, len(images.given)
    standard_error = math.sqrt(float((right * (1 - right)).sum())) / count
    return float((likeliest != images.given).mean() - (1 - right).mean()) + standard_error


def audited_encoder_error(
    prior: float, audited: AuditedRows | None, belief: Belief | None
) -> float:
    """The same probability after an audit: its posterior mean, with a Beta prior.

    Args:
        prior: from `encoder_error`.
        audited: fewer than `LEAST_AUDITS` rows leave the prior as it is.
        belief: about these rows, without any encoder error.
    """
    if audited is None or belief is None or len(audited) < LEAST_AUDITS or prior <= 0:
        return prior
    errors = (np.arange(GRID) + 0.5) / GRID
    wrong = np.clip(np.outer(1 - errors, 1 - belief.mean_right), 1e-6, 1 - 1e-6)
    said = np.where(audited.is_wrong, np.log(wrong), np.log1p(-wrong)).sum(axis=1)
    said += (PRIOR_ROWS * prior - 1) * np.log(errors)
    said += (PRIOR_ROWS * (1 - prior) - 1) * np.log1p(-errors)
    weights = np.exp(said - said.max())
    return float(weights @ errors / weights.sum())
