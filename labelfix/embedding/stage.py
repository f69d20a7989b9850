"""The embed stage: check and keep the manifest, embed every image."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from labelfix.data import image_paths, manifest, names
from labelfix.data.label_classes import LABEL_MAP, LabelClasses, read_label_map
from labelfix.data.manifest import Manifest
from labelfix.data.manifest_inputs import EmbedInputs, check_classes, labelled_images, open_manifest
from labelfix.data.records import Rerun, RowCounts, StagePlan, StageResult
from labelfix.data.workspace import Workspace
from labelfix.embedding.class_names import ClassNames
from labelfix.embedding.embedded_images import IMAGE_FOLDER
from labelfix.embedding.one_encoder import ChosenEncoder, embed_by_one
from labelfix.embedding.other_data import check_same_data
from labelfix.embedding.parts import ImagesToEmbed
from labelfix.embedding.several_encoders import (
    bring_back,
    check_not_frozen,
    dimensions_of,
    embed_by_several,
)
from labelfix.encoders.registry import ONLY_VECTORS, EncoderName, EncoderSettings, parse_encoder
from labelfix.images.pixels import ImagesToLearn
from labelfix.options.embed_options import EmbedOptions
from labelfix.runtime.device import resolve_device, resolve_precision
from labelfix.runtime.progress import Progress


def encoder_in(workspace: Workspace, encoder: str) -> EncoderName:
    """An encoder's name; with the workspace's file if labelfix trains the encoder."""
    name = parse_encoder(encoder)
    if EmbedOptions(encoder=encoder).trains_encoder:
        return EncoderName(name.kind, name.model, str(workspace.encoder))
    return name


def train_own_encoder(
    workspace: Workspace,
    images: ImagesToLearn,
    given_labels: Mapping[str, str],
    options: EmbedOptions,
    progress: Progress,
    rerun: Rerun,
) -> None:
    """Train the workspace's own encoder on the images of the run, unless it is up to date.

    Labels only serve to show how far the training has come.

    Args:
        workspace: open and locked.
        images: those of the run.
        given_labels: by image name.
        options: of the embed stage.
        progress: reports progress.
        rerun: what to do with an existing encoder.

    Raises:
        InputError: the images or the backbone are unusable.
        WorkspaceError: frozen, and the encoder or the embeddings are of another kind.
    """
    # A training takes minutes, so a frozen workspace is refused before it starts.
    wanted = options.encoders if options.more_encoders else options.encoder
    check_not_frozen(workspace, wanted, rerun)
    from labelfix.simclr.epoch_reports import agreement_with
    from labelfix.simclr.stage import run_simclr

    agreement = agreement_with(given_labels)
    run_simclr(workspace, images, options.simclr(), progress, rerun, agreement)


def run_embed(
    workspace: Workspace,
    inputs: EmbedInputs,
    options: EmbedOptions,
    progress: Progress,
    rerun: Rerun,
    *,
    any_data: bool = False,
) -> StageResult:
    """Check the manifest, keep it in the workspace and embed every image that is not embedded yet.

    Args:
        workspace: open and locked.
        inputs: images and manifest.
        options: encoders and how they run.
        progress: shows notes of the manifest, and reports progress.
        rerun: what to do with existing embeddings.
        any_data: whether the workspace may hold another data set, which is then replaced; so it is
            with `rerun.force`.

    Raises:
        InputError: the manifest, the folder or an encoder's name is unusable.
        WeightsUnavailableError: an encoder's weights are unavailable.
        WorkspaceError: the workspace holds another data set, or it is frozen and the embeddings
            are of another encoder or option.
    """
    encoders = [encoder_in(workspace, encoder) for encoder in options.encoders]
    reads_images = any(name.kind != ONLY_VECTORS for name in encoders)
    label_map = _label_map(inputs)
    opened = open_manifest(inputs, progress, reads_images=reads_images)
    if not (any_data or rerun.force):
        check_same_data(workspace, opened, inputs.images, reads_images=reads_images)
    as_classes = LabelClasses(by_hand=label_map).read(opened)
    check_classes(as_classes)
    _say_unused(label_map, opened, progress)
    device = resolve_device(options.device)
    precision = resolve_precision(options.precision, device)
    settings = EncoderSettings(device, precision, opened.images)
    images = labelled_images(opened)
    stats = image_paths.stat_lines(images, inputs.images) if reads_images else images
    if options.trains_encoder:
        to_learn = ImagesToLearn(images, inputs.images, stats)
        labels = dict(zip(opened.images, as_classes.given_labels, strict=True))
        train_own_encoder(workspace, to_learn, labels, options, progress, rerun)
    to_embed = ImagesToEmbed(manifest=opened, folder=inputs.images, names=images, stats=stats)
    classes = ClassNames(
        manifest.class_names_of(as_classes.given_labels), encoders, settings, options
    )
    chosen = [
        ChosenEncoder(name, settings, alone)
        for name, alone in zip(encoders, options.each(), strict=True)
    ]
    result = embed_images(workspace, to_embed, chosen, progress, rerun, label_map)
    classes.keep(workspace, dimensions_of(result.record), progress, rerun)
    return result


def embed_images(
    workspace: Workspace,
    to_embed: ImagesToEmbed,
    chosen: Sequence[ChosenEncoder],
    progress: Progress,
    rerun: Rerun,
    label_map: Mapping[str, str] | None = None,
) -> StageResult:
    """Embed the images that are not embedded yet, and keep their manifest in the workspace.

    Args:
        workspace: open and locked.
        to_embed: the images.
        chosen: the encoders.
        progress: reports progress.
        rerun: what to do with existing embeddings.
        label_map: kept in the manifest's record.

    Raises:
        InputError: an encoder's name is unusable, or too few images are readable.
        WeightsUnavailableError: an encoder's weights are unavailable.
        WorkspaceError: frozen, and the embeddings are of another encoder or option.
    """
    kept: dict[str, Any] = {IMAGE_FOLDER: str(to_embed.folder.resolve())}
    if label_map:
        kept |= {LABEL_MAP: dict(label_map)}
    keep_manifest = partial(_keep_manifest, workspace, to_embed.manifest, kept)
    if len(chosen) > 1:
        of_each = [_as_read_by(encoder, to_embed) for encoder in chosen]
        return embed_by_several(workspace, of_each, chosen, progress, rerun, keep_manifest)
    (encoder,) = chosen
    bring_back(workspace, encoder.options.encoder, rerun)
    return embed_by_one(workspace.embeddings, to_embed, encoder, progress, rerun, keep_manifest)


def _as_read_by(chosen: ChosenEncoder, to_embed: ImagesToEmbed) -> ImagesToEmbed:
    """The images as an encoder reads them: given vectors have no files to watch."""
    if chosen.name.kind == ONLY_VECTORS:
        return replace(to_embed, stats=to_embed.names)
    return to_embed


def _label_map(inputs: EmbedInputs) -> dict[str, str]:
    path = inputs.options.label_map
    return {} if path is None else read_label_map(path)


def _say_unused(label_map: Mapping[str, str], opened: Manifest, progress: Progress) -> None:
    """Report labels of a map that no row has."""
    unused = sorted(label_map.keys() - set(opened.given_labels))
    if unused:
        progress.say(f"--label-map: no row has the label {names.listed(unused)}")


def _keep_manifest(workspace: Workspace, opened: Manifest, details: dict[str, Any]) -> None:
    """Write the manifest and its record, with image folder and label map, into the workspace."""
    manifest.save_manifest(workspace.manifest, opened)
    plan = StagePlan(
        stage="manifest",
        artefact=workspace.manifest,
        options={},
        inputs={"source": opened.source.sha256},
    )
    counts = RowCounts(rows_in=len(opened), used=len(opened))
    plan.finish([workspace.manifest], counts, device="cpu", details=details)
