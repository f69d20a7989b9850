"""The mixture of sources of given labels: the truth and three kinds of mistake."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.noise.candidates import Candidates

SOURCES = 4
"""The true class; a uniform other class; the class's confusions; what the image looks like."""
FIRST_WEIGHTS = (0.85, 0.05, 0.05, 0.05)
CLASS_ROWS = 20.0
"""Strength, in labels, of the shrinkage of a class's weights to those of all classes."""
CONFUSION_ROWS = 100.0
"""Uniform pseudo-count of a class's confusions, at most one for each other class."""
CONCENTRATIONS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Of the Dirichlet prior on confusions: from few large ones to even ones."""
LEAST_OTHERS = 1e-3
"""Lower bound of 1 - p(true | image) as the denominator of the look-alike source."""


@dataclass(frozen=True)
class Mixture:
    """P(given y | true t, image), a mixture of four sources.

    A label is the true class, or a uniform other class, or another class drawn from the class's
    confusions, or another class drawn by how much the image looks like it:

        P(y | t, x) = W_0 [y = t] + W_1 / (C - 1) + W_2 A[t, y] + W_3 p(y | x) / (1 - p(t | x))

    The last three apply to y other than t. W_k is proportional to w[t, k] for the first two and to
    w[t, k] exp(slope (doubt - 1/2)) for the others. The third source is the noise transition
    matrix of classic label noise, the fourth is as in PMD noise (Zhang et al., ICLR 2021).

    Attributes:
        slope: how much doubt raises the log-odds of the last two sources.
        sharpness: the power of p(true | image) in the posterior; the p(y | x) of the last source
            is not raised.
        weights: (C, 4) float64, w[t, k]; rows sum to 1.
        confusions: (C, C) float64, A[t, y]; rows sum to 1, 0 on the diagonal.
    """

    slope: float
    sharpness: float
    weights: npt.NDArray[np.float64] = field(repr=False)
    confusions: npt.NDArray[np.float64] = field(repr=False)

    @classmethod
    def first(cls, slope: float, sharpness: float, classes: int) -> "Mixture":
        """The mixture that fitting starts from."""
        even = (np.ones((classes, classes)) - np.eye(classes)) / (classes - 1)
        return cls(slope, sharpness, np.tile(FIRST_WEIGHTS, (classes, 1)), even)

    def shares(self, images: Candidates) -> list[npt.NDArray[np.float64]]:
        """For each source (n, M), W_k: the probability that the label comes from it."""
        tilt = np.exp(self.slope * (images.doubt - 0.5))[:, None]
        found = [self.weights[:, source][images.classes] for source in range(SOURCES)]
        found[2] *= tilt
        found[3] *= tilt
        total = found[0] + found[1] + found[2] + found[3]
        return [share / total for share in found]

    def chances(self, images: Candidates) -> Iterator[npt.NDArray[np.float64]]:
        """For each source (n, M), P(given y | true t, image) if the label is from that source."""
        right = images.is_given
        wrong = ~right
        true = np.exp(images.log_true)
        like_given = np.where(right, true, 0).sum(axis=1, keepdims=True)
        labels = np.maximum(images.given, 0)[:, None]
        yield right.astype(np.float64)
        yield wrong / (len(self.confusions) - 1)
        yield self.confusions[images.classes, labels] * wrong
        yield like_given / np.maximum(1 - true, LEAST_OTHERS) * wrong

    def likelihood(self, images: Candidates) -> npt.NDArray[np.float64]:
        """(n, M) P(given | true t, image); 1 for an image without a label."""
        total = np.zeros_like(images.log_true)
        for share, chance in zip(self.shares(images), self.chances(images), strict=True):
            total += share * chance
        total[images.given < 0] = 1
        return total

    def posterior(
        self, images: Candidates, likelihood: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]:
        """(n, M) p(true | image, given); rows sum to 1.

        Args:
            images: with their labels.
            likelihood: (n, M) P(all given labels | true, image); None uses the one in `images`.
        """
        said = self.likelihood(images) if likelihood is None else likelihood
        joint = images.sharpened(self.sharpness) * said
        joint /= np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
        return joint


def fit_mixture(
    images: Candidates,
    start: Mixture,
    rounds: int,
    *,
    common: Mixture | None = None,
    true: npt.NDArray[np.float64] | None = None,
) -> tuple[Mixture, float]:
    """Fit weights and confusions by expectation maximisation (Dempster et al., 1977).

    Args:
        images: with labels; their p(true | image) is out-of-fold.
        start: initial weights and confusions; its slope and sharpness stay fixed.
        rounds: of EM.
        common: classes with few labels shrink to this; None uses the mean over all classes.
        true: (n, M) prior of the true class without these labels; None uses p(true | image)
            raised to the sharpness of `start`.

    Returns:
        The mixture, and the log-likelihood of the labels in the last E-step.
    """
    mixture, likelihood = start, 0.0
    known = images.sharpened(start.sharpness) if true is None else true
    for _ in range(rounds):
        counts, likelihood = _expected(mixture, images, known)
        mixture = Mixture(
            start.slope,
            start.sharpness,
            counts.weights(mixture.weights, None if common is None else common.weights),
            counts.confusions(None if common is None else common.confusions),
        )
    return mixture, likelihood


def log_occam_factor(mixture: Mixture, images: Candidates) -> float:
    """How much of the labels' log-likelihood the fitted confusions owe to being fitted, at most 0.

    The marginal likelihood of the labels that are put down to confusions, less their likelihood
    under the fitted ones (Cheeseman and Stutz, 1996). The marginal has a symmetric Dirichlet
    prior for each class, with the likeliest of a few concentrations. Without this factor, C (C - 1)
    free confusions explain the errors of a weak encoder on few images better than an encoder that
    errs does, and right labels would be taken for wrong ones.

    Args:
        mixture: fitted to the labels of these images.
        images: with labels.
    """
    from scipy.special import gammaln  # slow to load

    classes = len(mixture.confusions)
    if classes == 2:
        return 0.0  # a single other class: nothing is free
    confused = _expected(mixture, images, images.sharpened(mixture.sharpness))[0].confused
    others = ~np.eye(classes, dtype=bool)
    counts = confused[others].reshape(classes, classes - 1)
    fitted = mixture.confusions[others].reshape(classes, classes - 1)
    likelihood = float((counts * np.log(np.maximum(fitted, 1e-300))).sum())
    totals = counts.sum(axis=1)

    def marginal(concentration: float) -> float:
        whole = (classes - 1) * concentration
        of_rows = gammaln(whole) - gammaln(whole + totals)
        of_cells = gammaln(counts + concentration) - gammaln(concentration)
        return float(of_rows.sum() + of_cells.sum())

    return max(marginal(each) for each in CONCENTRATIONS) - likelihood


@dataclass(frozen=True)
class _Counts:
    """Expected counts of n labels (E-step).

    Attributes:
        of_class: (C, 1) labels of images of each true class.
        found: (C, 4) labels from each source.
        foreseen: (C, 4) labels from each source as predicted by W_k.
        confused: (C, C) labels from the class's confusions, [true, given].
    """

    of_class: npt.NDArray[np.float64]
    found: npt.NDArray[np.float64]
    foreseen: npt.NDArray[np.float64]
    confused: npt.NDArray[np.float64]

    def weights(
        self, before: npt.NDArray[np.float64], common: npt.NDArray[np.float64] | None
    ) -> npt.NDArray[np.float64]:
        """(C, 4) M-step: updated weights."""
        if common is None:
            foreseen = self.foreseen.sum(axis=0)
            mean = (before * self.foreseen).sum(axis=0) / np.maximum(foreseen, 1e-12)
            common = mean * (self.found.sum(axis=0) + 1) / (foreseen + 1)
            common = common / common.sum()
        own = before * (self.found + 1e-9) / (self.foreseen + 1e-9)
        weights = (self.of_class * own + CLASS_ROWS * common) / (self.of_class + CLASS_ROWS)
        shares: npt.NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
        return shares

    def confusions(self, common: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64]:
        """(C, C) M-step: updated confusions; rows sum to 1."""
        classes = len(self.confused)
        if common is None:
            counts = self.confused + min(1.0, CONFUSION_ROWS / (classes - 1))
        else:
            counts = self.confused + CLASS_ROWS * common
        np.fill_diagonal(counts, 0)
        shares: npt.NDArray[np.float64] = counts / counts.sum(axis=1, keepdims=True)
        return shares


def _expected(
    mixture: Mixture, images: Candidates, true: npt.NDArray[np.float64]
) -> tuple[_Counts, float]:
    classes = len(mixture.confusions)
    shares = mixture.shares(images)
    parts = [
        true * share * chance for share, chance in zip(shares, mixture.chances(images), strict=True)
    ]
    joint = parts[0] + parts[1] + parts[2] + parts[3]
    total = np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
    believed = joint / total

    def by_class(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        sums = np.bincount(images.classes.ravel(), values.ravel(), minlength=classes)
        return sums.astype(np.float64)

    confused = np.bincount(
        (images.classes * classes + images.given[:, None]).ravel(),
        (parts[2] / total).ravel(),
        minlength=classes * classes,
    ).reshape(classes, classes)
    counts = _Counts(
        by_class(believed)[:, None],
        np.column_stack([by_class(part / total) for part in parts]),
        np.column_stack([by_class(believed * share) for share in shares]),
        confused.astype(np.float64),
    )
    return counts, float(np.log(total).sum())
