"""Class names as a second view of an image, weighted by the likelihood of held-out labels."""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from labelfix.noise.candidates import Candidates, DoubtScale
from labelfix.noise.evidence import PRIOR_ROWS, is_beyond_chance, rows_to_fit
from labelfix.noise.hypotheses import FIRST_ROUNDS, MORE_ROUNDS, USUAL_SLOPE
from labelfix.noise.mixture import Mixture, fit_mixture


@dataclass(frozen=True)
class TextView:
    """How class vectors are read, and their weights beside the view learned from labels.

    The text view of an image is a softmax of its cosine similarities:

        p_text(c | image) ~ exp((similarity_c - offset_c) / temperature)

    Combined with the labels' view:

        p(true c | image) ~ p(c | image)^exponent
                            exp(weight_c (similarity_c - offset_c) / temperature)

    Attributes:
        vectors: (C, D) float32 of length 1, one for each class.
        temperature: divides the similarities.
        offsets: (C,) float64, the similarity at which a class's vector is uninformative.
        exponent: of the labels' view.
        weights: (C,) float64, the weight of each class's vector; 0 if uninformative.
    """

    vectors: npt.NDArray[np.float32] = field(repr=False)
    temperature: float
    offsets: npt.NDArray[np.float64] = field(repr=False)
    exponent: float
    weights: npt.NDArray[np.float64] = field(repr=False)

    @property
    def counts(self) -> bool:
        """Whether the class vectors change anything."""
        return bool(self.weights.any())

    def logits(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """(n, C) the logits of p_text, for (n, D) images of length 1."""
        similarities = (images @ self.vectors.T).astype(np.float64)
        return (similarities - self.offsets) / self.temperature

    def log_text(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """(n, C) log p_text."""
        return log_softmax(self.logits(images))

    def join(
        self, log_true: npt.NDArray[np.floating], images: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.floating]:
        """(n, C) log p(true | image) by both views.

        Args:
            log_true: (n, C) log p(true | image) by the labels' view alone.
            images: (n, D) of length 1.
        """
        if not self.counts:
            return log_true
        return log_softmax(self.exponent * log_true + self.weights * self.logits(images))

    def without(
        self, joined: npt.NDArray[np.floating], images: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.floating]:
        """(n, C) log p(true | image) by the labels' view alone: the inverse of `join`."""
        if not self.counts:
            return joined
        return log_softmax((joined - self.weights * self.logits(images)) / self.exponent)


def log_softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """(n, C) log-probabilities; rows of the exponential sum to 1."""
    from scipy import special  # slow to load

    logarithms: npt.NDArray[np.float64] = special.log_softmax(logits, axis=1)
    return logarithms


FIRST_SHARPNESS = 20.0
"""Initial inverse temperature of the fit; CLIP's own is 100, that of random vectors 0."""
WORTH = 2.0
"""Class vectors must raise the held-out log-likelihood by this many standard errors."""
ROUNDS = 3
"""Rounds of alternating fits of the weights and the noise."""
HALVES = 2
MOST_WEIGHT = 3.0
"""Largest exponent of the labels' view, and largest weight of the class vectors."""


def fit_text_view(
    log_true: npt.NDArray[np.floating],
    images: npt.NDArray[np.float32],
    given: npt.NDArray[np.int64],
    vectors: npt.NDArray[np.float32],
    taught: npt.NDArray[np.int64],
) -> TextView:
    """Fit the weights of class vectors by maximum likelihood of given labels.

    The likelihood combines p(true | image) by both views with the noise model's mixture of
    sources. Weights and mixture are fitted alternately: first one weight for all classes, then
    one for each. The names count only if weights fitted on one half of the rows raise the
    log-likelihood of the other half by `WORTH` standard errors; otherwise all weights are 0.

    Args:
        log_true: (N, C) log p(true | image) by denoisers that did not see the images' own labels.
        images: (N, D) of length 1.
        given: (N,) int64.
        vectors: (C, D) of length 1, one for each class.
        taught: (n,) int64, the images whose labels are fitted to.
    """
    some = taught[rows_to_fit(len(taught), len(vectors))]
    similarities = (images[some] @ vectors.T).astype(np.float64)
    rows = _Rows(log_softmax(log_true[some].astype(np.float64)), similarities, given[some])
    gains = np.concatenate([_gain(rows, half) for half in range(HALVES)])
    fitted = _fit(rows)
    worth = is_beyond_chance(gains, WORTH)
    # As without names, the noise hypotheses decide the sharpness: only the ratio of views counts.
    unit = _fit(rows, with_text=False).exponent
    weights = fitted.weights / unit if worth else np.zeros(len(vectors))
    return TextView(
        vectors,
        temperature=1 / fitted.sharpness,
        offsets=fitted.offsets,
        exponent=fitted.exponent / unit,
        weights=weights,
    )


@dataclass(frozen=True)
class _Rows:
    """n rows that parameters are fitted on.

    Attributes:
        log_true: (n, C) log p(true | image) by the labels' view.
        similarities: (n, C) of the images to the class vectors.
        given: (n,) int64.
    """

    log_true: npt.NDArray[np.float64] = field(repr=False)
    similarities: npt.NDArray[np.float64] = field(repr=False)
    given: npt.NDArray[np.int64] = field(repr=False)

    def of(self, rows: npt.NDArray[np.int64]) -> "_Rows":
        return _Rows(self.log_true[rows], self.similarities[rows], self.given[rows])

    def candidates(self, log_true: npt.NDArray[np.float64]) -> Candidates:
        """The images with all classes as candidates, for another log p(true | image)."""
        doubt = DoubtScale.of(log_true).candidates(log_true, self.given).doubt
        every = np.broadcast_to(np.arange(log_true.shape[1]), log_true.shape)
        return Candidates(every, log_true, self.given, doubt)


@dataclass(frozen=True)
class _Fitted:
    """The parameters of a `TextView`, with inverse temperature, and the noise fitted with them."""

    sharpness: float
    offsets: npt.NDArray[np.float64]
    exponent: float
    weights: npt.NDArray[np.float64]
    noise: Mixture

    def candidates(self, rows: _Rows) -> Candidates:
        logits = self.sharpness * (rows.similarities - self.offsets)
        return rows.candidates(log_softmax(self.exponent * rows.log_true + self.weights * logits))

    def log_likelihood(self, rows: _Rows) -> npt.NDArray[np.float64]:
        """(n,) log-likelihood of each given label."""
        images = self.candidates(rows)
        likelihood = (np.exp(images.log_true) * self.noise.likelihood(images)).sum(axis=1)
        logarithms: npt.NDArray[np.float64] = np.log(np.maximum(likelihood, 1e-300))
        return logarithms


def _gain(rows: _Rows, half: int) -> npt.NDArray[np.float64]:
    """The gain in log-likelihood of one half's labels by class vectors fitted on the other half."""
    place = np.arange(len(rows.given)) % HALVES
    taught = rows.of(np.flatnonzero(place != half))
    held_out = rows.of(np.flatnonzero(place == half))
    without = _fit(taught, with_text=False)
    return _fit(taught).log_likelihood(held_out) - without.log_likelihood(held_out)


def _fit(rows: _Rows, *, with_text: bool = True) -> _Fitted:
    classes = rows.similarities.shape[1]
    images = rows.candidates(rows.log_true)
    noise, _ = fit_mixture(images, Mixture.first(USUAL_SLOPE, 1.0, classes), FIRST_ROUNDS)
    said = noise.likelihood(images)
    sharpness, offsets = _fit_text_alone(rows, said)
    logits = sharpness * (rows.similarities - offsets) * with_text
    found = _Fitted(sharpness, offsets, 1.0, np.zeros(classes), noise)
    for of_each in (False,) * ROUNDS + (True,) * ROUNDS:
        start = (found.exponent, found.weights)
        exponent, weights = _fit_weights(rows.log_true, logits, said, start, of_each=of_each)
        found = replace(found, exponent=exponent, weights=weights)
        images = found.candidates(rows)
        noise, _ = fit_mixture(images, noise, MORE_ROUNDS)
        said = noise.likelihood(images)
        found = replace(found, noise=noise)
    return found


def _fit_text_alone(
    rows: _Rows, said: npt.NDArray[np.float64]
) -> tuple[float, npt.NDArray[np.float64]]:
    """Fit inverse temperature and offsets of the text view alone."""
    from scipy.optimize import minimize

    count = len(said)
    centred = rows.similarities - rows.similarities.mean(axis=0)

    def unlikeliness(values: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        likelihood, slope = _likelihood(values[0] * centred + values[1:], said)
        prior = PRIOR_ROWS * (values[1:] ** 2).sum() / 2
        slopes = np.append((slope * centred).sum(), slope.sum(axis=0) - PRIOR_ROWS * values[1:])
        return (prior - likelihood) / count, -slopes / count

    start = np.append(FIRST_SHARPNESS, np.zeros(centred.shape[1]))
    bounds = [(1e-3, 1e3), *[(None, None)] * centred.shape[1]]
    found = minimize(unlikeliness, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(found[0]), rows.similarities.mean(axis=0) - found[1:] / found[0]


def _fit_weights(
    log_true: npt.NDArray[np.float64],
    logits: npt.NDArray[np.float64],
    said: npt.NDArray[np.float64],
    start: tuple[float, npt.NDArray[np.float64]],
    *,
    of_each: bool,
) -> tuple[float, npt.NDArray[np.float64]]:
    """Fit the exponent of the labels' view and the weights, one for all classes or one for each."""
    from scipy.optimize import minimize

    count, classes = said.shape

    def unlikeliness(values: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        likelihood, slope = _likelihood(
            values[0] * log_true + (values[1] + values[2:]) * logits, said
        )
        of_class = (slope * logits).sum(axis=0)
        slopes = np.concatenate([[(slope * log_true).sum(), of_class.sum()], of_class])
        off = values - usual
        return (PRIOR_ROWS * off @ off / 2 - likelihood) / count, (
            PRIOR_ROWS * off - slopes
        ) / count

    usual = np.append(1.0, np.zeros(classes + 1))
    common = float(start[1].mean())
    first = np.concatenate([[start[0], common], start[1] - common])
    own = (-MOST_WEIGHT, MOST_WEIGHT) if of_each else (0.0, 0.0)
    bounds = [(0.2, MOST_WEIGHT), (0.0, MOST_WEIGHT), *[own] * classes]
    found = minimize(unlikeliness, first, jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(found[0]), np.clip(found[1] + found[2:], 0.0, MOST_WEIGHT)


def _likelihood(
    logits: npt.NDArray[np.float64], said: npt.NDArray[np.float64]
) -> tuple[float, npt.NDArray[np.float64]]:
    """The log-likelihood of n labels, and its (n, C) gradient in the logits of p(true | image)."""
    true = np.exp(log_softmax(logits))
    joint = true * said
    likelihood = np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
    return float(np.log(likelihood).sum()), joint / likelihood - true
