"""What a method has to offer: training on given labels, and a judge that comes out of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from labelfix.config import RelabelOptions
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
from labelfix.progress import Progress
from labelfix.training.checkpoint import Checkpoints

Options = TypeVar("Options", contravariant=True)


@dataclass(frozen=True)
class GivenLabels:
    """What is learned from.

    Attributes:
        vectors: (N, D) float32 of length 1.
        labels: (N,) int64, the given classes.
        neighbours: of the N images.
        classes: C.
        images: reads the pixels of the N images, for a network that sees them.
        audits: what persons have said of the N images.
        encode: embeds varied images again, for a method that does; (B, 3, S, S) uint8 to (B, D)
            float32 of length 1.
        dimensions: D of the embeddings of each encoder, side by side; none for one encoder.
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
    """What a judge was trained on, for its files.

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
    """What is known of rows that training has not seen.

    Attributes:
        of_rows: the evidence for the rows that are used.
        wrong: the share of wrong labels among those of a known class; None where there is none,
            and where the method does not learn it.
        rate: the same of labels whose wrong rate was only expected, learned from all of them.
        transition: (C, C) float64, P(given j | true i), as often as the rows have it; None where
            the method does not learn it.
    """

    of_rows: RowEvidence
    wrong: WrongShare | None = None
    rate: BatchRate | None = None
    transition: npt.NDArray[np.float64] | None = field(default=None, repr=False)


class Judge(Protocol):
    """A trained method."""

    @property
    def image_size(self) -> int | None:
        """Px of a side of the images that it wants to see; None where embeddings are enough."""

    @property
    def learns_noise(self) -> bool:
        """Whether it learns how many labels are wrong, and so tells how sure it is."""

    def weigh(
        self, rows: GivenRows, options: RelabelOptions, device: str, progress: Progress
    ) -> tuple[RowEvidence, NoiseEstimate | None]:
        """Judge the labels that it was trained on.

        Returns:
            The evidence for the rows that are used, and the noise among the given labels; None
            where the method does not learn it.
        """

    def weigh_unseen(
        self,
        unseen: UnseenRows,
        seen: SeenRows,
        options: RelabelOptions,
        device: str,
        progress: Progress,
    ) -> UnseenEvidence:
        """Judge rows of images that training has not seen, by what was learned from those seen."""

    def save(self, weights: Path, config: Path, origin: Origin) -> None:
        """Write weights as safetensors, the rest as JSON."""


class Trained(NamedTuple):
    """What a training gives back: the judge, and what the stage's record tells of it."""

    judge: Judge
    details: dict[str, Any]


class Method(Protocol[Options]):
    """A way of training denoisers; its options are those that `TrainOptions.of_method` gives."""

    @property
    def name(self) -> str:
        """As `--method` has it."""

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
            progress: shows how far the training is.
            checkpoints: where to go on from, and to keep the state in.
            report: is given loss and rate as they come.
        """

    def load(self, weights: Path, config: Path) -> Judge:
        """Read a judge back.

        Raises:
            WorkspaceError: the files are damaged, of another method, or no safetensors.
        """
