"""The embed stage: the manifest checked and kept, and an embedding for every image."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from labelfix.data import image_paths, manifest
from labelfix.data.manifest import Manifest
from labelfix.data.records import RowCounts
from labelfix.data.stage import Rerun, StagePlan, StageResult
from labelfix.data.workspace import Workspace
from labelfix.embedding.class_names import ClassNames
from labelfix.embedding.embedded_images import IMAGE_FOLDER
from labelfix.embedding.inputs import EmbedInputs, labelled_images, open_manifest
from labelfix.embedding.one_encoder import ChosenEncoder, embed_by_one
from labelfix.embedding.own_encoder import encoder_in, train_own_encoder
from labelfix.embedding.several_encoders import bring_back, dimensions_of, embed_by_several
from labelfix.embedding.work import ImagesToEmbed
from labelfix.encoders.encoder import ONLY_VECTORS, EncoderSettings
from labelfix.options.embed_options import EmbedOptions
from labelfix.runtime.device import resolve_device, resolve_precision
from labelfix.runtime.progress import Progress
from labelfix.simclr.images_to_learn import ImagesToLearn


def run_embed(
    workspace: Workspace,
    inputs: EmbedInputs,
    options: EmbedOptions,
    progress: Progress,
    rerun: Rerun,
) -> StageResult:
    """Check the manifest, keep it in the workspace and embed every image that is not yet.

    Args:
        workspace: open and locked.
        inputs: images and manifest.
        options: encoders and how they run.
        progress: is told of findings and of every batch.
        rerun: what to do with embeddings that are there already.

    Raises:
        InputError: the manifest, the folder or an encoder's name is not usable.
        WeightsUnavailableError: an encoder's weights cannot be had.
        WorkspaceError: frozen, and the embeddings there are of another encoder or option.
    """
    encoders = [encoder_in(workspace, encoder) for encoder in options.encoders]
    reads_images = any(name.kind != ONLY_VECTORS for name in encoders)
    opened = open_manifest(inputs, progress, reads_images=reads_images)
    device = resolve_device(options.device)
    precision = resolve_precision(options.precision, device)
    settings = EncoderSettings(device, precision, opened.images)
    images = labelled_images(opened)
    stats = image_paths.stat_lines(images, inputs.images) if reads_images else images
    if options.trains_encoder:
        to_learn = ImagesToLearn(images, inputs.images, stats)
        labels = dict(zip(opened.images, opened.given_labels, strict=True))
        train_own_encoder(workspace, to_learn, labels, options, progress, rerun)
    to_embed = ImagesToEmbed(opened, inputs.images, images, stats)
    classes = ClassNames(manifest.class_names_of(opened.given_labels), encoders, settings, options)
    chosen = [
        ChosenEncoder(name, settings, alone)
        for name, alone in zip(encoders, options.each(), strict=True)
    ]
    result = embed_images(workspace, to_embed, chosen, progress, rerun)
    classes.keep(workspace, dimensions_of(result.record), progress, rerun)
    return result


def embed_images(
    workspace: Workspace,
    to_embed: ImagesToEmbed,
    chosen: Sequence[ChosenEncoder],
    progress: Progress,
    rerun: Rerun,
) -> StageResult:
    """Embed the images that are not yet, and keep their manifest in the workspace.

    Args:
        workspace: open and locked.
        to_embed: the images.
        chosen: the encoders.
        progress: is told of the work.
        rerun: what to do with embeddings that are there already.

    Raises:
        InputError: an encoder's name is not usable, or too few images can be read.
        WeightsUnavailableError: an encoder's weights cannot be had.
        WorkspaceError: frozen, and the embeddings there are of another encoder or option.
    """
    keep_manifest = partial(_keep_manifest, workspace, to_embed.manifest, to_embed.folder)
    if len(chosen) > 1:
        of_each = [_as_read_by(encoder, to_embed) for encoder in chosen]
        return embed_by_several(workspace, of_each, chosen, progress, rerun, keep_manifest)
    (encoder,) = chosen
    bring_back(workspace, encoder.options.encoder, rerun)
    return embed_by_one(workspace.embeddings, to_embed, encoder, progress, rerun, keep_manifest)


def _as_read_by(chosen: ChosenEncoder, to_embed: ImagesToEmbed) -> ImagesToEmbed:
    """The images without what only a file has, for vectors that are there already."""
    if chosen.name.kind == ONLY_VECTORS:
        return replace(to_embed, stats=to_embed.names)
    return to_embed


def _keep_manifest(workspace: Workspace, opened: Manifest, images: Path) -> None:
    """Write the manifest into the workspace, with its record, which tells where its images are."""
    manifest.save_manifest(workspace.manifest, opened)
    plan = StagePlan("manifest", workspace.manifest, {}, {"source": opened.source.sha256})
    counts = RowCounts(len(opened), len(opened))
    details = {IMAGE_FOLDER: str(images.resolve())}
    plan.finish([workspace.manifest], counts, device="cpu", details=details)
