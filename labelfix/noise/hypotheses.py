"""Hypotheses on what labels cannot identify about the noise, with posterior weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from labelfix.noise.belief import Belief
from labelfix.noise.candidates import Candidates, DoubtScale
from labelfix.noise.mixture import Mixture, fit_mixture, log_occam_factor

SLOPES = (0.0, 1.5, 3.0, 4.5)
USUAL_SLOPE, SLOPE_SPREAD = 1.5, 0.5
"""Normal prior on the slope of noise in doubt. On human labels and on PMD noise the logit of the
share of wrong labels rises with doubt by 1.2 to 2.3."""
SHARPNESSES = (0.707, 0.841, 1.0, 1.189, 1.414, 2.0, 2.828, 4.0)
SHARPNESS_SPREAD = 0.2
"""Standard deviation of the normal prior on the log of the power calibrating p(true | image)."""
EVIDENCE_ROWS = 500.0
"""The effective sample size is at most this: no hypothesis is exactly true, and thousands of labels
would decide between two wrong ones (Miller and Dunson, JASA 2019)."""
FITTED_ROWS, ROWS_OF_A_CLASS = 10_000, 50
"""Hypotheses are fitted on at most this many images, or this many per class if that is more."""
FIRST_ROUNDS, MORE_ROUNDS = 12, 6
LEAST_BELIEF = 1e-3
"""Hypotheses with less weight relative to the best are dropped."""

Likelihood = Callable[[int, Mixture], npt.NDArray[np.float64]]
"""Maps a hypothesis's number and mixture to (n, M) P(all given labels | true, image)."""


@dataclass(frozen=True)
class NoiseModel:
    """The noise of a data set: mixtures, each with fixed values for what labels cannot identify.

    Attributes:
        mixtures: H - 1 hypotheses.
        weights: (H,) posterior weights; the last is for the hypothesis that all labels are right
            and only the encoder errs.
        sharpness_if_right: the power of p(true | image) under that last hypothesis.
        scale: of the images' doubt.
        encoder_error: the probability that, where an image contradicts its label, the encoder is
            wrong and the label is right, whatever the hypothesis.
    """

    mixtures: Sequence[Mixture] = field(repr=False)
    weights: npt.NDArray[np.float64] = field(repr=False)
    sharpness_if_right: float
    scale: DoubtScale
    encoder_error: float = 0.0

    @cached_property
    def best(self) -> Mixture:
        """The most probable mixture."""
        return self.mixtures[int(self.weights[:-1].argmax())]

    @property
    def all_right(self) -> float:
        """The posterior probability that all labels are right."""
        return float(self.weights[-1])

    @property
    def mean_slope(self) -> float:
        """The posterior mean of the slope, given that not all labels are right."""
        slopes = np.array([mixture.slope for mixture in self.mixtures])
        return float(self.weights[:-1] @ slopes / max(self.weights[:-1].sum(), 1e-300))

    def believe(self, images: Candidates, likelihood: Likelihood | None = None) -> Belief:
        """p(true | image, given) of n images.

        Args:
            images: with their labels, which must be among the candidates.
            likelihood: of all given labels; None uses the one in `images`.
        """
        is_given = images.is_given
        labelled = images.given[:, None] >= 0
        if_right = np.where(labelled, is_given, images.sharpened(self.sharpness_if_right))
        if_right = if_right / if_right.sum(axis=1, keepdims=True)
        total = self.weights[-1] * if_right
        right = np.empty((len(self.weights), len(is_given)))
        right[-1] = labelled[:, 0]
        for number, mixture in enumerate(self.mixtures):
            said = likelihood(number, mixture) if likelihood else None
            true = mixture.posterior(images, said)
            total += self.weights[number] * true
            right[number] = np.where(is_given, true, 0).sum(axis=1)
        total /= total.sum(axis=1, keepdims=True)
        error = np.where(labelled, self.encoder_error, 0.0)
        total += error * (is_given - total)
        right += error[:, 0] * (1 - right)
        return Belief(images.classes, total, right, self.weights)

    def believed(self, weights: npt.NDArray[np.float64]) -> "NoiseModel":
        """The same hypotheses with other weights; those of negligible weight are dropped."""
        kept = weights[:-1] >= LEAST_BELIEF * weights[:-1].max()
        mixtures = [mixture for mixture, stays in zip(self.mixtures, kept, strict=True) if stays]
        left = np.append(weights[:-1][kept], weights[-1])
        return replace(self, mixtures=mixtures, weights=left / left.sum())


@dataclass(frozen=True)
class Hypotheses:
    """All hypotheses, fitted on n labels, before audits update their weights.

    Attributes:
        model: with every hypothesis, weighted by the labels alone.
        log_evidence: (H,) the log-weight of each hypothesis, up to a constant.
    """

    model: NoiseModel = field(repr=False)
    log_evidence: npt.NDArray[np.float64] = field(repr=False)


def fit_hypotheses(
    images: Candidates,
    scale: DoubtScale,
    classes: int,
    slopes: Sequence[float] = SLOPES,
    sharpness_spread: float = SHARPNESS_SPREAD,
    *,
    counts_confusions: bool = False,
) -> Hypotheses:
    """Fit every hypothesis to given labels.

    The likelihood is tempered so that the labels count as at most `EVIDENCE_ROWS` images, and
    multiplied by the priors on slope and sharpness.

    Args:
        images: N images with labels; log_true comes from denoisers that did not see these labels.
        scale: of their doubt.
        classes: C.
        slopes: the hypotheses on how noise depends on doubt.
        sharpness_spread: standard deviation of the prior on the log of the sharpness.
        counts_confusions: whether the evidence has the Occam factor of the fitted confusions,
            tempered once more, so that it is of little account where labels are many.
    """
    count = len(images.given)
    power = EVIDENCE_ROWS / (EVIDENCE_ROWS + count)
    of_sharpness = _normal_prior(np.log(SHARPNESSES), 0.0, sharpness_spread)
    of_slope = _normal_prior(np.array(slopes), USUAL_SLOPE, SLOPE_SPREAD)
    mixtures: list[Mixture] = []
    evidence = []
    for slope, slope_prior in zip(slopes, of_slope, strict=True):
        before = Mixture.first(slope, SHARPNESSES[0], classes)
        rounds = FIRST_ROUNDS
        for sharpness, prior in zip(SHARPNESSES, of_sharpness, strict=True):
            start = replace(before, sharpness=sharpness)
            before, likelihood = fit_mixture(images, start, rounds)
            mixtures.append(before)
            if counts_confusions:
                likelihood += power * log_occam_factor(before, images)
            evidence.append(power * likelihood + slope_prior + prior)
            rounds = MORE_ROUNDS
    sharpness, likelihood = _all_right(images, sharpness_spread)
    log_evidence = np.array([*evidence, power * likelihood])
    model = NoiseModel(mixtures, as_weights(log_evidence), sharpness, scale)
    return Hypotheses(model, log_evidence)


def fitted_rows(count: int, classes: int) -> npt.NDArray[np.int64]:
    """Evenly spaced images out of N that hypotheses are fitted on."""
    most = min(count, max(FITTED_ROWS, ROWS_OF_A_CLASS * classes))
    return np.unique(np.linspace(0, count - 1, most).astype(np.int64))


def as_weights(log_evidence: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(H,) weights proportional to the exponential; they sum to 1."""
    weights = np.exp(log_evidence - log_evidence.max())
    shares: npt.NDArray[np.float64] = weights / weights.sum()
    return shares


def _all_right(images: Candidates, sharpness_spread: float) -> tuple[float, float]:
    """The most probable sharpness and the log-posterior of the labels if every label is right."""
    right = images.is_given
    found = []
    for sharpness in SHARPNESSES:
        own = np.where(right, images.sharpened(sharpness), 0).sum(axis=1)
        likelihood = float(np.log(np.maximum(own, 1e-300)).sum())
        found.append((likelihood - (np.log(sharpness) / sharpness_spread) ** 2 / 2, sharpness))
    likelihood, sharpness = max(found)
    return sharpness, likelihood


def _normal_prior(
    values: npt.NDArray[np.float64], mean: float, spread: float
) -> npt.NDArray[np.float64]:
    """Log-weights of a normal prior at the given values; the weights sum to 1."""
    logarithms = -((values - mean) ** 2) / (2 * spread**2)
    normal: npt.NDArray[np.float64] = logarithms - np.log(np.exp(logarithms).sum())
    return normal
