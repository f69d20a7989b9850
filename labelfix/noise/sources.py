"""Where the labels of a new batch may come from: the truth, or one of three kinds of mistake."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

LOOKALIKE_EXPONENT = 0.5
"""How far a mistake among look-alikes follows p(class | image)."""
SOURCES = 4
"""Right labels, even mistakes, the reference's mistakes, mistakes among look-alikes."""


@dataclass(frozen=True)
class LabelSources:
    """P(given | true, image) of each source; how much each gives is not known beforehand.

    A right label is the true one. A mistake falls on all other classes alike; or as often on each
    as in the reference, whose noise transition matrix tells; or, as far as the image looks like
    other classes, on these (as in PMD noise, Zhang et al., ICLR 2021).

    Attributes:
        transition: (C, C), P(given j | true i) in the reference; rows sum to 1.
    """

    transition: npt.NDArray[np.float64] = field(repr=False)

    def chances(
        self, true: npt.NDArray[np.float64], given: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """(n, 4) P(given | image) were all labels from one of the sources.

        Args:
            true: (n, C), p(true | image).
            given: (n,) int64.
        """
        said = (np.einsum("nc,nc->n", true, each) for each in self._each(true, given))
        return np.column_stack(list(said))

    def log_likelihood(
        self,
        log_true: npt.NDArray[np.float64],
        given: npt.NDArray[np.int64],
        wrong_rate: float,
    ) -> npt.NDArray[np.float64]:
        """(n, C) the logarithm of P(given | true i, image), where all kinds of mistake are alike.

        Args:
            log_true: (n, C), the logarithm of p(true | image).
            given: (n,) int64.
            wrong_rate: the share of wrong labels, above 0.
        """
        right, *mistakes = self._each(np.exp(log_true), given)
        mistaken = sum(mistakes, start=np.zeros_like(right)) / len(mistakes)
        likelihood: npt.NDArray[np.float64] = np.log(
            (1 - wrong_rate) * right + wrong_rate * np.maximum(mistaken, 1e-12)
        )
        return likelihood

    def _each(
        self, true: npt.NDArray[np.float64], given: npt.NDArray[np.int64]
    ) -> list[npt.NDArray[np.float64]]:
        """For each source (n, C), P(given | true i)."""
        rows, classes = np.arange(len(given)), true.shape[1]
        right = np.zeros_like(true)
        right[rows, given] = 1
        even = np.full_like(true, 1 / (classes - 1))
        known = self._mistakes[:, given].T.copy()
        likeness = np.maximum(true, 1e-6) ** LOOKALIKE_EXPONENT
        others = likeness.sum(axis=1, keepdims=True) - likeness
        alike = likeness[rows, given][:, None] / others
        for mistake in (even, known, alike):
            mistake[rows, given] = 0
        return [right, even, known, alike]

    @cached_property
    def _mistakes(self) -> npt.NDArray[np.float64]:
        """(C, C) the matrix without its diagonal, rows sum to 1; even where nothing is known."""
        classes = len(self.transition)
        wrong = self.transition + 1e-9
        np.fill_diagonal(wrong, 0)
        mistakes: npt.NDArray[np.float64] = wrong / wrong.sum(axis=1, keepdims=True)
        return mistakes if classes > 1 else wrong
