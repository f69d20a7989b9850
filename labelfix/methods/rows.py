"""The rows that are judged, and the images that they stand for: given to training, or unseen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.data.image_labels import Annotations, LabelledImages
from labelfix.data.neighbours import NearestImages, Neighbours
from labelfix.noise.audits import ImageAudits
from labelfix.noise.estimate import LearnedNoise

Pixels = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.uint8]]
"""Reads the pixels of some images, (n,) to (n, 3, S, S) uint8."""


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
        pixels: of the N images, for a denoiser with an image branch.
        audits: what persons have said of the N images.
        answers: (R,) the label that a person said, or `NO_CLASS`, `CANNOT_TELL`; None for none.
        class_vectors: (C, D) float32 of length 1, what the classes' names say; None for none.
    """

    vectors: npt.NDArray[np.float32] = field(repr=False)
    neighbours: Neighbours
    labelled: LabelledImages
    labels: npt.NDArray[Any] = field(repr=False)
    class_values: Sequence[Any]
    reasons: Sequence[str] = field(repr=False)
    annotations: Annotations | None = None
    pixels: Pixels | None = None
    audits: ImageAudits | None = field(default=None, repr=False)
    answers: npt.NDArray[Any] | None = field(default=None, repr=False)
    class_vectors: npt.NDArray[np.float32] | None = field(default=None, repr=False)

    @cached_property
    def used(self) -> npt.NDArray[np.int64]:
        """(U,) the rows that have an image and a label."""
        return np.flatnonzero(self.labelled.row_images >= 0)

    @cached_property
    def best_labels(self) -> npt.NDArray[np.int64]:
        """(N,) the class of each image as a person has verified it, or else as it was given."""
        if self.audits is None:
            return self.labelled.labels
        return np.where(self.audits.classes >= 0, self.audits.classes, self.labelled.labels)

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


@dataclass(frozen=True)
class SeenRows:
    """The rows that training has seen, and what was learned of the noise in their labels.

    Attributes:
        rows: of the training.
        learned: None where it was not kept, and where the method does not learn it.
    """

    rows: GivenRows
    learned: LearnedNoise | None = None


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
        expected_wrong_rate: the share of wrong labels that a row is judged with, in (0, 1), where
            the annotators may be others than those of the labels that training has seen, and
            mistaken in any way; None where they are the same.
        audits: what persons have said of the M images.
        answers: as `GivenRows` has it, of the R rows.
    """

    vectors: npt.NDArray[np.float32] = field(repr=False)
    nearest: NearestImages
    row_images: npt.NDArray[np.int64] = field(repr=False)
    row_labels: npt.NDArray[np.int64] = field(repr=False)
    labels: npt.NDArray[Any] = field(repr=False)
    class_values: Sequence[Any]
    support: npt.NDArray[np.int64] = field(repr=False)
    reasons: Sequence[str] = field(repr=False)
    pixels: Pixels | None = None
    expected_wrong_rate: float | None = None
    audits: ImageAudits | None = field(default=None, repr=False)
    answers: npt.NDArray[Any] | None = field(default=None, repr=False)

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
