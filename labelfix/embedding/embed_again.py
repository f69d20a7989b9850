"""Images that are varied while a denoiser is trained, embedded by the encoder of the workspace."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelfix.data import embeddings
from labelfix.data.embeddings import unit_length
from labelfix.data.encoder_views import encoders_of, side_by_side
from labelfix.data.records import Record
from labelfix.data.workspace import Workspace
from labelfix.embedding.own_encoder import encoder_in
from labelfix.embedding.several_encoders import records_of_encoders
from labelfix.embedding.unseen import check_encoder
from labelfix.encoders.available import make_encoder
from labelfix.encoders.encoder import (
    ONLY_VECTORS,
    SELF_TRAINED,
    EncoderSettings,
    ImageEncoder,
    parse_encoder,
)
from labelfix.errors import InputError
from labelfix.options.diffusion_options import ALWAYS, WITH_SIMCLR

EncodePixels = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]


def is_embedded_again(workspace: Workspace, embed_again: str) -> bool:
    """Whether varied images are embedded again, with the encoder that the workspace has.

    Args:
        workspace: with finished embeddings.
        embed_again: `never`, `simclr` or `always`.

    Raises:
        InputError: they are to be, and the vectors came from a file.
    """
    encoders = encoders_of(embeddings.finished_record(workspace.embeddings))
    kinds = {encoder: parse_encoder(encoder).kind for encoder in encoders}
    vectors = [encoder for encoder, kind in kinds.items() if kind == ONLY_VECTORS]
    if embed_again == ALWAYS and vectors:
        raise InputError(
            f"--embed-again always: expected an encoder that varied images can be embedded with, "
            f"found --encoder {vectors[0]}",
            "Take --embed-again never (as the paper does with Food-101N), or embed with clip, "
            "timm, hog or simclr.",
        )
    is_trained = set(kinds.values()) == {SELF_TRAINED}
    return embed_again == ALWAYS or (embed_again == WITH_SIMCLR and is_trained)


def encode_again(workspace: Workspace, device: str) -> EncodePixels:
    """The encoder that made the embeddings, for squares of pixels.

    Args:
        workspace: with finished embeddings.
        device: `cpu` or `cuda`.

    Returns:
        A function of (B, 3, S, S) uint8 that gives (B, D) float32 of length 1.

    Raises:
        InputError: the encoder is no longer the one that the workspace was embedded with.
    """
    made = embeddings.finished_record(workspace.embeddings)
    each = [_encode_by(workspace, alone, device) for alone in records_of_encoders(workspace, made)]
    return each[0] if len(each) == 1 else partial(_encode_all, each)


def _encode_by(workspace: Workspace, made: Record, device: str) -> EncodePixels:
    name = encoder_in(workspace, made.options["encoder"])
    settings = EncoderSettings(device, made.details["precision"])
    check_encoder(workspace, made, name, settings)
    encoder = make_encoder(name, settings)
    if not isinstance(encoder, ImageEncoder):
        raise InputError(f"--encoder {name}: expected an encoder of images, found vectors")
    return _encode_with(encoder)


def _encode_all(
    each: Sequence[EncodePixels], pixels: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float32]:
    views = [encode(pixels) for encode in each]
    return side_by_side(views, len(pixels))


def _encode_with(encoder: ImageEncoder) -> EncodePixels:
    def encode(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        images = [Image.fromarray(image) for image in pixels.transpose(0, 2, 3, 1)]
        vectors = encoder.encode(np.stack([encoder.prepare(image) for image in images]))
        return unit_length(vectors)[0]

    return encode
