"""Rows to judge and their images: in the training set, or outside it."""

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
"""Reads the pixels of images: (n,) positions to (n, 3, S, S) uint8."""


@dataclass(frozen=True)
class GivenRows:
    """R rows to be corrected, and their N images.

    Attributes:
        vectors: (N, D) float32 of length 1.
        neighbours: of the N images.
        labelled: the given labels of images and rows.
        labels: (R,) the user's labels as given, text or integers.
        class_values: the user's label for each of the C classes.
        reasons: R texts, why a row without an image is not used.
        annotations: the labels of all annotators, if they are named; there is then one row for
            each image.
        pixels: of the N images, for a denoiser with an image branch.
        audits: audited labels of the N images.
        answers: (R,) audited labels, or `NO_CLASS`, `CANNOT_TELL`; None for rows without answer.
        class_vectors: (C, D) float32 of length 1, embeddings of the class names; None for none.
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
        """(N,) the verified class of each image, or else the given one."""
        if self.audits is None:
            return self.labelled.labels
        return np.where(self.audits.classes >= 0, self.audits.classes, self.labelled.labels)

    @property
    def used_images(self) -> npt.NDArray[np.int64]:
        """(U,) the image of each used row."""
        return self.labelled.row_images[self.used]

    @property
    def used_labels(self) -> npt.NDArray[np.int64]:
        """(U,) the given class of each used row."""
        return self.labelled.row_labels[self.used]

    @property
    def support(self) -> npt.NDArray[np.int64]:
        """(C,) the number of images given each class."""
        return np.bincount(self.labelled.labels, minlength=len(self.class_values))


@dataclass(frozen=True)
class SeenRows:
    """The training rows, and the noise learned from their labels.

    Attributes:
        rows: of the training.
        learned: None if it was not kept or the method does not estimate noise.
    """

    rows: GivenRows
    learned: LearnedNoise | None = None


@dataclass(frozen=True)
class UnseenRows:
    """R rows of M images outside the training set of N images.

    Attributes:
        vectors: (M, D) float32 of length 1.
        nearest: the nearest training images of each of the M images.
        row_images: (R,) int64, the image of each row; -1 if it could not be read.
        row_labels: (R,) int64, the class of each row's label; -1 for no label or an unknown one.
        labels: (R,) the user's labels as given, text; blank for none.
        class_values: the label of each of the C known classes.
        support: (C,) int64, the number of the N images given each class.
        reasons: R texts, why a row without an image is not used.
        pixels: of the M images, see `GivenRows`.
        expected_wrong_rate: the assumed share of wrong labels, in (0, 1), if the annotators may
            differ from those of the training labels and make any kind of mistake; None if they
            are the same.
        audits: audited labels of the M images.
        answers: of the R rows, see `GivenRows`.
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
        """(U,) the image of each used row."""
        return self.row_images[self.used]

    @property
    def used_labels(self) -> npt.NDArray[np.int64]:
        """(U,) the class of each used row; -1 for no label or an unknown one."""
        return self.row_labels[self.used]
