"""The embeddings of a manifest's images by one encoder."""

import itertools
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelfix.config import EmbedOptions
from labelfix.data import embeddings, names, records
from labelfix.data.embeddings import Part
from labelfix.data.records import Rerun, RowCounts, StagePlan, StageResult
from labelfix.embedding.parts import ImagesToEmbed, PartedWork
from labelfix.encoders.registry import (
    EncoderName,
    EncoderSettings,
    ImageEncoder,
    VectorSource,
    encoder_fingerprint,
    make_encoder,
)
from labelfix.errors import InputError
from labelfix.progress import Progress
from labelfix.version import __version__

QUARANTINED_SHOWN = 5


@dataclass(frozen=True)
class ChosenEncoder:
    """An encoder by its name, and how it runs."""

    name: EncoderName
    settings: EncoderSettings
    options: EmbedOptions


def embed_by_one(
    target: Path,
    to_embed: ImagesToEmbed,
    chosen: ChosenEncoder,
    progress: Progress,
    rerun: Rerun,
    keep_manifest: Callable[[], None] = lambda: None,
) -> StageResult:
    """Embed the images that are not embedded yet, into a folder of parts.

    Args:
        target: the folder.
        to_embed: the images.
        chosen: the encoder.
        progress: reports progress.
        rerun: what to do with existing embeddings.
        keep_manifest: called once the run can no longer fail or be refused.

    Raises:
        InputError: the encoder's name is unusable, or too few images are readable.
        WeightsUnavailableError: the encoder's weights are unavailable.
        WorkspaceError: frozen, and the embeddings are of another encoder or option.
    """
    settings, options = chosen.settings, chosen.options
    fingerprint = encoder_fingerprint(chosen.name, settings)
    plan = StagePlan(
        stage="embed",
        artefact=target,
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
        keep_manifest()
        return result
    encoder = _load_encoder(chosen.name, settings, progress)
    made_by = [__version__, settings.device, fingerprint, options.encoded_at_once]
    work = PartedWork(
        folder=target,
        to_embed=to_embed,
        encoder=encoder,
        made_by=records.fingerprint(made_by),
        options=options,
    )
    parts = work.run(progress, again=rerun.force)
    # Only now: a run that fails or is refused must leave a manifest that fits the embeddings.
    keep_manifest()
    return _finish(plan, work, parts, settings.device, progress)


def _load_encoder(
    name: EncoderName, settings: EncoderSettings, progress: Progress
) -> ImageEncoder | VectorSource:
    """Load the encoder; its library's warnings become progress lines."""
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
    counts = count_rows(to_embed, quarantined)
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


def count_rows(to_embed: ImagesToEmbed, quarantined: Mapping[str, str]) -> RowCounts:
    """Where the manifest's rows went, given the images that could not be used."""
    rows = to_embed.manifest.images
    without_label = set(to_embed.manifest.rows_without_label() if to_embed.needs_label else ())
    lost = sum(image in quarantined for row, image in enumerate(rows) if row not in without_label)
    used = len(rows) - lost - len(without_label)
    return RowCounts(rows_in=len(rows), used=used, quarantined=lost, rejected=len(without_label))
