"""Rows whose images training has not seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.data.neighbours import NearestImages


@dataclass(frozen=True)
class UnseenRows:
    """R rows of M images that training has not seen, beside N images that it has.

    Attributes:
        vectors: (M, D) float32 of length 1.
        nearest: the images that training has seen nearest to each of them.
        row_images: (R,) int64, the image of each row; -1 where it could not be read.
        row_labels: (R,) int64, the class of each row's label; -1 for no label, and for one that
            is of no known class.
        labels: (R,) the user's labels as they were given, text; blank for none.
        class_values: the label of each of the C classes that are known.
        support: (C,) int64, how many of the N images were given each class.
        reasons: R texts, why a row without an image is not used.
        pixels: as `GivenRows` has it, of the M images.
    """

    vectors: npt.NDArray[np.float32] = field(repr=False)
    nearest: NearestImages
    row_images: npt.NDArray[np.int64] = field(repr=False)
    row_labels: npt.NDArray[np.int64] = field(repr=False)
    labels: npt.NDArray[Any] = field(repr=False)
    class_values: Sequence[Any]
    support: npt.NDArray[np.int64] = field(repr=False)
    reasons: Sequence[str] = field(repr=False)
    pixels: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.uint8]] | None = None

    @cached_property
    def used(self) -> npt.NDArray[np.int64]:
        """(U,) the rows that have an image."""
        return np.flatnonzero(self.row_images >= 0)

    @property
    def used_images(self) -> npt.NDArray[np.int64]:
        """(U,) the image of each row that is used."""
        return self.row_images[self.used]

    @property
    def used_labels(self) -> npt.NDArray[np.int64]:
        """(U,) the class of each row that is used; -1 for none that is known."""
        return self.row_labels[self.used]
