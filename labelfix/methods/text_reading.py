"""What class names alone say of images, for people to look at."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.data.shares import DECIMALS
from labelfix.noise.text_view import TextView

ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class TextReading:
    """The class that the names tell for R rows, by themselves.

    Attributes:
        classes: (R,) int64, the likeliest.
        confidence: (R,) float64 in [0, 1], its probability.
    """

    classes: npt.NDArray[np.int64] = field(repr=False)
    confidence: npt.NDArray[np.float64] = field(repr=False)

    def of(self, rows: npt.NDArray[np.bool_]) -> "TextReading":
        """For some of the rows, (R,) bool."""
        return TextReading(self.classes[rows], self.confidence[rows])


def read_text(
    view: TextView, vectors: npt.NDArray[np.float32], images: npt.NDArray[np.int64]
) -> TextReading:
    """What the names say of the images of R rows, the same whatever other rows there are.

    Args:
        view: of the class vectors.
        vectors: (N, D) of length 1.
        images: (R,) int64, the image of each row.
    """
    classes = np.empty(len(images), dtype=np.int64)
    confidence = np.empty(len(images))
    for start in range(0, len(images), ROWS_AT_ONCE):
        block = images[start : start + ROWS_AT_ONCE]
        filled = np.pad(block, (0, ROWS_AT_ONCE - len(block)))  # one size: the same last bits
        said = view.log_text(vectors[filled])[: len(block)]
        classes[start : start + len(block)] = said.argmax(axis=1)
        confidence[start : start + len(block)] = np.exp(said.max(axis=1))
    return TextReading(classes, confidence.round(DECIMALS))
