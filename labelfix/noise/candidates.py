"""The candidate classes of each image and its doubt: the input of the noise model."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

MOST_CANDIDATES = 16
"""Candidate classes per image, beside the given class or the next most probable; the rest have
little probability."""
QUANTILES = 1001


@dataclass(frozen=True)
class Candidates:
    """n images with M candidate classes each.

    Attributes:
        classes: (n, M) int64, no class twice in a row; all C classes if C is small.
        log_true: (n, M) float64, log p(true | image); its exponential has rows that sum to 1.
        given: (n,) int64, the class of each image's label; -1 for none.
        doubt: (n,) float64 in [0, 1], the rank of 1 - max p(true | image) among all images.
    """

    classes: npt.NDArray[np.int64] = field(repr=False)
    log_true: npt.NDArray[np.float64] = field(repr=False)
    given: npt.NDArray[np.int64] = field(repr=False)
    doubt: npt.NDArray[np.float64] = field(repr=False)

    @property
    def is_given(self) -> npt.NDArray[np.bool_]:
        """(n, M) whether each candidate is the given class."""
        return np.asarray(self.classes == self.given[:, None])

    def of(self, rows: npt.NDArray[np.int64]) -> "Candidates":
        """Some of the images."""
        return Candidates(
            self.classes[rows], self.log_true[rows], self.given[rows], self.doubt[rows]
        )

    def with_labels(self, given: npt.NDArray[np.int64]) -> "Candidates":
        """The same images with other labels, even ones that are no candidates."""
        return Candidates(self.classes, self.log_true, given, self.doubt)

    def sharpened(self, exponent: float) -> npt.NDArray[np.float64]:
        """(n, M) p(true | image)^exponent, normalised: rows sum to 1."""
        powers = exponent * self.log_true
        powers -= powers.max(axis=1, keepdims=True)
        np.exp(powers, out=powers)
        powers /= powers.sum(axis=1, keepdims=True)
        return powers


@dataclass(frozen=True)
class DoubtScale:
    """The distribution of doubt over the images that a noise model was fitted on.

    Attributes:
        quantiles: (Q,) float64, ascending, of 1 - max p(true | image).
    """

    quantiles: npt.NDArray[np.float64] = field(repr=False)

    @classmethod
    def of(cls, log_true: npt.NDArray[np.floating]) -> "DoubtScale":
        """The scale of N images, from (N, C) log p(true | image)."""
        doubts = 1 - np.exp(log_true.max(axis=1).astype(np.float64))
        return cls(np.quantile(doubts, np.linspace(0, 1, QUANTILES)))

    def candidates(
        self, log_true: npt.NDArray[np.floating], given: npt.NDArray[np.int64]
    ) -> Candidates:
        """The candidates of n images.

        Args:
            log_true: (n, C), log p(true | image).
            given: (n,) int64; -1 for none.
        """
        doubts = 1 - np.exp(log_true.max(axis=1).astype(np.float64))
        doubt = np.interp(doubts, self.quantiles, np.linspace(0, 1, len(self.quantiles)))
        classes, likely = _likeliest(log_true, given)
        likely -= np.log(np.exp(likely).sum(axis=1, keepdims=True))
        return Candidates(classes, likely, given, doubt)


def _likeliest(
    log_true: npt.NDArray[np.floating], given: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The candidate classes and their log-probabilities, not yet normalised."""
    count, classes = log_true.shape
    if classes <= MOST_CANDIDATES + 1:
        every = np.broadcast_to(np.arange(classes), (count, classes))
        return every, log_true.astype(np.float64)
    chosen = np.argpartition(-log_true, MOST_CANDIDATES, axis=1)[:, : MOST_CANDIDATES + 1]
    missing = (given >= 0) & ~(chosen == given[:, None]).any(axis=1)
    chosen[missing, MOST_CANDIDATES] = given[missing]  # replaces the least likely candidate
    chosen.sort(axis=1)
    return chosen, np.take_along_axis(log_true, chosen, axis=1).astype(np.float64)
