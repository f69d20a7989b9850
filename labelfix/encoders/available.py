"""The table of encoders: a new one is a file beside this one, and a line here."""

import importlib

from labelfix.encoders.encoder import EncoderSettings, ImageEncoder, VectorSource, parse_encoder
from labelfix.errors import InputError

ENCODERS = {
    "clip": "labelfix.encoders.clip:make",
    "timm": "labelfix.encoders.timm:make",
    "hog": "labelfix.encoders.hog:make",
    "precomputed": "labelfix.encoders.precomputed:make",
}


def make_encoder(text: str, settings: EncoderSettings) -> ImageEncoder | VectorSource:
    """The encoder of a name such as `clip:ViT-B-32@laion2b_s34b_b79k`.

    Raises:
        InputError: there is no such kind or model.
        WeightsUnavailableError: its weights cannot be had; no other encoder is taken.
    """
    name = parse_encoder(text)
    if name.kind not in ENCODERS:
        raise InputError(
            f"--encoder: expected one of {', '.join(ENCODERS)}, found {name.kind!r}",
            "For example --encoder hog, or --encoder clip:ViT-B-32@laion2b_s34b_b79k.",
        )
    module, _, function = ENCODERS[name.kind].partition(":")
    encoder: ImageEncoder | VectorSource = getattr(importlib.import_module(module), function)(
        name, settings
    )
    return encoder
