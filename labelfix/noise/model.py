"""Which labels are given for an image of a class, and so what a given label says."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


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
        weight: how much a given label counts. Where people and the denoiser misread the same
            images, the label is no independent evidence: its likelihood is raised to a power
            below 1 (as in Miller and Dunson, JASA 2019).
    """

    transition: npt.NDArray[np.float64] = field(repr=False)
    exponent: float = 0.0
    offset: float = 0.0
    weight: float = 1.0

    def log_likelihood(
        self, log_true: npt.NDArray[np.float64], given: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """(n, C) the logarithm of P(given | true i, image)^weight, up to a constant for each row.

        Args:
            log_true: (n, C), the logarithm of p(true | image).
            given: (n,) int64.
        """
        matrix = self._matrix()
        total = np.exp(self.exponent * log_true) @ matrix.T  # (n, C)
        likelihood: npt.NDArray[np.float64] = np.log(matrix[:, given].T) - np.log(total)
        return self.weight * likelihood

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


class NoiseModels(NamedTuple):
    """The noise as it is believed in: likely, as little as may be, and as much as may be."""

    likely: NoiseModel
    least: NoiseModel
    most: NoiseModel


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
