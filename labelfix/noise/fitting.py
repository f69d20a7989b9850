"""The noise model of a data set: a matrix's total kept, its shape and the rest from the labels."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize, minimize_scalar

from labelfix.noise.evidence import rows_to_fit
from labelfix.noise.model import NoiseModel, posterior
from labelfix.noise.transition import counted, noise_share, scaled

LARGEST_EXPONENT = 0.6
LARGEST_OFFSET = 8.0
LEAST_WEIGHT = 0.3
PLAUSIBLE_WEIGHT = 0.45
"""Below it, down to the least weight, a weight is less and less believed to be the reason."""
STRENGTHS = (0.02, 1.2)
SHARP = (0.3, 5.0)
ROUNDS = 2
ROWS_AT_ONCE = 1024


def likeliest_noise(
    joint: npt.NDArray[np.float64],
    log_true: npt.NDArray[np.floating],
    given: npt.NDArray[np.int64],
) -> tuple[float, float]:
    """How much of the confident joint is noise, and how sharp p(true | image) then has to be.

    Held-out given labels are likeliest under the right amount where noise depends on the class
    alone; where it depends on the image, likelihood misjudges it.

    Args:
        joint: (C, C).
        log_true: (N, C), as `fit_noise_model` has it.
        given: (N,) int64.

    Returns:
        The strength of the joint's noise, and the exponent of p(true | image).
    """
    some = rows_to_fit(len(given), len(joint))
    known, labels = log_true[some].astype(np.float64), given[some]

    def unlikeliness(logarithms: npt.NDArray[np.float64]) -> float:
        strength, sharpness = np.exp(logarithms)
        true = sharpness * known
        true -= true.max(axis=1, keepdims=True)
        np.exp(true, out=true)
        likelihood = (true * scaled(joint, strength)[:, labels].T).sum(axis=1) / true.sum(axis=1)
        return -float(np.log(likelihood).mean())

    bounds = tuple((float(np.log(low)), float(np.log(high))) for low, high in (STRENGTHS, SHARP))
    starts = (np.log([strength, 1.0]) for strength in (0.5, 0.9))
    found = [minimize(unlikeliness, at, method="L-BFGS-B", bounds=bounds) for at in starts]
    strength, sharpness = np.exp(min(found, key=lambda each: float(each.fun)).x)
    return float(strength), float(sharpness)


def fit_noise_model(
    transition: npt.NDArray[np.float64],
    log_true: npt.NDArray[np.floating],
    given: npt.NDArray[np.int64],
    dependence: float = 0.0,
) -> NoiseModel:
    """Which labels are given for which images, as far as the given labels tell.

    How many labels are wrong is taken from the matrix, for likelihood misjudges that wherever
    noise depends on the image. On which images they are, likelihood says: the exponent. How
    much a label counts follows from consistency: were noise and the denoiser's own mistakes
    independent, the posteriors would hold as many labels for wrong as the matrix does; where
    they hold fewer, labels count for less, as far as `dependence` says that this is the reason,
    and as far as a weight can be: a denoiser that is nearly always sure misreads nothing.
    Between which classes labels are mistaken, expectation maximisation says (Dempster et al.,
    1977), from the matrix on.

    Args:
        transition: (C, C).
        log_true: (N, C), the logarithm of p(true | image), of models that did not see the
            images' own labels.
        given: (N,) int64.
        dependence: how far noise and own mistakes fall on the same images, from 0 to 1.
    """
    some = rows_to_fit(len(given), len(transition))
    measured = _Measured(transition, log_true[some].astype(np.float64), given[some])
    model = measured.balanced(transition, (1 - dependence) * measured.likeliest_exponent())
    weight = measured.consistent_weight(model)
    believed = (weight - LEAST_WEIGHT) / (PLAUSIBLE_WEIGHT - LEAST_WEIGHT)
    weight **= dependence * min(1.0, believed)
    model = replace(model, weight=weight)
    support = np.bincount(given, minlength=len(transition))
    for _ in range(ROUNDS):
        found = _expected_transition(model, log_true, given)
        times = noise_share(transition, support) / noise_share(found, support)
        model = replace(measured.balanced(scaled(found, times), model.exponent), weight=weight)
    return model


@dataclass(frozen=True)
class _Measured:
    """Some rows, and the matrix that says how many of their labels are wrong."""

    transition: npt.NDArray[np.float64] = field(repr=False)
    log_true: npt.NDArray[np.float64] = field(repr=False)
    given: npt.NDArray[np.int64] = field(repr=False)

    @cached_property
    def wanted(self) -> float:
        """The share of wrong labels that the matrix expects."""
        return NoiseModel(self.transition).mean_noise(self.log_true)

    def balanced(self, transition: npt.NDArray[np.float64], exponent: float) -> NoiseModel:
        """The model of an exponent, with the offset that keeps the share of wrong labels."""

        def surplus(offset: float) -> float:
            expected = NoiseModel(transition, exponent, offset).mean_noise(self.log_true)
            return expected - self.wanted

        if not exponent or surplus(-LARGEST_OFFSET) <= 0 or surplus(LARGEST_OFFSET) >= 0:
            return NoiseModel(transition)
        offset = brentq(surplus, -LARGEST_OFFSET, LARGEST_OFFSET, xtol=1e-3)
        return NoiseModel(transition, exponent, float(offset))

    def likeliest_exponent(self) -> float:
        """How far noise depends on the image: where the given labels are likeliest."""

        def unlikeliness(exponent: float) -> float:
            model = self.balanced(self.transition, exponent)
            own = model.exponent * self.log_true[np.arange(len(self.given)), self.given]
            chances = model.log_likelihood(self.log_true, self.given) + own[:, None]
            likelihood = np.exp(self.log_true + chances).sum(axis=1)
            return -float(np.log(np.maximum(likelihood, 1e-300)).mean())

        found = minimize_scalar(
            unlikeliness, bounds=(0, LARGEST_EXPONENT), method="bounded", options={"xatol": 0.01}
        )
        return min((0.0, float(found.x)), key=unlikeliness)

    def consistent_weight(self, model: NoiseModel) -> float:
        """What a label may count so that posteriors hold as many for wrong as the matrix does."""
        said = model.log_likelihood(self.log_true, self.given)
        each = np.arange(len(self.given))

        def surplus(weight: float) -> float:
            believed = posterior(self.log_true, weight * said)
            return 1 - float(believed[each, self.given].mean()) - self.wanted

        if surplus(1.0) >= 0:
            return 1.0
        if surplus(LEAST_WEIGHT) <= 0:
            return LEAST_WEIGHT
        return float(brentq(surplus, LEAST_WEIGHT, 1.0, xtol=1e-3))


def _expected_transition(
    model: NoiseModel, log_true: npt.NDArray[np.floating], given: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """(C, C) how often each label is expected to have been given for each true class."""
    counts = np.zeros_like(model.transition)
    for start in range(0, len(given), ROWS_AT_ONCE):
        batch = slice(start, start + ROWS_AT_ONCE)
        known, labels = log_true[batch].astype(np.float64), given[batch]
        believed = posterior(known, model.log_likelihood(known, labels))
        np.add.at(counts.T, labels, believed)
    return counted(counts, model.transition)
