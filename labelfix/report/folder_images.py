"""The images of a report in a folder, written one by one: none stays in memory."""

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelfix.report.cards import ImageKey
from labelfix.report.image_reader import FoundImage, ImageReader, smaller
from labelfix.report.page_maker import PageMaker
from labelfix.report.thumbnails import Thumbnail, Thumbnails, webp
from labelfix.runtime.progress import Progress

SIDE = 256
"""The longest side in px of a thumbnail: sharp on a card, large enough among the neighbours."""
LARGE_SIDE = 1024
"""The same of the version that a click shows."""
LARGE_QUALITY = 88
FAST = 2
"""WebP's method: a folder has room, and thousands of images take their time."""
LOSSLESS_SIDE = 96
"""A folder has room for the exact pixels of small images."""
OF_FOLDER = 1000
"""Images of one folder, so that file managers can open it."""


def write_images(maker: PageMaker, folder: Path, progress: Progress) -> Thumbnails:
    """Write a thumbnail of each image on any page, and a larger version of those with a finding.

    Args:
        maker: of the pages.
        folder: the report's, where `images/` is made.
        progress: advances with each image.

    Returns:
        Paths below the folder instead of the images themselves.
    """
    own, beside = _wanted(maker)
    reader = ImageReader(maker.contents.batch)
    progress.begin("thumbnails", len(own | beside), "images")
    thumbnails: dict[ImageKey, Thumbnail] = {}
    for keys, side in ((sorted(own), LARGE_SIDE), (sorted(beside - own), SIDE)):
        for found in reader.read(keys, side):
            thumbnails[found.key] = _write(found, folder, has_larger=found.key in own)
            progress.advance(1)
    progress.advance(len(own | beside) - len(thumbnails))
    return Thumbnails(own=thumbnails, peers=thumbnails, unreadable=reader.unreadable)


def _wanted(maker: PageMaker) -> tuple[set[ImageKey], set[ImageKey]]:
    """The images with a finding, and those beside them or in a group of copies."""
    own: set[ImageKey] = set()
    beside: set[ImageKey] = set()
    for finding in maker.findings:
        card = maker.cards.make(finding)
        beside.update(peer.key for peer in card.peers)
        if card.key is not None:
            own.add(card.key)
    for group in maker.groups:
        beside.update(_keys(copy.key for copy in group.copies))
    return own, beside


def _keys(keys: Iterable[ImageKey | None]) -> Iterable[ImageKey]:
    return (key for key in keys if key is not None)


def _write(found: FoundImage, folder: Path, *, has_larger: bool) -> Thumbnail:
    key = found.key
    part = f"{'reference' if key.is_reference else 'batch'}-{key.index // OF_FOLDER}"
    stem = Path("images", part, str(key.index))
    (folder / stem).parent.mkdir(parents=True, exist_ok=True)
    pixels = smaller(Image.fromarray(found.pixels), SIDE)
    small = stem.with_suffix(".webp")
    (folder / small).write_bytes(webp(pixels, FAST, LOSSLESS_SIDE))
    larger = ""
    if has_larger and max(found.pixels.shape[:2]) > SIDE:
        larger = stem.with_suffix(".jpg").as_posix()
        (folder / larger).write_bytes(_jpeg(found.pixels))
    shown = found.pixels if larger else pixels
    return Thumbnail(
        uri=small.as_posix(),
        width=pixels.shape[1],
        height=pixels.shape[0],
        original=found.original,
        larger=larger,
        is_reduced=max(found.original) > max(shown.shape[:2]),
    )


def _jpeg(pixels: npt.NDArray[np.uint8]) -> bytes:
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "JPEG", quality=LARGE_QUALITY)
    return written.getvalue()
