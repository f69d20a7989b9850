"""Thumbnails embedded in a page, encoded from decoded pixels, as many as fit."""

import base64
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelfix.judging.batch import Batch
from labelfix.report.cards import ImageKey
from labelfix.report.image_reader import ImageReader, smaller
from labelfix.runtime.progress import Progress


@dataclass(frozen=True)
class Sides:
    """The longest sides in px of images with a finding, and of those beside them."""

    own: int
    peer: int


ROOMY_SIDES = (Sides(512, 160), Sides(384, 128), Sides(256, 96), Sides(160, 64))
"""At the last of these a person still sees what is shown; a report that needs less gets files."""
SIDES = (*ROOMY_SIDES, Sides(128, 48), Sides(96, 48), Sides(64, 48))
"""The first at which all images fit is used."""
SAMPLED_IMAGES = 24
LOSSLESS_SIDE = 32
"""Up to this side in px, compression artefacts would hide the image."""
QUALITY = 60
MARKUP_BYTES = 120
"""Bytes of markup around an image's data, at most."""


class Keyed(Protocol):
    """Something with an image, if that is readable."""

    @property
    def key(self) -> ImageKey | None:
        """The image."""


class Pictured(Keyed, Protocol):
    """Something with its own image and other images beside it."""

    @property
    def peers(self) -> Sequence[Keyed]:
        """The other images."""


@dataclass(frozen=True)
class Thumbnail:
    """An image that a page shows.

    Attributes:
        uri: `data:image/webp;base64,...`, without metadata, or a path below the report's folder.
        width, height: in px.
        original: width and height of the file in px.
        larger: a path to a larger version; empty where there is none.
        is_reduced: whether the file has more pixels than are shown at most.
    """

    uri: str = field(repr=False)
    width: int
    height: int
    original: tuple[int, int] = (0, 0)
    larger: str = ""
    is_reduced: bool = False

    @property
    def is_tiny(self) -> bool:
        """Whether it is so small that its pixels should be shown unsmoothed."""
        return max(self.width, self.height) <= LOSSLESS_SIDE


@dataclass(frozen=True, kw_only=True)
class Thumbnails:
    """The images that a page shows.

    Attributes:
        own: of findings.
        peers: of their neighbours and related images.
        unreadable: why other images cannot be shown.
        left_out: how many did not fit: own images, and peers.
    """

    own: dict[ImageKey, Thumbnail] = field(default_factory=dict, repr=False)
    peers: dict[ImageKey, Thumbnail] = field(default_factory=dict, repr=False)
    unreadable: dict[ImageKey, str] = field(default_factory=dict, repr=False)
    left_out: tuple[int, int] = (0, 0)

    @property
    def are_all_there(self) -> bool:
        """Whether there was room for every readable image."""
        return self.left_out == (0, 0)


def read_thumbnails(
    batch: Batch,
    cards: Sequence[Pictured],
    room: int,
    progress: Progress,
    sides: Sequence[Sides] = SIDES,
) -> Thumbnails:
    """Read the images of cards, those of the findings before those of their peers.

    Args:
        batch: with the folders of the images.
        cards: in order of importance.
        room: bytes that all images together may take on the page.
        progress: advances with each image.
        sides: the largest first: the first at which all images fit is used, or else the last.
    """
    own = Counter(card.key for card in cards if card.key is not None)
    peers = Counter(peer.key for card in cards for peer in card.peers if peer.key is not None)
    reader = ImageReader(batch)
    progress.begin("thumbnails", len(own) + len(peers), "images")
    chosen = next(
        (each for each in sides if cost_at(reader, own, peers, each) <= room),
        sides[-1],
    )
    own_shown, spent = _read(reader, own, chosen.own, room, progress)
    peers_shown, _ = _read(reader, peers, chosen.peer, room - spent, progress)
    readable = [
        sum(key not in shown and key not in reader.unreadable for key in wanted)
        for wanted, shown in ((own, own_shown), (peers, peers_shown))
    ]
    return Thumbnails(
        own=own_shown,
        peers=peers_shown,
        unreadable=reader.unreadable,
        left_out=(readable[0], readable[1]),
    )


def cost_at(
    reader: ImageReader, own: Counter[ImageKey], peers: Counter[ImageKey], sides: Sides
) -> float:
    """The bytes that images take at some sides, estimated from a sample."""
    return _cost(reader, own, sides.own) + _cost(reader, peers, sides.peer)


def _cost(reader: ImageReader, uses: Counter[ImageKey], side: int) -> float:
    keys = list(uses)
    step = max(1, len(keys) // SAMPLED_IMAGES)
    sizes = [
        len(encoded(smaller(Image.fromarray(found.pixels), side)).uri) + MARKUP_BYTES
        for found in reader.sampled(keys[::step][:SAMPLED_IMAGES])
    ]
    return float(np.mean(sizes)) * uses.total() if sizes else 0.0


def _read(
    reader: ImageReader, uses: Counter[ImageKey], side: int, room: int, progress: Progress
) -> tuple[dict[ImageKey, Thumbnail], int]:
    """Images until one does not fit, each counted as often as it is used, and their bytes."""
    shown: dict[ImageKey, Thumbnail] = {}
    spent = 0
    for found in reader.read(list(uses), side):
        thumbnail = encoded(found.pixels, found.original)
        cost = uses[found.key] * (len(thumbnail.uri) + MARKUP_BYTES)
        if spent + cost > room:
            break
        shown[found.key] = thumbnail
        spent += cost
        progress.advance(1)
    progress.advance(len(uses) - len(shown))
    return shown, spent


def encoded(pixels: npt.NDArray[np.uint8], original: tuple[int, int] | None = None) -> Thumbnail:
    """An image as WebP in a data URI, made from its pixels alone.

    Args:
        pixels: (H, W, 3) uint8.
        original: width and height of the file; None takes those of the pixels.
    """
    height, width = pixels.shape[:2]
    data = base64.b64encode(webp(pixels)).decode("ascii")
    return Thumbnail(
        uri=f"data:image/webp;base64,{data}",
        width=width,
        height=height,
        original=original or (width, height),
        is_reduced=original is not None and max(original) > max(width, height),
    )


def webp(
    pixels: npt.NDArray[np.uint8], method: int = 4, lossless_side: int = LOSSLESS_SIDE
) -> bytes:
    """An image as the bytes of a WebP file; lossless where it is tiny.

    Args:
        pixels: (H, W, 3) uint8.
        method: 0 (fast) to 6 (small).
        lossless_side: the longest side in px of a lossless image.
    """
    written = io.BytesIO()
    lossless = max(pixels.shape[:2]) <= lossless_side
    Image.fromarray(pixels).save(written, "WEBP", quality=QUALITY, lossless=lossless, method=method)
    return written.getvalue()
