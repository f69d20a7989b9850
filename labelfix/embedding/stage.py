"""The embed stage: the manifest checked and kept, and an embedding for every image."""

import itertools
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelfix.config import EmbedOptions
from labelfix.data import embeddings, image_paths, manifest, names, records
from labelfix.data.embeddings import Part
from labelfix.data.manifest import Manifest
from labelfix.data.records import RowCounts
from labelfix.data.stage import Rerun, StagePlan, StageResult
from labelfix.data.workspace import Workspace
from labelfix.device import resolve_device, resolve_precision
from labelfix.embedding.class_names import ClassNames
from labelfix.embedding.embedded_images import IMAGE_FOLDER
from labelfix.embedding.inputs import EmbedInputs, labelled_images, open_manifest
from labelfix.embedding.own_encoder import encoder_in, train_own_encoder
from labelfix.embedding.work import ImagesToEmbed, PartedWork
from labelfix.encoders.available import encoder_fingerprint, make_encoder
from labelfix.encoders.encoder import (
    EncoderName,
    EncoderSettings,
    ImageEncoder,
    VectorSource,
)
from labelfix.errors import InputError
from labelfix.progress import Progress
from labelfix.simclr.images_to_learn import ImagesToLearn
from labelfix.version import __version__

QUARANTINED_SHOWN = 5


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
        options: encoder and how it runs.
        progress: is told of findings and of every batch.
        rerun: what to do with embeddings that are there already.

    Raises:
        InputError: the manifest, the folder or the encoder's name is not usable.
        WeightsUnavailableError: the encoder's weights cannot be had.
        WorkspaceError: frozen, and the embeddings there are of another encoder or option.
    """
    name = encoder_in(workspace, options.encoder)
    reads_images = name.kind != "precomputed"
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
    classes = ClassNames(manifest.class_names_of(opened.given_labels), name, settings, options)
    result = embed_images(
        workspace, to_embed, ChosenEncoder(name, settings, options), progress, rerun
    )
    classes.keep(workspace, result.record.details["dimension"], progress, rerun)
    return result


@dataclass(frozen=True)
class ChosenEncoder:
    """An encoder by its name, and how it runs."""

    name: EncoderName
    settings: EncoderSettings
    options: EmbedOptions


def embed_images(
    workspace: Workspace,
    to_embed: ImagesToEmbed,
    chosen: ChosenEncoder,
    progress: Progress,
    rerun: Rerun,
) -> StageResult:
    """Embed the images that are not yet, and keep their manifest in the workspace.

    Raises:
        InputError: the encoder's name is not usable, or too few images can be read.
        WeightsUnavailableError: the encoder's weights cannot be had.
        WorkspaceError: frozen, and the embeddings there are of another encoder or option.
    """
    settings, options = chosen.settings, chosen.options
    fingerprint = encoder_fingerprint(chosen.name, settings)
    plan = StagePlan(
        "embed",
        workspace.embeddings,
        options={
            "encoder": options.encoder,
            "device": settings.device,
            "batch_size": options.encoded_at_once,
            "part_rows": options.part_rows,
        },
        inputs={"encoder": fingerprint, "images": records.fingerprint(to_embed.stats)},
    )
    result = plan.up_to_date(rerun, progress)
    if result is not None:
        _keep_manifest(workspace, to_embed.manifest, to_embed.folder)
        return result
    encoder = _load_encoder(chosen.name, settings, progress)
    made_by = [__version__, settings.device, fingerprint, options.encoded_at_once]
    work = PartedWork(
        workspace.embeddings, to_embed, encoder, records.fingerprint(made_by), options
    )
    parts = work.run(progress, again=rerun.force)
    # Not before: a run that is refused or fails leaves manifest and embeddings that fit.
    _keep_manifest(workspace, to_embed.manifest, to_embed.folder)
    return _finish(plan, work, parts, settings.device, progress)


def _load_encoder(
    name: EncoderName, settings: EncoderSettings, progress: Progress
) -> ImageEncoder | VectorSource:
    """Load the encoder; what its library warns of is told as a line."""
    with warnings.catch_warnings(record=True) as caught:
        encoder = make_encoder(name, settings)
    for warning in caught:
        progress.say(f"{name}: {warning.message}")
    return encoder


def _finish(
    plan: StagePlan,
    work: PartedWork,
    parts: Sequence[Part],
    device: str,
    progress: Progress,
) -> StageResult:
    embedded = sum(part.rows for part in parts)
    quarantined = dict(itertools.chain.from_iterable(part.quarantined for part in parts))
    to_embed = work.to_embed
    if embedded < to_embed.least:
        lost = [f"; {names.to_text(image)}: {reason}" for image, reason in quarantined.items()]
        raise InputError(
            f"expected at least {to_embed.least} image{'s' * (to_embed.least > 1)} that can be "
            f"read, found {embedded} of "
            f"{len(to_embed.names)}{''.join(lost[:1])}",
            "Look at the images, or name the right folder.",
        )
    for image, reason in list(quarantined.items())[:QUARANTINED_SHOWN]:
        progress.say(f"quarantined {names.to_text(image)}: {reason}")
    if len(quarantined) > QUARANTINED_SHOWN:
        progress.say(f"and {len(quarantined) - QUARANTINED_SHOWN} more images quarantined")
    counts = _count_rows(to_embed, quarantined)
    paths = [embeddings.part_path(work.folder, number) for number in range(len(parts))]
    details = {
        "encoder": work.options.encoder,
        "dimension": work.encoder.dimension,
        "images": embedded,
        "images_quarantined": len(quarantined),
        "precision": getattr(work.encoder, "precision", "as given"),
        "fingerprint": records.fingerprint([part.sha256 for part in parts]),
    }
    return plan.finish(paths, counts, device=device, details=details)


def _count_rows(to_embed: ImagesToEmbed, quarantined: Mapping[str, str]) -> RowCounts:
    rows = to_embed.manifest.images
    without_label = set(to_embed.manifest.rows_without_label() if to_embed.needs_label else ())
    lost = sum(image in quarantined for row, image in enumerate(rows) if row not in without_label)
    used = len(rows) - lost - len(without_label)
    return RowCounts(len(rows), used, lost, len(without_label))


def _keep_manifest(workspace: Workspace, opened: Manifest, images: Path) -> None:
    """Write the manifest into the workspace, with its record, which tells where its images are."""
    manifest.save_manifest(workspace.manifest, opened)
    plan = StagePlan("manifest", workspace.manifest, {}, {"source": opened.source.sha256})
    counts = RowCounts(len(opened), len(opened))
    details = {IMAGE_FOLDER: str(images.resolve())}
    plan.finish([workspace.manifest], counts, device="cpu", details=details)
