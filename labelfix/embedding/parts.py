"""One part of the embeddings from its images, in batches of one fixed shape."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.data.embeddings import unit_length
from labelfix.encoders.encoder import ImageEncoder, VectorSource
from labelfix.images.ahead import DecodedImage

NOT_FINITE = "its embedding is not finite or all zeros"


@dataclass
class PartRows:
    """The rows of a part as they come."""

    images: list[str] = field(default_factory=list)
    content_hashes: list[str] = field(default_factory=list)
    vectors: list[npt.NDArray[np.float32]] = field(default_factory=list)
    quarantined: list[tuple[str, str]] = field(default_factory=list)

    def add(
        self, images: Sequence[str], content_hashes: Sequence[str], vectors: npt.NDArray[np.generic]
    ) -> None:
        """Keep the rows whose (n, D) vector can be scaled to length 1, quarantine the others."""
        units, usable = unit_length(vectors)
        for image, content_hash, good in zip(images, content_hashes, usable, strict=True):
            if good:
                self.images.append(image)
                self.content_hashes.append(content_hash)
            else:
                self.quarantined.append((image, NOT_FINITE))
        self.vectors.append(units[usable])

    def stacked(self, dimension: int) -> npt.NDArray[np.float32]:
        """(n, D) float32, also where there is none."""
        return np.concatenate([np.empty((0, dimension), np.float32), *self.vectors])


def encode_images(
    decoded: Iterable[DecodedImage],
    encoder: ImageEncoder,
    batch_size: int,
    advance: Callable[[int], None],
) -> PartRows:
    """Encode the images of one part.

    The last batch is filled up with black images: the bits of a matrix product depend on its
    shape, and the same image has to get the same bits in every run.
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
    """The rows of one part from vectors that exist; a content hash is the vector's own."""
    vectors = source.vectors(images)
    hashes = [hashlib.sha256(vector.tobytes()).hexdigest() for vector in vectors]
    rows = PartRows()
    rows.add(images, hashes, vectors)
    return rows
