"""What the labels cannot tell: hypotheses on the noise, and how much each is believed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from labelfix.noise.belief import Belief
from labelfix.noise.candidates import Candidates, DoubtScale
from labelfix.noise.mixture import Mixture, fit_mixture

SLOPES = (0.0, 1.5, 3.0, 4.5)
USUAL_SLOPE, SLOPE_SPREAD = 1.5, 0.5
"""How much likelier doubtful images are mislabelled, as a normal prior. On people's labels and on
PMD noise the logit of the share of wrong labels rises with doubt by 1.2 to 2.3."""
SHARPNESSES = (0.707, 0.841, 1.0, 1.189, 1.414, 2.0, 2.828, 4.0)
SHARPNESS_SPREAD = 0.2
"""How far p(true | image) may be from calibrated, as a normal prior on the logarithm of a power."""
EVIDENCE_ROWS = 500.0
"""The labels of N images count as those of at most so many: no hypothesis is quite true, and
thousands of labels would decide between two that are wrong (Miller and Dunson, JASA 2019)."""
FITTED_ROWS, ROWS_OF_A_CLASS = 10_000, 50
"""Images that hypotheses are fitted on, where there are as many: of these the larger number."""
FIRST_ROUNDS, MORE_ROUNDS = 12, 6
LEAST_BELIEF = 1e-3
"""Hypotheses that are believed less are left out."""

Likelihood = Callable[[int, Mixture], npt.NDArray[np.float64]]
"""Of the number of a hypothesis and its mixture: (n, M) P(all that was given | true, image)."""


@dataclass(frozen=True)
class NoiseModel:
    """The noise of a data set: mixtures, each with what labels cannot tell held fixed.

    Attributes:
        mixtures: H - 1 hypotheses.
        weights: (H,) how much each is believed; the last is that all labels are right, and that
            only the encoder errs.
        sharpness_if_right: the power of p(true | image) under that last one.
        scale: of the images' doubt.
    """

    mixtures: Sequence[Mixture] = field(repr=False)
    weights: npt.NDArray[np.float64] = field(repr=False)
    sharpness_if_right: float
    scale: DoubtScale

    @cached_property
    def best(self) -> Mixture:
        """The mixture that is believed most."""
        return self.mixtures[int(self.weights[:-1].argmax())]

    @property
    def all_right(self) -> float:
        """How far it is believed that all labels are right."""
        return float(self.weights[-1])

    @property
    def mean_slope(self) -> float:
        """How much likelier doubtful images are believed to be mislabelled."""
        slopes = np.array([mixture.slope for mixture in self.mixtures])
        return float(self.weights[:-1] @ slopes / max(self.weights[:-1].sum(), 1e-300))

    def believe(self, images: Candidates, likelihood: Likelihood | None = None) -> Belief:
        """p(true | image, given) of n images.

        Args:
            images: with their labels, which are among the candidates.
            likelihood: what is known beside the image; None takes the given label alone.
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
        return Belief(images.classes, total, right, self.weights)

    def believed(self, weights: npt.NDArray[np.float64]) -> "NoiseModel":
        """The same hypotheses believed otherwise; those that hardly are, are left out."""
        kept = weights[:-1] >= LEAST_BELIEF * weights[:-1].max()
        mixtures = [mixture for mixture, stays in zip(self.mixtures, kept, strict=True) if stays]
        left = np.append(weights[:-1][kept], weights[-1])
        return replace(self, mixtures=mixtures, weights=left / left.sum())


@dataclass(frozen=True)
class Hypotheses:
    """All hypotheses, fitted on n labels, before it is settled how much each is believed.

    Attributes:
        model: with every hypothesis; its weights are those by the labels alone.
        log_evidence: (H,) the logarithm of each one's weight, up to a constant.
    """

    model: NoiseModel = field(repr=False)
    log_evidence: npt.NDArray[np.float64] = field(repr=False)


def fit_hypotheses(
    images: Candidates,
    scale: DoubtScale,
    classes: int,
    slopes: Sequence[float] = SLOPES,
    sharpness_spread: float = SHARPNESS_SPREAD,
) -> Hypotheses:
    """Fit every hypothesis to given labels.

    The likelihood of the labels is raised to a power at which they count as those of
    `EVIDENCE_ROWS` images at the most, and weighed with the priors of slope and sharpness.

    Args:
        images: N of them with their labels, of denoisers that did not see these.
        scale: of their doubt.
        classes: C.
        slopes: the hypotheses on how noise depends on doubt.
        sharpness_spread: of the prior on the sharpness.
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
            evidence.append(power * likelihood + slope_prior + prior)
            rounds = MORE_ROUNDS
    sharpness, likelihood = _all_right(images, sharpness_spread)
    log_evidence = np.array([*evidence, power * likelihood])
    model = NoiseModel(mixtures, as_weights(log_evidence), sharpness, scale)
    return Hypotheses(model, log_evidence)


def fitted_rows(count: int, classes: int) -> npt.NDArray[np.int64]:
    """Which of N images of C classes hypotheses are fitted on: some, evenly spread."""
    most = min(count, max(FITTED_ROWS, ROWS_OF_A_CLASS * classes))
    return np.unique(np.linspace(0, count - 1, most).astype(np.int64))


def as_weights(log_evidence: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(H,) in proportion to the exponential, sum 1."""
    weights = np.exp(log_evidence - log_evidence.max())
    shares: npt.NDArray[np.float64] = weights / weights.sum()
    return shares


def _all_right(images: Candidates, sharpness_spread: float) -> tuple[float, float]:
    """The likeliest sharpness, and the labels' log-likelihood, if every label is right."""
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
    """The logarithms of a normal density at some values, scaled to a sum of 1."""
    logarithms = -((values - mean) ** 2) / (2 * spread**2)
    normal: npt.NDArray[np.float64] = logarithms - np.log(np.exp(logarithms).sum())
    return normal
