"""Which labels are given for an image of a class, and so what a given label says."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize_scalar

LARGEST_EXPONENT = 0.6
LARGEST_OFFSET = 8.0


@dataclass(frozen=True)
class NoiseModel:
    """P(given j | true i, image), in proportion to transition[i, j] p(j | image)^exponent.

    Where the exponent is above 0, noise falls on images that look like several classes, and
    on the classes that they look like (as in PMD noise, Zhang et al., ICLR 2021); where it is
    0, noise depends on the class alone.

    Attributes:
        transition: (C, C), rows sum to 1.
        exponent: how far noise depends on the image.
        offset: added to the logarithm of the diagonal; keeps the share of wrong labels.
    """

    transition: npt.NDArray[np.float64] = field(repr=False)
    exponent: float = 0.0
    offset: float = 0.0

    def log_likelihood(
        self, log_true: npt.NDArray[np.float64], given: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """(n, C) the logarithm of P(given | true i, image), up to a constant for each row.

        Args:
            log_true: (n, C), the logarithm of p(true | image).
            given: (n,) int64.
        """
        matrix = self._matrix()
        total = np.exp(self.exponent * log_true) @ matrix.T  # (n, C)
        likelihood: npt.NDArray[np.float64] = np.log(matrix[:, given].T) - np.log(total)
        return likelihood

    def mean_noise(self, log_true: npt.NDArray[np.float64]) -> float:
        """The share of wrong labels that is to be expected among n images."""
        matrix = self._matrix()
        likeness = np.exp(self.exponent * log_true)
        right = matrix.diagonal() * likeness / (likeness @ matrix.T)
        return float(1 - (np.exp(log_true) * right).sum(axis=1).mean())

    def _matrix(self) -> npt.NDArray[np.float64]:
        matrix = self.transition.copy()
        np.fill_diagonal(matrix, matrix.diagonal() * np.exp(self.offset))
        return matrix


def posterior(
    log_true: npt.NDArray[np.float64], log_likelihood: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """p(true | image, given), in proportion to p(true | image) P(given | true, image).

    Args:
        log_true: (n, C).
        log_likelihood: (n, C).

    Returns:
        (n, C), rows sum to 1.
    """
    joint = log_true + log_likelihood
    joint -= joint.max(axis=1, keepdims=True)
    np.exp(joint, out=joint)
    joint /= joint.sum(axis=1, keepdims=True)
    return joint


def fit_noise_model(
    transition: npt.NDArray[np.float64],
    log_true: npt.NDArray[np.float64],
    given: npt.NDArray[np.int64],
) -> NoiseModel:
    """How far noise depends on the image: the exponent under which the given labels are likeliest.

    The matrix alone says how many labels are wrong, for likelihood misjudges that wherever noise
    depends on the image; likelihood says on which images they are.

    Args:
        transition: (C, C).
        log_true: (n, C), the logarithm of p(true | image), of a model that did not see the
            images' own labels.
        given: (n,) int64.
    """
    wanted = NoiseModel(transition).mean_noise(log_true)

    def with_exponent(exponent: float) -> NoiseModel:
        def surplus(offset: float) -> float:
            return NoiseModel(transition, exponent, offset).mean_noise(log_true) - wanted

        if surplus(-LARGEST_OFFSET) <= 0 or surplus(LARGEST_OFFSET) >= 0:
            return NoiseModel(transition)
        offset = brentq(surplus, -LARGEST_OFFSET, LARGEST_OFFSET, xtol=1e-3)
        return NoiseModel(transition, exponent, float(offset))

    def unlikeliness(exponent: float) -> float:
        model = with_exponent(exponent)
        matrix_rows = np.exp(log_true) * np.exp(_given_likelihood(model, log_true, given))
        return -float(np.log(np.maximum(matrix_rows.sum(axis=1), 1e-300)).mean())

    found = minimize_scalar(
        unlikeliness, bounds=(0, LARGEST_EXPONENT), method="bounded", options={"xatol": 0.01}
    )
    best = min((0.0, float(found.x)), key=unlikeliness)
    return with_exponent(best) if best else NoiseModel(transition)


def _given_likelihood(
    model: NoiseModel, log_true: npt.NDArray[np.float64], given: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """(n, C) the logarithm of P(given | true i, image), with the constant of each row."""
    own = model.exponent * log_true[np.arange(len(given)), given]
    return model.log_likelihood(log_true, given) + own[:, None]
