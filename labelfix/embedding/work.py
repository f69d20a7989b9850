"""The images that are to be embedded, part by part; finished parts are kept."""

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelfix.data import embeddings, records
from labelfix.data.embeddings import Part
from labelfix.data.manifest import Manifest
from labelfix.embedding.parts import PartRows, encode_images, take_vectors
from labelfix.encoders.encoder import ImageEncoder, VectorSource
from labelfix.images.ahead import DecodedImage, decode_ahead
from labelfix.options.embed_options import EmbedOptions
from labelfix.runtime.progress import Progress


@dataclass(frozen=True)
class ImagesToEmbed:
    """The images of a manifest that are to be embedded.

    Attributes:
        manifest: their rows.
        folder: the image folder.
        names: each image once.
        stats: of each image, as `image_paths.stat_lines` has it.
        needs_label: whether a row without a label counts as rejected.
        least: images that have to be readable.
    """

    manifest: Manifest
    folder: Path
    names: Sequence[str] = field(repr=False)
    stats: Sequence[str] = field(repr=False)
    needs_label: bool = True
    least: int = 2


@dataclass(frozen=True)
class PartedWork:
    """The images that are to be embedded, cut into parts.

    `made_by` is the fingerprint of all that vectors depend on, apart from their images.
    """

    folder: Path
    to_embed: ImagesToEmbed
    encoder: ImageEncoder | VectorSource
    made_by: str
    options: EmbedOptions

    def run(self, progress: Progress, *, again: bool) -> list[Part]:
        """Every part: those of an interrupted run are kept, the others are made."""
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
        """Parts that an earlier manifest of more images left."""
        while self._path(number).exists():
            self._path(number).unlink()
            embeddings.part_record_path(self._path(number)).unlink(missing_ok=True)
            number += 1
