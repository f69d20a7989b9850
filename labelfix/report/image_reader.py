"""The images of a batch and of its reference, read again from their folders for a page."""

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelfix.data.image_paths import path_inside
from labelfix.images.pixels import decode_ahead
from labelfix.judging.batch import Batch, KnownImages
from labelfix.report.cards import ImageKey

MOST_WORKERS = 4
SAMPLE_SIDE = 512
"""The side at which a sample is kept; all sides of thumbnails are at most that."""


@dataclass(frozen=True)
class FoundImage:
    """A readable image.

    Attributes:
        key: which one.
        pixels: (H, W, 3) uint8, made smaller.
        original: width and height of the file in px.
    """

    key: ImageKey
    pixels: npt.NDArray[np.uint8] = field(repr=False)
    original: tuple[int, int]


class ImageReader:
    """Decodes images in threads, a few ahead, so that only a few are in memory.

    Attributes:
        unreadable: why an image cannot be shown, of those that were asked for.
    """

    def __init__(self, batch: Batch) -> None:
        self._images = {False: batch.images, True: batch.reference}
        self._samples: dict[ImageKey, FoundImage | None] = {}
        self.unreadable: dict[ImageKey, str] = {}

    def read(self, keys: Iterable[ImageKey], side: int) -> Iterator[FoundImage]:
        """The readable images with a longer side of at most `side` px, in order.

        Runs of one folder are read together.
        """
        for is_reference, run in itertools.groupby(keys, key=lambda key: key.is_reference):
            yield from self._read_run(list(run), self._images[is_reference], side)

    def sampled(self, keys: Sequence[ImageKey]) -> list[FoundImage]:
        """A few readable images, each read once however often it is asked for."""
        for found in self.read([key for key in keys if key not in self._samples], SAMPLE_SIDE):
            self._samples[found.key] = found
        known = [self._samples.setdefault(key, None) for key in keys]
        return [found for found in known if found is not None]

    def _read_run(
        self, keys: Sequence[ImageKey], images: KnownImages | None, side: int
    ) -> Iterator[FoundImage]:
        if images is None or images.folder is None:
            self.unreadable |= dict.fromkeys(keys, "its folder is unknown")
            return
        # Links may have changed since the images were embedded.
        inside = [key for key in keys if path_inside(images.folder, images.names[key.index])]
        for key in set(keys).difference(inside):
            self.unreadable[key] = "not in the image folder"
        workers = min(MOST_WORKERS, os.cpu_count() or 1)
        wanted = [images.names[key.index] for key in inside]

        def prepare(image: Image.Image) -> npt.NDArray[np.uint8]:
            return smaller(image, side)

        decoded = decode_ahead(wanted, images.folder, prepare, workers)
        for key, one in zip(inside, decoded, strict=True):
            if one.pixels is None:
                self.unreadable[key] = one.reason
            else:
                yield FoundImage(key, one.pixels, one.size)


def smaller(image: Image.Image, side: int) -> npt.NDArray[np.uint8]:
    """An image with a longer side of at most `side` px; a smaller one is unchanged."""
    scale = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image if size == image.size else image.resize(size, reducing_gap=3.0)
    return np.array(small)
