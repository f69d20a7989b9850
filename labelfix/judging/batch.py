"""A batch of annotations: the user's inputs and, once judged, what rules and the report read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelfix.data.corrections import Corrections
from labelfix.data.label_classes import LabelClasses
from labelfix.data.manifest import Manifest
from labelfix.data.neighbours import NearestImages, Neighbours
from labelfix.data.shares import AnnotatorQuality, WrongShare
from labelfix.noise.encoder_strength import EncoderStrength
from labelfix.noise.outlook import Outlook
from labelfix.options.manifest_options import ManifestOptions


@dataclass(frozen=True, kw_only=True)
class BatchInputs:
    """The images and the labels of a batch.

    Attributes:
        images: the image folder.
        manifest: None takes each folder below the image folder for a class.
        embeddings: files of embeddings, if the reference's came from files: one for each encoder
            that is a file, in their order.
        options: how the manifest is read.
        split_column: as in `RuleOptions`.
        audited: files with people's answers on the images.
        with_decisions: whether the decisions of the batch's workspace are such answers, too.
    """

    images: Path
    manifest: Path | None = None
    embeddings: tuple[Path, ...] = ()
    options: ManifestOptions = field(default_factory=ManifestOptions)
    split_column: str | None = None
    audited: tuple[Path, ...] = ()
    with_decisions: bool = True


@dataclass(frozen=True, kw_only=True)
class KnownImages:
    """N embedded images.

    Attributes:
        names: relative to the folder, as the file system names them.
        labels: the given label of each, text; empty where it has none.
        content_hashes: sha256 of the files' bytes; of the vectors where only these were given.
        are_file_hashes: whether they are of files.
        splits: the split of each; None where it is unknown.
        folder: where the files are, or were; None where that is unknown.
    """

    names: Sequence[str] = field(repr=False)
    labels: Sequence[str] = field(repr=False)
    content_hashes: Sequence[str] = field(repr=False)
    splits: Sequence[str] | None = field(default=None, repr=False)
    folder: Path | None = None
    are_file_hashes: bool = True

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, kw_only=True)
class BatchNoise:
    """Estimates of how many labels of a batch are wrong.

    Attributes:
        overall: of all judged rows; None where there was none.
        of_class: by the given label.
        annotators: by annotator; empty where none is named.
        class_names: C labels, sorted.
        transition: (C, C) float64, P(given j | true i); rows sum to 1.
        all_right: the belief in [0, 1] that all labels are right; None where it is unknown.
        outlook: what a person's answers would gain; None where it was not computed.
        audited: how many rows a person verified.
        encoder: how far its judgement can be trusted; None where it is unknown.
    """

    overall: WrongShare | None
    of_class: dict[str, WrongShare] = field(default_factory=dict)
    annotators: Sequence[AnnotatorQuality] = ()
    class_names: Sequence[str] = ()
    transition: npt.NDArray[np.float64] | None = field(default=None, repr=False)
    all_right: float | None = None
    outlook: Outlook | None = None
    audited: int = 0
    encoder: EncoderStrength | None = None


@dataclass(frozen=True, kw_only=True)
class Batch:
    """R judged rows, their N images, and the images that they were judged by.

    Attributes:
        manifest: the rows, in the user's order.
        corrections: for each row.
        row_images: (R,) int64, the image of each row; -1 where it is unreadable.
        images: the N readable images of the batch.
        within: the nearest images of each within the batch.
        support: how many images each known label has, in the reference if there is one, else in the
            batch.
        noise: how many labels are wrong.
        splits: the split of each row; None where it is unknown.
        reference: the M images of the reference; None where the batch was judged alone.
        nearest: the images of the reference nearest to each of the N; None without one.
        classes: the class of each label, however it is written; labels of images are classes, those
            of rows and corrections are written as the user wrote them.
    """

    manifest: Manifest
    corrections: Corrections
    row_images: npt.NDArray[np.int64] = field(repr=False)
    images: KnownImages
    within: Neighbours
    support: dict[str, int] = field(repr=False)
    noise: BatchNoise
    splits: Sequence[str] | None = field(default=None, repr=False)
    reference: KnownImages | None = None
    nearest: NearestImages | None = None
    classes: LabelClasses = field(default_factory=LabelClasses)

    def __len__(self) -> int:
        return len(self.manifest)

    @cached_property
    def given_classes(self) -> list[str]:
        """The class of each row's given label."""
        return self.classes.read(self.manifest).given_labels

    def position(self, number: int) -> int:
        """The position here, from 0, of a row by its number in the user's table."""
        return number - 1 if self._positions is None else self._positions[number]

    @cached_property
    def _positions(self) -> dict[int, int] | None:
        if self.manifest.rows is None:
            return None
        return {self.manifest.row_number(row): row for row in range(len(self))}

    @property
    def judges(self) -> tuple[KnownImages, Neighbours | NearestImages]:
        """The images that are evidence on labels, and the nearest of them to each image."""
        if self.reference is not None and self.nearest is not None:
            return self.reference, self.nearest
        return self.images, self.within
