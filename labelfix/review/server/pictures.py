"""The images of the page: files as they are where a browser shows them, else PNG; thumbnails."""

import hashlib
import io
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from labelfix.data.image_paths import path_inside
from labelfix.images.decode import UnreadableImageError, decode_image, read_image_file
from labelfix.report.image_reader import smaller

THUMBNAIL_SIDE = 192
"""Sharp at 96 px on a screen of twice the resolution."""
LOSSLESS_SIDE = 96
KEPT_BYTES = 128 * 1024 * 1024
"""Of images that were served last, so that a step back or a second reviewer is at once there."""

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image as it is sent.

    Attributes:
        content: the bytes.
        media_type: of an image.
        size: width and height of the file in px, upright.
        sha256: of the file's own bytes, hexadecimal.
    """

    content: bytes = field(repr=False)
    media_type: str
    size: tuple[int, int]
    sha256: str


class Pictures:
    """The images of one folder; every file is opened anew, checked and decoded before it is sent.

    Args:
        folder: the image folder; None where it is unknown.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._kept: OrderedDict[tuple[str, bool], Picture] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def full(self, image: str) -> Picture:
        """An image in all its pixels.

        Raises:
            UnreadableImageError: it cannot be shown; the reason names no path.
        """
        return self._get(image, is_small=False)

    def thumbnail(self, image: str) -> Picture:
        """A small version in WebP; raises as `full`."""
        return self._get(image, is_small=True)

    def seen_hash(self, image: str) -> str:
        """The sha256 of the file as it was shown last; empty where it was not, or not lately."""
        with self._lock:
            found = self._kept.get((image, False)) or self._kept.get((image, True))
        return "" if found is None else found.sha256

    def _get(self, image: str, *, is_small: bool) -> Picture:
        key = (image, is_small)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = _make(self._read(image), is_small=is_small)
        with self._lock:
            before = self._kept.pop(key, None)
            self._bytes += len(made.content) - (len(before.content) if before else 0)
            self._kept[key] = made
            while self._bytes > KEPT_BYTES and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= len(dropped.content)
        return made

    def _read(self, image: str) -> bytes:
        if self._folder is None:
            raise UnreadableImageError("its folder is unknown")
        path = path_inside(self._folder, image)  # links may have changed since embed
        if path is None:
            raise UnreadableImageError("not in the image folder")
        return read_image_file(path)


def _make(data: bytes, *, is_small: bool) -> Picture:
    pixels = decode_image(data)
    media_type = next((kind for start, kind in _SIGNATURES if data.startswith(start)), "")
    written = io.BytesIO()
    if is_small:
        small = Image.fromarray(smaller(pixels, THUMBNAIL_SIDE))
        is_lossless = max(small.size) <= LOSSLESS_SIDE
        if is_lossless:  # pixels as they are: a browser would blur a small image
            times = THUMBNAIL_SIDE // max(small.size)
            size = (small.width * times, small.height * times)
            small = small.resize(size, Image.Resampling.NEAREST)
        small.save(written, "WEBP", quality=80, method=2, lossless=is_lossless)
        content, media_type = written.getvalue(), "image/webp"
    elif media_type:
        content = data
    else:
        Image.fromarray(np.asarray(pixels)).save(written, "PNG", compress_level=3)
        content, media_type = written.getvalue(), "image/png"
    return Picture(
        content=content,
        media_type=media_type,
        size=pixels.size,
        sha256=hashlib.sha256(data).hexdigest(),
    )
