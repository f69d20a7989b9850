"""Images that a workspace was not trained on, embedded as its own were; nothing is trained."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelfix.data import embeddings, image_paths
from labelfix.data.manifest import Manifest
from labelfix.data.records import Record
from labelfix.data.stage import Rerun, StageResult
from labelfix.data.workspace import Workspace, open_workspace
from labelfix.embedding.inputs import EmbedInputs, open_unseen
from labelfix.embedding.one_encoder import ChosenEncoder
from labelfix.embedding.own_encoder import encoder_in
from labelfix.embedding.several_encoders import records_of_encoders, remove_others
from labelfix.embedding.stage import embed_images
from labelfix.embedding.work import ImagesToEmbed
from labelfix.encoders.available import encoder_fingerprint
from labelfix.encoders.encoder import ONLY_VECTORS, EncoderName, EncoderSettings, parse_encoder
from labelfix.errors import InputError, MissingStageError
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.manifest_options import ManifestOptions
from labelfix.runtime.device import resolve_device
from labelfix.runtime.progress import Progress


@dataclass(frozen=True)
class UnseenInputs:
    """What the user gave.

    Attributes:
        images: the image folder.
        manifest: None takes every image in the folder, without a label.
        embeddings: files of vectors, where those of the workspace came from files: one for each
            encoder that is a file, in their order.
        options: how the manifest is read.
        labelled: whether labels are expected: then a folder without a manifest has one folder for
            each class.
        audited: files of what persons have said of these images.
    """

    images: Path
    manifest: Path | None = None
    embeddings: tuple[Path, ...] = ()
    options: ManifestOptions = field(default_factory=ManifestOptions)
    labelled: bool = False
    audited: tuple[Path, ...] = ()


@dataclass(frozen=True)
class EmbeddedUnseen:
    """Images that are embedded in a workspace of their own, and how that went."""

    workspace: Workspace
    manifest: Manifest
    result: StageResult


def embed_unseen(
    reference: Workspace,
    inputs: UnseenInputs,
    into: Path,
    device: str,
    progress: Progress,
    rerun: Rerun,
) -> EmbeddedUnseen:
    """Embed images by the very encoder of a workspace, into a workspace of their own.

    Args:
        reference: with embeddings; it is only read.
        inputs: what the user gave.
        into: the folder of their workspace; nobody else works in it.
        device: `auto`, `cpu` or `cuda`.
        progress: is told of the work.
        rerun: what to do with embeddings of such images that are there already.

    Raises:
        InputError: the images or the manifest are not usable, or the encoder is no longer the one
            that the workspace was embedded with.
        MissingStageError: the workspace has no embeddings, or lacks its own encoder.
        WorkspaceError: frozen, and the embeddings there are of other images.
    """
    made = records_of_encoders(reference, embeddings.finished_record(reference.embeddings))
    encoders = _encoders_of(reference, made, inputs.embeddings)
    reads_images = any(name.kind != ONLY_VECTORS for name in encoders)
    as_given = EmbedInputs(inputs.images, inputs.manifest, inputs.options)
    opened = open_unseen(as_given, progress, reads_images=reads_images, labelled=inputs.labelled)
    device = resolve_device(device)
    chosen = [
        _as_was_chosen(reference, of_one, name, device, opened)
        for of_one, name in zip(made, encoders, strict=True)
    ]
    names = opened.unique_images()
    stats = image_paths.stat_lines(names, inputs.images) if reads_images else names
    workspace = open_workspace(into)
    to_embed = ImagesToEmbed(opened, inputs.images, names, stats, needs_label=False, least=1)
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
    """The workspace's encoders; for those that are files of vectors, the files of the new ones."""
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
            f"--images: expected the vectors of these images in a file, for those of the "
            f"workspace came from one ({', '.join(files)}), found none",
            "Embed them in the same way and name the file with --embeddings FILE"
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
    """An encoder of images, seen to be there where the workspace itself has it."""
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
    """See that the encoder, its library and its precision are what they were."""
    was, found = made.inputs["encoder"], encoder_fingerprint(name, settings)
    if found != was:
        raise InputError(
            f"the encoder {made.options['encoder']} is not the one that {reference.embeddings} "
            f"was made by: expected the fingerprint {was[:12]}, found {found[:12]}; its weights or "
            "the versions of its libraries have changed",
            "Bring these back, or run labelfix embed, index and train again with those of now.",
        )


def _check_dimension(made: Record, found: Record, name: EncoderName) -> None:
    wanted, dimension = made.details["dimension"], found.details["dimension"]
    if dimension != wanted:
        raise InputError(
            f"{name.model}: expected embeddings of {wanted} values, as those of the workspace are, "
            f"found {dimension}",
            "Embed the images in the same way.",
        )
