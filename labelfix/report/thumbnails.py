"""Small images inside of the page, made new from decoded pixels, as many as there is room for."""

import base64
import io
import itertools
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelfix.data.image_paths import path_inside
from labelfix.images.pixels import DecodedImage, decode_ahead
from labelfix.judging.batch import Batch, KnownImages
from labelfix.progress import Progress
from labelfix.report.cards import ImageKey, Peer

SIDES = (160, 128, 96, 64)
"""Of the image of a finding, in px: the largest of which there is room for all."""
PEER_SIDE = 48
SAMPLED_IMAGES = 24
OWN_SHARE = 0.7
"""Of the room, for the images of the findings themselves."""
LOSSLESS_SIDE = 32
"""Up to this many px, artefacts would be larger than what is to be seen."""
QUALITY = 60
MARKUP_BYTES = 120
"""That an image has around its data, at most."""
MOST_WORKERS = 4


class Pictured(Protocol):
    """What is shown with an image of its own, if it can be read, and others beside it."""

    @property
    def key(self) -> ImageKey | None:
        """Its own image."""

    @property
    def peers(self) -> Sequence[Peer]:
        """The others."""


@dataclass(frozen=True)
class Thumbnail:
    """An image inside of the page.

    Attributes:
        uri: `data:image/webp;base64,...`, without any metadata.
        width, height: in px.
    """

    uri: str = field(repr=False)
    width: int
    height: int

    @property
    def is_tiny(self) -> bool:
        """Whether it has so few pixels that they are better shown as they are."""
        return max(self.width, self.height) <= LOSSLESS_SIDE


@dataclass(frozen=True)
class Thumbnails:
    """The images that there was room for.

    Attributes:
        own: of findings.
        peers: of their neighbours and of others that they are about.
        unreadable: why others cannot be shown.
        left_out: how many there was no room for: of findings, and of peers.
    """

    own: dict[ImageKey, Thumbnail] = field(default_factory=dict, repr=False)
    peers: dict[ImageKey, Thumbnail] = field(default_factory=dict, repr=False)
    unreadable: dict[ImageKey, str] = field(default_factory=dict, repr=False)
    left_out: tuple[int, int] = (0, 0)


def read_thumbnails(
    batch: Batch,
    cards: Sequence[Pictured],
    room: int,
    progress: Progress,
    sides: Sequence[int] = SIDES,
) -> Thumbnails:
    """Read the images of cards, those of the findings before those of their peers.

    Args:
        batch: knows where the images are.
        cards: in order of importance.
        room: bytes that all of them may take on the page.
        progress: is told of each image.
        sides: of a card's own image, in px, the largest first: it gets the first at which there
            is room for all, or else the last.
    """
    own = Counter(card.key for card in cards if card.key is not None)
    peers = Counter(peer.key for card in cards for peer in card.peers)
    reader = _Reader(batch, progress)
    progress.begin("thumbnails", len(own) + len(peers), "images")
    side = reader.fitting_side(list(own), int(room * OWN_SHARE), own.total(), sides)
    own_shown, spent = reader.read(own, side, room)
    peers_shown, _ = reader.read(peers, PEER_SIDE, room - spent)
    readable = [
        sum(key not in shown and key not in reader.unreadable for key in wanted)
        for wanted, shown in ((own, own_shown), (peers, peers_shown))
    ]
    return Thumbnails(own_shown, peers_shown, reader.unreadable, (readable[0], readable[1]))


class _Reader:
    """Decodes the images of a batch and of its reference."""

    def __init__(self, batch: Batch, progress: Progress) -> None:
        self._images = {False: batch.images, True: batch.reference}
        self._progress = progress
        self.unreadable: dict[ImageKey, str] = {}

    def fitting_side(
        self, keys: Sequence[ImageKey], room: int, uses: int, sides: Sequence[int]
    ) -> int:
        """The first of the sides at which all images fit, as far as some of them tell."""
        step = max(1, len(keys) // SAMPLED_IMAGES)
        pixels = [pixels for _, pixels in self._decode(keys[::step][:SAMPLED_IMAGES], sides[0])]
        for side in sides:
            sizes = [_cost(encoded(_smaller(Image.fromarray(each), side))) for each in pixels]
            if sum(sizes) * uses <= room * len(sizes):
                return side
        return sides[-1]

    def read(
        self, uses: Counter[ImageKey], side: int, room: int
    ) -> tuple[dict[ImageKey, Thumbnail], int]:
        """Images, each as often as it is used, until there is no room for one; and their bytes."""
        shown: dict[ImageKey, Thumbnail] = {}
        spent = 0
        for key, pixels in self._decode(list(uses), side):
            thumbnail = encoded(pixels)
            cost = uses[key] * _cost(thumbnail)
            if spent + cost > room:
                break
            shown[key] = thumbnail
            spent += cost
            self._progress.advance(1)
        self._progress.advance(len(uses) - len(shown))
        return shown, spent

    def _decode(
        self, keys: Iterable[ImageKey], side: int
    ) -> Iterator[tuple[ImageKey, npt.NDArray[np.uint8]]]:
        """The images that can be read; runs of one folder are read together."""
        for is_reference, run in itertools.groupby(keys, key=lambda key: key.is_reference):
            yield from self._decode_run(list(run), self._images[is_reference], side)

    def _decode_run(
        self, keys: Sequence[ImageKey], images: KnownImages | None, side: int
    ) -> Iterator[tuple[ImageKey, npt.NDArray[np.uint8]]]:
        if images is None or images.folder is None:
            self.unreadable |= dict.fromkeys(keys, "nobody knows where it is")
            return
        # Links may have been changed since the images were embedded.
        inside = [key for key in keys if path_inside(images.folder, images.names[key.index])]
        for key in set(keys).difference(inside):
            self.unreadable[key] = "not in the image folder"
        workers = min(MOST_WORKERS, os.cpu_count() or 1)
        wanted = [images.names[key.index] for key in inside]

        def prepare(image: Image.Image) -> npt.NDArray[np.uint8]:
            return _smaller(image, side)

        found: Iterator[DecodedImage] = decode_ahead(wanted, images.folder, prepare, workers)
        for key, decoded in zip(inside, found, strict=True):
            if decoded.pixels is None:
                self.unreadable[key] = decoded.reason
            else:
                yield key, decoded.pixels


def encoded(pixels: npt.NDArray[np.uint8]) -> Thumbnail:
    """An image as WebP from nothing but its pixels.

    Args:
        pixels: (H, W, 3) uint8.
    """
    height, width = pixels.shape[:2]
    bytes_ = io.BytesIO()
    lossless = max(height, width) <= LOSSLESS_SIDE
    Image.fromarray(pixels).save(bytes_, "WEBP", quality=QUALITY, lossless=lossless, method=4)
    data = base64.b64encode(bytes_.getvalue()).decode("ascii")
    return Thumbnail(f"data:image/webp;base64,{data}", width, height)


def _smaller(image: Image.Image, side: int) -> npt.NDArray[np.uint8]:
    """An image of at most `side` px on its longer side; a small one stays as it is."""
    scale = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image if size == image.size else image.resize(size, reducing_gap=3.0)
    return np.array(small)


def _cost(thumbnail: Thumbnail) -> int:
    return len(thumbnail.uri) + MARKUP_BYTES
