"""What an encoder is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelfix.encoders.prompts import ClassTexts
from labelfix.errors import InputError
from labelfix.runtime.progress import Progress

SELF_TRAINED = "simclr"
"""The kind that labelfix trains by itself; a file of it needs no model beside it."""
ONLY_VECTORS = "precomputed"
"""The kind that opens no image."""


@dataclass(frozen=True)
class EncoderName:
    """`KIND[:MODEL][@WEIGHTS]`, taken apart. For `precomputed:FILE` the model is the file."""

    kind: str
    model: str = ""
    weights: str = ""

    def __str__(self) -> str:
        # A colon without a model is how clip's folders have always been named.
        has_colon = self.model or (self.weights and self.kind != SELF_TRAINED)
        model = f":{self.model}" if has_colon else ""
        return f"{self.kind}{model}" + (f"@{self.weights}" if self.weights else "")


def parse_encoder(text: str) -> EncoderName:
    """Take an encoder's name apart.

    Raises:
        InputError: it does not begin with a kind.
    """
    if text.startswith(f"{SELF_TRAINED}@"):
        return EncoderName(SELF_TRAINED, "", text.partition("@")[2])
    kind, _, rest = text.partition(":")
    if not kind:
        raise InputError(f"--encoder: expected KIND[:MODEL[@WEIGHTS]], found {text!r}")
    if kind == ONLY_VECTORS:
        return EncoderName(kind, rest)
    model, _, weights = rest.partition("@")
    return EncoderName(kind, model, weights)


@dataclass(frozen=True)
class EncoderSettings:
    """What an encoder may need to know of the run.

    Attributes:
        device: `cpu` or `cuda`.
        precision: `float32` or `bfloat16`.
        rows: the manifest's image names, row by row; for vectors that come in its order.
    """

    device: str = "cpu"
    precision: str = "float32"
    rows: Sequence[str] = ()


@runtime_checkable
class ImageEncoder(Protocol):
    """Makes vectors from images. Frozen: the same image always gives the same vector."""

    @property
    def dimension(self) -> int:
        """D."""

    @property
    def precision(self) -> str:
        """`float32` or `bfloat16`."""

    def prepare(self, image: Image.Image) -> npt.NDArray[np.uint8]:
        """The pixels that `encode` takes: (H, W, 3) uint8. Called from many threads.

        Raises:
            UnreadableImageError: it cannot be brought to the encoder's form.
        """

    def encode(self, batch: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(B, H, W, 3) uint8 to (B, D) float32, of any length."""


@runtime_checkable
class VectorSource(Protocol):
    """Has vectors already; no image is opened."""

    @property
    def dimension(self) -> int:
        """D."""

    def vectors(self, images: Sequence[str]) -> npt.NDArray[Any]:
        """(n, D) the vectors of some images, any type of number, of any length."""


class ClassReader(Protocol):
    """Makes class vectors from names and prompts, beside the vectors of an image encoder."""

    def class_vectors(
        self, classes: Sequence[ClassTexts], progress: Progress
    ) -> npt.NDArray[np.float32]:
        """(C, D) a vector of length 1 for each class."""
