"""The embed stage: the manifest checked and kept, and an embedding for every image."""

import itertools
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from labelfix.config import EmbedOptions
from labelfix.data import embeddings, image_paths, joined, manifest, names, records
from labelfix.data.embeddings import Part
from labelfix.data.manifest import Manifest
from labelfix.data.records import RowCounts
from labelfix.data.stage import Rerun, StagePlan, StageResult
from labelfix.data.workspace import Workspace
from labelfix.device import resolve_device, resolve_precision
from labelfix.embedding.ahead import DecodedImage, decode_ahead
from labelfix.embedding.inputs import EmbedInputs, labelled_images, open_manifest
from labelfix.embedding.parts import PartRows, encode_images, take_vectors
from labelfix.encoders.available import encoder_fingerprint, make_encoder
from labelfix.encoders.encoder import (
    EncoderName,
    EncoderSettings,
    ImageEncoder,
    VectorSource,
    parse_encoder,
)
from labelfix.errors import InputError
from labelfix.progress import Progress
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
    name = parse_encoder(options.encoder)
    reads_images = name.kind != "precomputed"
    opened = open_manifest(inputs, progress, reads_images=reads_images)
    device = resolve_device(options.device)
    precision = resolve_precision(options.precision, device)
    settings = EncoderSettings(device, precision, opened.images)
    fingerprint = encoder_fingerprint(name, settings)
    images = labelled_images(opened)
    stats = image_paths.stat_lines(images, inputs.images) if reads_images else images
    plan = StagePlan(
        "embed",
        workspace.embeddings,
        options={
            "encoder": options.encoder,
            "device": device,
            "batch_size": options.batch_size,
            "part_rows": options.part_rows,
        },
        inputs={"encoder": fingerprint, "images": records.fingerprint(stats)},
    )
    result = plan.up_to_date(rerun, progress)
    if result is not None:
        _keep_manifest(workspace, opened)
        return result
    encoder = _load_encoder(name, settings, progress)
    made_by = records.fingerprint([__version__, device, fingerprint, options.batch_size])
    work = _Work(workspace.embeddings, inputs.images, images, stats, encoder, made_by, options)
    parts = work.run(progress, again=rerun.force)
    # Not before: a run that is refused or fails leaves manifest and embeddings that fit.
    _keep_manifest(workspace, opened)
    return _finish(plan, opened, work, parts, device, progress)


def _load_encoder(
    name: EncoderName, settings: EncoderSettings, progress: Progress
) -> ImageEncoder | VectorSource:
    """Load the encoder; what its library warns of is told as a line."""
    with warnings.catch_warnings(record=True) as caught:
        encoder = make_encoder(name, settings)
    for warning in caught:
        progress.say(f"{name}: {warning.message}")
    return encoder


@dataclass(frozen=True)
class _Work:
    """The images that are to be embedded, cut into parts.

    `made_by` is the fingerprint of all that vectors depend on, apart from their images.
    """

    folder: Path
    image_folder: Path
    images: Sequence[str]
    stats: Sequence[str]
    encoder: ImageEncoder | VectorSource
    made_by: str
    options: EmbedOptions

    def run(self, progress: Progress, *, again: bool) -> list[Part]:
        """Every part: those of an interrupted run are kept, the others are made."""
        records.record_path(self.folder).unlink(missing_ok=True)
        self.folder.mkdir(exist_ok=True)
        starts = range(0, len(self.images), self.options.part_rows)
        finished: dict[int, Part] = {}
        for number, start in enumerate(starts):
            part = None if again else embeddings.read_part_record(self._path(number))
            if part is not None and part.key == self._key(start):
                finished[number] = part
        done = sum(part.rows + len(part.quarantined) for part in finished.values())
        progress.begin("embedding", len(self.images), "images", done)
        if done:
            progress.say(f"going on after {done} images that an earlier run embedded")
        to_do = [number for number in range(len(starts)) if number not in finished]
        decoded = self._decoded([starts[number] for number in to_do])
        for number in to_do:
            start = starts[number]
            rows = self._embed(start, decoded, progress)
            finished[number] = embeddings.write_part(
                self._path(number),
                rows.images,
                rows.content_hashes,
                rows.stacked(self.encoder.dimension),
                key=self._key(start),
                quarantined=rows.quarantined,
            )
        self._remove_parts_from(len(starts))
        return [finished[number] for number in range(len(starts))]

    def _embed(self, start: int, decoded: Iterator[DecodedImage], progress: Progress) -> PartRows:
        images = self.images[self._slice(start)]
        if isinstance(self.encoder, VectorSource):
            rows = take_vectors(images, self.encoder)
            progress.advance(len(images))
            return rows
        part = itertools.islice(decoded, len(images))
        return encode_images(part, self.encoder, self.options.batch_size, progress.advance)

    def _decoded(self, starts: Sequence[int]) -> Iterator[DecodedImage]:
        """All images of some parts in one stream, so that decoding never waits for a part."""
        if isinstance(self.encoder, VectorSource):
            return iter(())
        images = [image for start in starts for image in self.images[self._slice(start)]]
        workers = self.options.workers or os.cpu_count() or 1
        return decode_ahead(images, self.image_folder, self.encoder.prepare, workers)

    def _slice(self, start: int) -> slice:
        return slice(start, start + self.options.part_rows)

    def _path(self, number: int) -> Path:
        return embeddings.part_path(self.folder, number)

    def _key(self, start: int) -> str:
        """What a part depends on."""
        stats = list(self.stats[self._slice(start)])
        return records.fingerprint([self.made_by, stats])

    def _remove_parts_from(self, number: int) -> None:
        """Parts that an earlier manifest of more images left."""
        while self._path(number).exists():
            self._path(number).unlink()
            embeddings.part_record_path(self._path(number)).unlink(missing_ok=True)
            number += 1


def _finish(
    plan: StagePlan,
    opened: Manifest,
    work: _Work,
    parts: Sequence[Part],
    device: str,
    progress: Progress,
) -> StageResult:
    embedded = sum(part.rows for part in parts)
    quarantined = dict(itertools.chain.from_iterable(part.quarantined for part in parts))
    if embedded < 2:
        lost = [f"; {names.to_text(image)}: {reason}" for image, reason in quarantined.items()]
        raise InputError(
            f"expected at least 2 images that can be read, found {embedded} of "
            f"{len(work.images)}{''.join(lost[:1])}",
            "Look at the images, or name the right folder.",
        )
    for image, reason in list(quarantined.items())[:QUARANTINED_SHOWN]:
        progress.say(f"quarantined {names.to_text(image)}: {reason}")
    if len(quarantined) > QUARANTINED_SHOWN:
        progress.say(f"and {len(quarantined) - QUARANTINED_SHOWN} more images quarantined")
    kept = [image for image in work.images if image not in quarantined]
    used = int(np.sum(joined.join(opened, kept).row_images >= 0))
    rejected = len(opened.rows_without_label())
    counts = RowCounts(len(opened), used, len(opened) - used - rejected, rejected)
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


def _keep_manifest(workspace: Workspace, opened: Manifest) -> None:
    """Write the manifest into the workspace, with its record."""
    manifest.save_manifest(workspace.manifest, opened)
    plan = StagePlan("manifest", workspace.manifest, {}, {"source": opened.source.sha256})
    plan.finish([workspace.manifest], RowCounts(len(opened), len(opened)), device="cpu")
