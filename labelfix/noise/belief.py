"""What is believed of images under all hypotheses on the noise, and what follows for the noise."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from labelfix.data.audited_labels import is_settled


@dataclass(frozen=True)
class Belief:
    """What is believed of n images.

    Attributes:
        classes: (n, M) int64, their candidates.
        probabilities: (n, M) float64, p(true | image, given) over all hypotheses; rows sum to 1.
        right: (H, n) float64, the probability under each hypothesis that the given label is
            right; 0 for an image without a label.
        weights: (H,) how much each hypothesis is believed; the last is that all labels are right.
    """

    classes: npt.NDArray[np.int64] = field(repr=False)
    probabilities: npt.NDArray[np.float64] = field(repr=False)
    right: npt.NDArray[np.float64] = field(repr=False)
    weights: npt.NDArray[np.float64] = field(repr=False)

    @classmethod
    def of_one(
        cls, probabilities: npt.NDArray[np.float64], given: npt.NDArray[np.int64]
    ) -> "Belief":
        """What is believed under a single hypothesis, from (n, C) probabilities."""
        count, classes = probabilities.shape
        own = probabilities[np.arange(count), np.maximum(given, 0)] * (given >= 0)
        every = np.broadcast_to(np.arange(classes), (count, classes))
        return cls(every, probabilities, np.stack([own, own]), np.array([1.0, 0.0]))

    def first(self, count: int) -> "Belief":
        """Of the first images alone."""
        return Belief(
            self.classes[:count], self.probabilities[:count], self.right[:, :count], self.weights
        )

    @cached_property
    def mean_right(self) -> npt.NDArray[np.float64]:
        """(n,) the probability that the given label is right."""
        return _weighed(self.weights, self.right)

    @cached_property
    def variance(self) -> npt.NDArray[np.float64]:
        """(n,) of the probability that the given label is right, over the hypotheses."""
        return _weighed(self.weights, (self.right - self.mean_right) ** 2)

    def answered(self, given: npt.NDArray[np.int64], said: npt.NDArray[np.int64]) -> "Belief":
        """The same once a person has said of some images what they are.

        Args:
            given: (n,) int64, the given classes.
            said: (n,) int64, the true class, `OTHER` for none of them; any other number is no
                answer.
        """
        known = np.flatnonzero(is_settled(said))
        if not len(known):
            return self
        probabilities, right = self.probabilities.copy(), self.right.copy()
        is_true = self.classes[known] == said[known, None]
        is_not = np.where(self.classes[known] == given[known, None], 0.0, probabilities[known])
        settled = np.where((said[known] >= 0)[:, None], is_true, is_not)
        total = settled.sum(axis=1, keepdims=True)
        probabilities[known] = np.where(total > 0, settled / np.maximum(total, 1e-300), is_not)
        right[:, known] = said[known] == given[known]
        return Belief(self.classes, probabilities, right, self.weights)

    def gain_over(self, other: "Belief") -> npt.NDArray[np.float64]:
        """(n,) how much likelier the likeliest class here is than the one that another has."""
        chosen = other.classes[np.arange(len(other.classes)), other.probabilities.argmax(axis=1)]
        theirs = np.where(self.classes == chosen[:, None], self.probabilities, 0).max(axis=1)
        gain: npt.NDArray[np.float64] = self.probabilities.max(axis=1) - theirs
        return gain

    @property
    def right_if_noisy(self) -> npt.NDArray[np.float64]:
        """(n,) the probability that the given label is right, unless all are."""
        weights = self.weights[:-1]
        mean: npt.NDArray[np.float64] = _weighed(weights, self.right[:-1]) / max(
            float(weights.sum()), 1e-300
        )
        return mean


def _weighed(
    weights: npt.NDArray[np.float64], values: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """(n,) the sum of (H, n) values by their weights, one hypothesis after the other.

    The last bits of a matrix product depend on how many images there are, and what is found for
    an image must not.
    """
    total = np.zeros(values.shape[1])
    for weight, of_one in zip(weights, values, strict=True):
        total += weight * of_one
    return total


def expected_counts(
    candidates: npt.NDArray[np.int64],
    given: npt.NDArray[np.int64],
    believed: npt.NDArray[np.float64],
    classes: int,
) -> npt.NDArray[np.float64]:
    """(C, C) how often each label is given to images that are believed to be of each class.

    Args:
        candidates: (n, M) int64, the classes that each image may be of.
        given: (n,) int64.
        believed: (n, M), p(true | image, given).
        classes: C.
    """
    places = (candidates * classes + given[:, None]).ravel()
    counts = np.bincount(places, believed.ravel(), minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.float64)


def transition_of(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(C, C) P(given j | true i) from how often j is believed to be given to images of class i.

    Each class starts with a right label, so that one without images has all its labels right.
    """
    classes = len(counts)
    labels = counts + np.eye(classes) + 1e-3 / classes
    shares: npt.NDArray[np.float64] = labels / labels.sum(axis=1, keepdims=True)
    return shares
