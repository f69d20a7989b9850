"""The table of encoders: a new one is a module beside this one, and a line here.

A module has two functions of an `EncoderName` and `EncoderSettings`: `fingerprint` says cheaply
what the vectors depend on, `make` loads the encoder.
"""

import importlib
from types import ModuleType

from labelfix.encoders.encoder import (
    ClassReader,
    EncoderName,
    EncoderSettings,
    ImageEncoder,
    VectorSource,
)
from labelfix.errors import InputError

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
    """Load the encoder of a name such as `clip:ViT-B-32@laion2b_s34b_b79k`.

    Raises:
        InputError: there is no such kind or model.
        WeightsUnavailableError: its weights cannot be had; no other encoder is taken.
    """
    encoder: ImageEncoder | VectorSource = _module(name).make(name, settings)
    return encoder


def has_text(name: EncoderName) -> bool:
    """Whether an encoder's kind has a text tower beside the one for images."""
    return name.kind in TEXT_TOWERS


def make_text_encoder(name: EncoderName, settings: EncoderSettings) -> ClassReader:
    """The text tower that belongs to an encoder of a kind that has one.

    Raises:
        InputError: there is no such model, or its weights do not fit.
        WeightsUnavailableError: its weights or its tokenizer cannot be had.
    """
    reader: ClassReader = _module(name).make_text(name, settings)
    return reader


def encoder_fingerprint(name: EncoderName, settings: EncoderSettings) -> str:
    """The sha256 of all that an encoder's vectors depend on, without loading it.

    Raises:
        InputError: there is no such kind, or no such file.
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
