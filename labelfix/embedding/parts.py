"""Images to embed, part by part and in batches of one fixed shape; finished parts are kept."""

import hashlib
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelfix.config import EmbedOptions
from labelfix.data import embeddings, records
from labelfix.data.embeddings import Part, unit_length
from labelfix.data.manifest import Manifest
from labelfix.encoders.registry import ImageEncoder, VectorSource
from labelfix.images.pixels import DecodedImage, decode_ahead
from labelfix.progress import Progress

NOT_FINITE = "its embedding is not finite or all zeros"


@dataclass(kw_only=True)
class PartRows:
    """The rows of a part, collected."""

    images: list[str] = field(default_factory=list)
    content_hashes: list[str] = field(default_factory=list)
    vectors: list[npt.NDArray[np.float32]] = field(default_factory=list)
    quarantined: list[tuple[str, str]] = field(default_factory=list)

    def add(
        self, images: Sequence[str], content_hashes: Sequence[str], vectors: npt.NDArray[np.generic]
    ) -> None:
        """Keep rows whose (n, D) vectors can be scaled to length 1, quarantine the others."""
        units, usable = unit_length(vectors)
        for image, content_hash, good in zip(images, content_hashes, usable, strict=True):
            if good:
                self.images.append(image)
                self.content_hashes.append(content_hash)
            else:
                self.quarantined.append((image, NOT_FINITE))
        self.vectors.append(units[usable])

    def stacked(self, dimension: int) -> npt.NDArray[np.float32]:
        """(n, D) float32, also for n = 0."""
        return np.concatenate([np.empty((0, dimension), np.float32), *self.vectors])


def encode_images(
    decoded: Iterable[DecodedImage],
    encoder: ImageEncoder,
    batch_size: int,
    advance: Callable[[int], None],
) -> PartRows:
    """Encode the images of one part.

    The last batch is padded with black images: the bits of a matrix product depend on its shape,
    and an image must get the same bits in every run.
    """
    rows = PartRows()
    batch: list[DecodedImage] = []

    def flush() -> None:
        pixels = np.stack([image.pixels for image in batch if image.pixels is not None])
        filled = np.zeros((batch_size, *pixels.shape[1:]), np.uint8)
        filled[: len(pixels)] = pixels
        vectors = encoder.encode(filled)[: len(pixels)]
        rows.add([image.name for image in batch], [image.content_hash for image in batch], vectors)
        advance(len(batch))
        batch.clear()

    for image in decoded:
        if image.pixels is None:
            rows.quarantined.append((image.name, image.reason))
            advance(1)
        else:
            batch.append(image)
            if len(batch) == batch_size:
                flush()
    if batch:
        flush()
    return rows


def take_vectors(images: Sequence[str], source: VectorSource) -> PartRows:
    """The rows of one part from given vectors; the content hash is the vector's."""
    vectors = source.vectors(images)
    hashes = [hashlib.sha256(vector.tobytes()).hexdigest() for vector in vectors]
    rows = PartRows()
    rows.add(images, hashes, vectors)
    return rows


@dataclass(frozen=True, kw_only=True)
class ImagesToEmbed:
    """The images of a manifest to embed.

    Attributes:
        manifest: their rows.
        folder: the image folder.
        names: the images, without repeats.
        stats: one text per image, from `image_paths.stat_lines`.
        needs_label: whether a row without a label counts as rejected.
        least: how many images must be readable.
    """

    manifest: Manifest
    folder: Path
    names: Sequence[str] = field(repr=False)
    stats: Sequence[str] = field(repr=False)
    needs_label: bool = True
    least: int = 2


@dataclass(frozen=True, kw_only=True)
class PartedWork:
    """The images to embed, cut into parts.

    `made_by` is the fingerprint of everything but the images that vectors depend on.
    """

    folder: Path
    to_embed: ImagesToEmbed
    encoder: ImageEncoder | VectorSource
    made_by: str
    options: EmbedOptions

    def run(self, progress: Progress, *, again: bool) -> list[Part]:
        """Make every part; those of an interrupted run are kept."""
        records.record_path(self.folder).unlink(missing_ok=True)
        self.folder.mkdir(exist_ok=True)
        starts = range(0, len(self.to_embed.names), self.options.part_rows)
        finished: dict[int, Part] = {}
        for number, start in enumerate(starts):
            part = None if again else embeddings.read_part_record(self._path(number))
            if part is not None and part.key == self._key(start):
                finished[number] = part
        done = sum(part.rows + len(part.quarantined) for part in finished.values())
        progress.begin("embedding", len(self.to_embed.names), "images", done)
        if done:
            progress.say(f"continuing after {done} images that an earlier run embedded")
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
        images = self.to_embed.names[self._slice(start)]
        if isinstance(self.encoder, VectorSource):
            rows = take_vectors(images, self.encoder)
            progress.advance(len(images))
            return rows
        part = itertools.islice(decoded, len(images))
        return encode_images(part, self.encoder, self.options.encoded_at_once, progress.advance)

    def _decoded(self, starts: Sequence[int]) -> Iterator[DecodedImage]:
        """All images of some parts in one stream, so that decoding never waits for a part."""
        if isinstance(self.encoder, VectorSource):
            return iter(())
        images = [image for start in starts for image in self.to_embed.names[self._slice(start)]]
        workers = self.options.workers or os.cpu_count() or 1
        return decode_ahead(images, self.to_embed.folder, self.encoder.prepare, workers)

    def _slice(self, start: int) -> slice:
        return slice(start, start + self.options.part_rows)

    def _path(self, number: int) -> Path:
        return embeddings.part_path(self.folder, number)

    def _key(self, start: int) -> str:
        """What a part depends on."""
        stats = list(self.to_embed.stats[self._slice(start)])
        return records.fingerprint([self.made_by, stats])

    def _remove_parts_from(self, number: int) -> None:
        """Remove parts that an earlier manifest of more images left."""
        while self._path(number).exists():
            self._path(number).unlink()
            embeddings.part_record_path(self._path(number)).unlink(missing_ok=True)
            number += 1
