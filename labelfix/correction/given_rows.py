"""The rows that are to be corrected, and the images that they stand for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.data.annotations import Annotations
from labelfix.data.joined import LabelledImages
from labelfix.data.neighbours import Neighbours


@dataclass(frozen=True)
class GivenRows:
    """R rows to be corrected, and the N images that they stand for.

    Attributes:
        vectors: (N, D) float32 of length 1.
        neighbours: of the N images.
        labelled: the given labels of images and rows.
        labels: (R,) the user's labels as they were given, text or integers.
        class_values: the user's label for each of the C classes.
        reasons: R texts, why a row without an image is not used.
        annotations: every label of the images, where it is known who gave it; then there is one
            row for each image.
        pixels: reads the pixels of some of the N images, (n,) to (n, 3, S, S) uint8, for a
            denoiser with an image branch.
    """

    vectors: npt.NDArray[np.float32] = field(repr=False)
    neighbours: Neighbours
    labelled: LabelledImages
    labels: npt.NDArray[Any] = field(repr=False)
    class_values: Sequence[Any]
    reasons: Sequence[str] = field(repr=False)
    annotations: Annotations | None = None
    pixels: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.uint8]] | None = None

    @cached_property
    def used(self) -> npt.NDArray[np.int64]:
        """(U,) the rows that have an image and a label."""
        return np.flatnonzero(self.labelled.row_images >= 0)

    @property
    def used_images(self) -> npt.NDArray[np.int64]:
        """(U,) the image of each row that is used."""
        return self.labelled.row_images[self.used]

    @property
    def used_labels(self) -> npt.NDArray[np.int64]:
        """(U,) the given class of each row that is used."""
        return self.labelled.row_labels[self.used]

    @property
    def support(self) -> npt.NDArray[np.int64]:
        """(C,) how many images were given each class."""
        return np.bincount(self.labelled.labels, minlength=len(self.class_values))
