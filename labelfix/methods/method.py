"""The protocols of a method: training on given labels, and the judge that it returns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from labelfix.data.neighbours import Neighbours
from labelfix.data.shares import WrongShare
from labelfix.embedding.embedded_images import EmbeddedImages
from labelfix.embedding.workspace_encoder import EncodePixels
from labelfix.methods.row_evidence import RowEvidence
from labelfix.methods.rows import GivenRows, SeenRows, UnseenRows
from labelfix.methods.training_course import TrainingReport
from labelfix.noise.audits import ImageAudits
from labelfix.noise.batch_rate import BatchRate
from labelfix.noise.estimate import NoiseEstimate
from labelfix.options.relabel_options import RelabelOptions
from labelfix.runtime.checkpoint import Checkpoints
from labelfix.runtime.progress import Progress

Options = TypeVar("Options", contravariant=True)


@dataclass(frozen=True)
class GivenLabels:
    """Training data.

    Attributes:
        vectors: (N, D) float32 of length 1.
        labels: (N,) int64, the given classes.
        neighbours: of the N images.
        classes: C.
        images: reads the pixels of the N images, for a network that needs them.
        audits: audited labels of the N images.
        encode: embeds augmented images, for a method that needs it; (B, 3, S, S) uint8 to (B, D)
            float32 of length 1.
        dimensions: D of each encoder's embeddings, which are concatenated; empty for one encoder.
    """

    vectors: npt.NDArray[np.float32] = field(repr=False)
    labels: npt.NDArray[np.int64] = field(repr=False)
    neighbours: Neighbours
    classes: int
    images: EmbeddedImages | None = None
    audits: ImageAudits | None = field(default=None, repr=False)
    encode: EncodePixels | None = None
    dimensions: Sequence[int] = ()


@dataclass(frozen=True)
class Origin:
    """The training data of a judge, recorded in its files.

    Attributes:
        class_names: C labels, in the order of the classes.
        embeddings_fingerprint: of the embeddings.
        encoder: the encoder that made them.
    """

    class_names: list[str]
    embeddings_fingerprint: str = ""
    encoder: str = ""


@dataclass(frozen=True)
class UnseenEvidence:
    """Evidence for rows of images outside the training set.

    Attributes:
        of_rows: the evidence for the rows that are used.
        wrong: the share of wrong labels among those of a known class; None if there are none or
            the method does not estimate noise.
        rate: the share of wrong labels of a batch judged with an assumed wrong rate, estimated
            from the whole batch.
        transition: (C, C) float64, P(given j | true i), from the posteriors of the rows; None if
            the method does not estimate noise.
    """

    of_rows: RowEvidence
    wrong: WrongShare | None = None
    rate: BatchRate | None = None
    transition: npt.NDArray[np.float64] | None = field(default=None, repr=False)


class Judge(Protocol):
    """A trained method."""

    @property
    def image_size(self) -> int | None:
        """Side in px of the images that it needs; None if it needs embeddings only."""

    @property
    def learns_noise(self) -> bool:
        """Whether it estimates the label noise and so gives calibrated confidences."""

    def weigh(
        self, rows: GivenRows, options: RelabelOptions, device: str, progress: Progress
    ) -> tuple[RowEvidence, NoiseEstimate | None]:
        """Judge the labels that it was trained on.

        Returns:
            The evidence for the rows that are used, and the noise estimate; None if the method
            does not estimate noise.
        """

    def weigh_unseen(
        self,
        unseen: UnseenRows,
        seen: SeenRows,
        options: RelabelOptions,
        device: str,
        progress: Progress,
    ) -> UnseenEvidence:
        """Judge rows of images outside the training set."""

    def save(self, weights: Path, config: Path, origin: Origin) -> None:
        """Write weights as safetensors, the rest as JSON."""


class Trained(NamedTuple):
    """The result of a training: the judge, and details for the stage's record."""

    judge: Judge
    details: dict[str, Any]


class Method(Protocol[Options]):
    """A way of training denoisers; its options are those that `TrainOptions.of_method` gives."""

    @property
    def name(self) -> str:
        """The name that `--method` takes."""

    def fit(
        self,
        data: GivenLabels,
        options: Options,
        device: str,
        progress: Progress,
        *,
        checkpoints: Checkpoints | None = None,
        report: Callable[[TrainingReport], None] = lambda _: None,
    ) -> Trained:
        """Train.

        Args:
            data: embeddings, given labels and neighbours.
            options: of the training.
            device: `cpu` or `cuda`.
            progress: reports progress.
            checkpoints: to resume from and to save the state in.
            report: receives loss and learning rate.
        """

    def load(self, weights: Path, config: Path) -> Judge:
        """Read a judge back.

        Raises:
            WorkspaceError: the files are damaged, of another method, or not safetensors.
        """
