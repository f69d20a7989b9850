"""Combines an image's own probabilities with its neighbours' posteriors."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SMALLEST = 1e-4
PRIOR_ROWS = 20.0
"""Weight of the prior on the exponents, in rows; it matters for very small data sets."""
USUAL = (0.85, 0.2)
VALUES_TO_FIT = 200_000
"""Size limit, rows times classes, for fits of a few parameters: 20,000 rows of 10 classes."""
LEAST_ROWS_TO_FIT = 500


@dataclass(frozen=True)
class Mixing:
    """p(true | image) is proportional to own^own_exponent * neighbours^neighbour_exponent."""

    own_exponent: float
    neighbour_exponent: float

    def log_true(
        self, own: npt.NDArray[np.float32], neighbours: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float64]:
        """(n, C) log p(true | image).

        Args:
            own: (n, C), the denoiser's probabilities.
            neighbours: (n, C), the mean of the neighbours' posteriors.
        """
        mixed = self.own_exponent * _logarithm(own)
        mixed += self.neighbour_exponent * _logarithm(neighbours)
        mixed -= mixed.max(axis=1, keepdims=True)
        mixed -= np.log(np.exp(mixed).sum(axis=1, keepdims=True))
        return mixed

    def sharper(self, power: float) -> "Mixing":
        """Both exponents multiplied by a power."""
        return Mixing(power * self.own_exponent, power * self.neighbour_exponent)


def fit_mixing(
    own: npt.NDArray[np.float32],
    neighbours: npt.NDArray[np.float32],
    transition: npt.NDArray[np.float64],
    given: npt.NDArray[np.int64],
) -> Mixing:
    """Fit the exponents by maximum likelihood of held-out given labels.

    Args:
        own: (n, C), of a denoiser that did not see the images' given labels.
        neighbours: (n, C), the mean of the neighbours' posteriors under the same denoiser.
        transition: (C, C), the matrix that the denoiser was trained with.
        given: (n,) int64.
    """
    from scipy.optimize import minimize  # slow to load

    log_own, log_neighbours = _logarithm(own), _logarithm(neighbours)
    chances = transition[:, given].T  # (n, C)
    count = len(given)

    def unlikeliness(exponents: npt.NDArray[np.float64]) -> float:
        mixed = exponents[0] * log_own + exponents[1] * log_neighbours
        mixed -= mixed.max(axis=1, keepdims=True)
        np.exp(mixed, out=mixed)
        likelihood = (mixed * chances).sum(axis=1) / mixed.sum(axis=1)
        prior = PRIOR_ROWS * float(((exponents - USUAL) ** 2).sum()) / count
        return prior - float(np.log(likelihood).mean())

    found = minimize(unlikeliness, USUAL, method="L-BFGS-B", bounds=((0.2, 5.0), (0.0, 1.0)))
    return Mixing(float(found.x[0]), float(found.x[1]))


def is_beyond_chance(gains: npt.NDArray[np.floating], standard_errors: float = 1.0) -> bool:
    """Whether the mean of (n,) paired gains exceeds 0 by more than `standard_errors`."""
    return bool(gains.mean() > standard_errors * gains.std() / np.sqrt(len(gains)))


def rows_to_fit(count: int, classes: int) -> npt.NDArray[np.int64]:
    """Evenly spaced rows out of `count`, for fits of a few parameters."""
    most = min(count, max(LEAST_ROWS_TO_FIT, VALUES_TO_FIT // classes))
    return np.unique(np.linspace(0, count - 1, most).astype(np.int64))


def _logarithm(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    shares: npt.NDArray[np.float64] = np.log(probabilities.astype(np.float64) + SMALLEST)
    return shares
