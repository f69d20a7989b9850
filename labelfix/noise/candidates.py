"""The classes that an image may be of, and how doubtful that is: what the noise model reads."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

MOST_CANDIDATES = 16
"""Classes of an image that are weighed, beside the given one or the next likeliest; what is left
out is unlikely."""
QUANTILES = 1001


@dataclass(frozen=True)
class Candidates:
    """n images with the M classes that each may be of.

    Attributes:
        classes: (n, M) int64, none twice in a row; all C classes where they are few.
        log_true: (n, M) float64, the logarithm of p(true | image); rows of its exponential sum
            to 1.
        given: (n,) int64, the class of each image's label; -1 for none.
        doubt: (n,) float64 in [0, 1], the rank of 1 - max p(true | image) among all images.
    """

    classes: npt.NDArray[np.int64] = field(repr=False)
    log_true: npt.NDArray[np.float64] = field(repr=False)
    given: npt.NDArray[np.int64] = field(repr=False)
    doubt: npt.NDArray[np.float64] = field(repr=False)

    @property
    def is_given(self) -> npt.NDArray[np.bool_]:
        """(n, M) which candidate is the given class."""
        return np.asarray(self.classes == self.given[:, None])

    def of(self, rows: npt.NDArray[np.int64]) -> "Candidates":
        """The images of some rows."""
        return Candidates(
            self.classes[rows], self.log_true[rows], self.given[rows], self.doubt[rows]
        )

    def with_labels(self, given: npt.NDArray[np.int64]) -> "Candidates":
        """The same images with other labels, which need not be among the candidates."""
        return Candidates(self.classes, self.log_true, given, self.doubt)

    def sharpened(self, exponent: float) -> npt.NDArray[np.float64]:
        """(n, M) in proportion to p(true | image) to a power; rows sum to 1."""
        powers = exponent * self.log_true
        powers -= powers.max(axis=1, keepdims=True)
        np.exp(powers, out=powers)
        powers /= powers.sum(axis=1, keepdims=True)
        return powers


@dataclass(frozen=True)
class DoubtScale:
    """How doubtful the images are that a noise model was fitted on.

    Attributes:
        quantiles: (Q,) float64, rising, of 1 - max p(true | image).
    """

    quantiles: npt.NDArray[np.float64] = field(repr=False)

    @classmethod
    def of(cls, log_true: npt.NDArray[np.floating]) -> "DoubtScale":
        """The scale of N images, from (N, C) logarithms of p(true | image)."""
        doubts = 1 - np.exp(log_true.max(axis=1).astype(np.float64))
        return cls(np.quantile(doubts, np.linspace(0, 1, QUANTILES)))

    def candidates(
        self, log_true: npt.NDArray[np.floating], given: npt.NDArray[np.int64]
    ) -> Candidates:
        """The candidates of n images.

        Args:
            log_true: (n, C), the logarithm of p(true | image).
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
    """The candidates' classes and the logarithms of their probabilities, not yet scaled."""
    count, classes = log_true.shape
    if classes <= MOST_CANDIDATES + 1:
        every = np.broadcast_to(np.arange(classes), (count, classes))
        return every, log_true.astype(np.float64)
    chosen = np.argpartition(-log_true, MOST_CANDIDATES, axis=1)[:, : MOST_CANDIDATES + 1]
    missing = (given >= 0) & ~(chosen == given[:, None]).any(axis=1)
    chosen[missing, MOST_CANDIDATES] = given[missing]  # for the least likely of those chosen
    chosen.sort(axis=1)
    return chosen, np.take_along_axis(log_true, chosen, axis=1).astype(np.float64)
