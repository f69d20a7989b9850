"""What an encoder is, and the table of encoders.

A new encoder is one module beside this one, and one line in `ENCODERS`. The module has two
functions of an `EncoderName` and `EncoderSettings`: `fingerprint` says cheaply what the vectors
depend on, `make` loads the encoder.
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelfix.encoders.prompts import ClassTexts
from labelfix.errors import InputError
from labelfix.progress import Progress

SELF_TRAINED = "simclr"
"""The kind that labelfix trains; its file needs no model name."""
ONLY_VECTORS = "precomputed"
"""The kind that opens no images."""


@dataclass(frozen=True)
class EncoderName:
    """The parts of `KIND[:MODEL][@WEIGHTS]`. For `precomputed:FILE` the model is the file."""

    kind: str
    model: str = ""
    weights: str = ""

    def __str__(self) -> str:
        # `clip:@FOLDER`, with a colon and no model, is how clip's folders have always been named.
        has_colon = self.model or (self.weights and self.kind != SELF_TRAINED)
        model = f":{self.model}" if has_colon else ""
        return f"{self.kind}{model}" + (f"@{self.weights}" if self.weights else "")


def parse_encoder(text: str) -> EncoderName:
    """Parse an encoder's name.

    Raises:
        InputError: it does not start with a kind.
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
    """What an encoder may need to know about the run.

    Attributes:
        device: `cpu` or `cuda`.
        precision: `float32` or `bfloat16`.
        rows: the manifest's image names, row by row, for vectors in its order.
    """

    device: str = "cpu"
    precision: str = "float32"
    rows: Sequence[str] = ()


@runtime_checkable
class ImageEncoder(Protocol):
    """Makes vectors from images. It is frozen: an image always gets the same vector."""

    @property
    def dimension(self) -> int:
        """D."""

    @property
    def precision(self) -> str:
        """`float32` or `bfloat16`."""

    def prepare(self, image: Image.Image) -> npt.NDArray[np.uint8]:
        """The pixels for `encode`: (H, W, 3) uint8. Called from many threads.

        Raises:
            UnreadableImageError: the encoder cannot use the image.
        """

    def encode(self, batch: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(B, H, W, 3) uint8 to (B, D) float32 vectors of any length."""


@runtime_checkable
class VectorSource(Protocol):
    """Has given vectors; no image is opened."""

    @property
    def dimension(self) -> int:
        """D."""

    def vectors(self, images: Sequence[str]) -> npt.NDArray[Any]:
        """(n, D) the vectors of some images: any number type, any length."""


class ClassReader(Protocol):
    """Makes class vectors from names and prompts, in the space of an image encoder."""

    def class_vectors(
        self, classes: Sequence[ClassTexts], progress: Progress
    ) -> npt.NDArray[np.float32]:
        """(C, D) a vector of length 1 for each class."""


ENCODERS = {
    "clip": "labelfix.encoders.clip",
    "timm": "labelfix.encoders.timm",
    "hog": "labelfix.encoders.hog",
    "precomputed": "labelfix.encoders.precomputed",
    "simclr": "labelfix.encoders.simclr",
}
TEXT_TOWERS = ("clip",)
"""Kinds whose module also has `make_text`."""


def make_encoder(name: EncoderName, settings: EncoderSettings) -> ImageEncoder | VectorSource:
    """Load an encoder by a name such as `clip:ViT-B-32@laion2b_s34b_b79k`.

    Raises:
        InputError: no such kind or model.
        WeightsUnavailableError: its weights are unavailable; no other encoder replaces it.
    """
    encoder: ImageEncoder | VectorSource = _module(name).make(name, settings)
    return encoder


def has_text(name: EncoderName) -> bool:
    """Whether an encoder's kind has a text tower."""
    return name.kind in TEXT_TOWERS


def make_text_encoder(name: EncoderName, settings: EncoderSettings) -> ClassReader:
    """The text tower of an encoder whose kind has one.

    Raises:
        InputError: no such model, or its weights do not fit.
        WeightsUnavailableError: its weights or its tokenizer are unavailable.
    """
    reader: ClassReader = _module(name).make_text(name, settings)
    return reader


def encoder_fingerprint(name: EncoderName, settings: EncoderSettings) -> str:
    """The sha256 of everything that an encoder's vectors depend on, without loading it.

    Raises:
        InputError: no such kind, or no such file.
    """
    fingerprint: str = _module(name).fingerprint(name, settings)
    return fingerprint


def _module(name: EncoderName) -> ModuleType:
    if name.kind not in ENCODERS:
        raise InputError(
            f"--encoder: expected one of {', '.join(ENCODERS)}, found {name.kind!r}",
            "For example --encoder hog, or --encoder clip:ViT-B-32@laion2b_s34b_b79k.",
        )
    return importlib.import_module(ENCODERS[name.kind])
