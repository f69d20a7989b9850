"""The encoder of a workspace, for other images: new ones, or varied ones of a training.

Nothing is trained here, and the encoder must be the very one that made the embeddings.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelfix.data import embeddings, image_paths
from labelfix.data.embeddings import unit_length
from labelfix.data.encoder_views import encoders_of, side_by_side
from labelfix.data.manifest import Manifest
from labelfix.data.manifest_inputs import EmbedInputs, open_unseen
from labelfix.data.records import Record, Rerun, StageResult
from labelfix.data.workspace import Workspace, open_workspace
from labelfix.embedding.one_encoder import ChosenEncoder
from labelfix.embedding.parts import ImagesToEmbed
from labelfix.embedding.several_encoders import records_of_encoders, remove_others
from labelfix.embedding.stage import embed_images, encoder_in
from labelfix.encoders.registry import (
    ONLY_VECTORS,
    SELF_TRAINED,
    EncoderName,
    EncoderSettings,
    ImageEncoder,
    encoder_fingerprint,
    make_encoder,
    parse_encoder,
)
from labelfix.errors import InputError, MissingStageError
from labelfix.options.diffusion_options import ALWAYS, WITH_SIMCLR
from labelfix.options.embed_options import EmbedOptions
from labelfix.runtime.device import resolve_device
from labelfix.runtime.progress import Progress


@dataclass(frozen=True)
class EmbeddedUnseen:
    """New images, embedded in a workspace of their own."""

    workspace: Workspace
    manifest: Manifest
    result: StageResult


def embed_unseen(
    reference: Workspace,
    inputs: EmbedInputs,
    into: Path,
    device: str,
    progress: Progress,
    rerun: Rerun,
) -> EmbeddedUnseen:
    """Embed new images by the encoder of a workspace, into a workspace of their own.

    Args:
        reference: a workspace with embeddings; it is only read.
        inputs: what the user gave.
        into: the folder of their workspace, not used by other runs.
        device: `auto`, `cpu` or `cuda`.
        progress: reports progress.
        rerun: what to do with existing embeddings of such images.

    Raises:
        InputError: the images or the manifest are unusable, or the encoder has changed since the
            workspace was embedded.
        MissingStageError: the workspace lacks its embeddings or its own encoder.
        WorkspaceError: frozen, and the embeddings are of other images.
    """
    made = records_of_encoders(reference, embeddings.finished_record(reference.embeddings))
    encoders = _encoders_of(reference, made, inputs.embeddings)
    reads_images = any(name.kind != ONLY_VECTORS for name in encoders)
    opened = open_unseen(inputs, progress, reads_images=reads_images)
    device = resolve_device(device)
    chosen = [
        _as_was_chosen(reference, of_one, name, device, opened)
        for of_one, name in zip(made, encoders, strict=True)
    ]
    names = opened.unique_images()
    stats = image_paths.stat_lines(names, inputs.images) if reads_images else names
    workspace = open_workspace(into)
    to_embed = ImagesToEmbed(
        manifest=opened, folder=inputs.images, names=names, stats=stats, needs_label=False, least=1
    )
    result = embed_images(workspace, to_embed, chosen, progress, rerun)
    remove_others(workspace, result.record)
    found = records_of_encoders(workspace, result.record)
    for of_one, record, name in zip(made, found, encoders, strict=True):
        _check_dimension(of_one, record, name)
    return EmbeddedUnseen(workspace, opened, result)


def _as_was_chosen(
    reference: Workspace, made: Record, name: EncoderName, device: str, opened: Manifest
) -> ChosenEncoder:
    """The encoder that made some embeddings, for other images."""
    reads_images = name.kind != ONLY_VECTORS
    precision = made.details["precision"] if reads_images else "float32"
    settings = EncoderSettings(device, precision, opened.images)
    if reads_images:
        check_encoder(reference, made, name, settings)
    options = EmbedOptions(
        encoder=made.options["encoder"] if reads_images else str(name),
        device=device,
        batch_size=made.options["batch_size"],
        precision=precision,
        part_rows=made.options["part_rows"],
    )
    return ChosenEncoder(name, settings, options)


def _encoders_of(
    reference: Workspace, made: Sequence[Record], vectors: Sequence[Path]
) -> list[EncoderName]:
    """The workspace's encoders; a file of vectors is replaced by the new images' file."""
    encoders = [record.options["encoder"] for record in made]
    files = [name for name in encoders if parse_encoder(name).kind == ONLY_VECTORS]
    if vectors and not files:
        raise InputError(
            f"--embeddings: expected a workspace with --encoder {ONLY_VECTORS}:FILE, found "
            f"--encoder {encoders[0]}",
            "Leave --embeddings out: the images are embedded as those of the workspace were.",
        )
    if files and not vectors:
        raise InputError(
            f"expected --embeddings FILE with the vectors of these images, because those of "
            f"{reference.root} came from a file ({', '.join(files)}); found none",
            "Embed these images in the same way and add --embeddings FILE"
            f"{', once for each encoder' if len(files) > 1 else ''}.",
        )
    if len(vectors) != len(files):
        raise InputError(
            f"--embeddings: expected {len(files)} file{'s' * (len(files) > 1)}, for "
            f"{', '.join(files)}, found {len(vectors)}",
            "Give it once for each of these encoders, in their order.",
        )
    given = iter(vectors)
    return [
        EncoderName(ONLY_VECTORS, str(next(given)))
        if name in files
        else _encoder_there(reference, name)
        for name in encoders
    ]


def _encoder_there(reference: Workspace, encoder: str) -> EncoderName:
    """An encoder of images; the workspace's own is checked to exist."""
    name = encoder_in(reference, encoder)
    if name.weights == str(reference.encoder) and not reference.encoder.is_file():
        raise MissingStageError(
            f"the encoder of the workspace is missing: there is no {reference.encoder}",
            "Run labelfix embed again, with the same options.",
        )
    return name


def check_encoder(
    reference: Workspace, made: Record, name: EncoderName, settings: EncoderSettings
) -> None:
    """Check that the encoder, its library and its precision are unchanged."""
    was, found = made.inputs["encoder"], encoder_fingerprint(name, settings)
    if found != was:
        raise InputError(
            f"the encoder {made.options['encoder']} is not the one that {reference.embeddings} "
            f"was made by: expected the fingerprint {was[:12]}, found {found[:12]}; its weights or "
            "the versions of its libraries have changed",
            "Restore them, or run labelfix embed, index and train again with the current ones.",
        )


def _check_dimension(made: Record, found: Record, name: EncoderName) -> None:
    wanted, dimension = made.details["dimension"], found.details["dimension"]
    if dimension != wanted:
        raise InputError(
            f"{name.model}: expected embeddings of {wanted} values, as those of the workspace are, "
            f"found {dimension}",
            "Embed the images in the same way.",
        )


EncodePixels = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]


def is_embedded_again(workspace: Workspace, embed_again: str) -> bool:
    """Whether varied training images are embedded again, by the workspace's encoder.

    Args:
        workspace: with finished embeddings.
        embed_again: `never`, `simclr` or `always`.

    Raises:
        InputError: `always`, but the vectors came from a file.
    """
    encoders = encoders_of(embeddings.finished_record(workspace.embeddings))
    kinds = {encoder: parse_encoder(encoder).kind for encoder in encoders}
    vectors = [encoder for encoder, kind in kinds.items() if kind == ONLY_VECTORS]
    if embed_again == ALWAYS and vectors:
        raise InputError(
            f"--embed-again always: expected an encoder that can embed varied images, "
            f"found --encoder {vectors[0]}",
            "Use --embed-again never (as the paper does with Food-101N), or embed with clip, "
            "timm, hog or simclr.",
        )
    is_trained = set(kinds.values()) == {SELF_TRAINED}
    return embed_again == ALWAYS or (embed_again == WITH_SIMCLR and is_trained)


def encode_again(workspace: Workspace, device: str) -> EncodePixels:
    """The encoder that made the embeddings, as a function of square images.

    Args:
        workspace: with finished embeddings.
        device: `cpu` or `cuda`.

    Returns:
        A function of (B, 3, S, S) uint8 that gives (B, D) float32 of length 1.

    Raises:
        InputError: the encoder has changed since the workspace was embedded.
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
