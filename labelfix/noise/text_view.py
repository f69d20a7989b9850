"""The second view: what class names, as vectors beside the images', say of the true class."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import special


@dataclass(frozen=True)
class TextView:
    """How class vectors are read, and how much they count beside what labels have taught.

    What the names alone say of an image is a softmax of its cosine similarities:

        p_text(c | image) ~ exp((similarity_c - offset_c) / temperature)

    and together with the labels' view

        p(true c | image) ~ p(c | image)^exponent
                            exp(weight_c (similarity_c - offset_c) / temperature)

    Attributes:
        vectors: (C, D) float32 of length 1, one for each class.
        temperature: that similarities are divided by.
        offsets: (C,) float64, the similarity at which a class's vector says nothing.
        exponent: of the labels' view.
        weights: (C,) float64, how much each class's vector counts; 0 where it tells nothing.
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
        """(n, C) what p_text is a softmax of, for (n, D) images of length 1."""
        similarities = (images @ self.vectors.T).astype(np.float64)
        return (similarities - self.offsets) / self.temperature

    def log_text(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """(n, C) the logarithm of p_text."""
        return log_softmax(self.logits(images))

    def join(
        self, log_true: npt.NDArray[np.floating], images: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.floating]:
        """(n, C) the logarithm of p(true | image) by both views.

        Args:
            log_true: (n, C) the same by the labels' view alone.
            images: (n, D) of length 1.
        """
        if not self.counts:
            return log_true
        return log_softmax(self.exponent * log_true + self.weights * self.logits(images))

    def without(
        self, joined: npt.NDArray[np.floating], images: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.floating]:
        """(n, C) the labels' view alone, out of what `join` made of it."""
        if not self.counts:
            return joined
        return log_softmax((joined - self.weights * self.logits(images)) / self.exponent)


def log_softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """(n, C) logarithms of probabilities in proportion to the exponentials; rows sum to 1."""
    logarithms: npt.NDArray[np.float64] = special.log_softmax(logits, axis=1)
    return logarithms
