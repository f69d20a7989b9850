"""The files of rows whose image was not embedded: whether there is one, and its bytes' sha256."""

import hashlib
import os
from pathlib import Path

from labelfix.images.decode import UnreadableImageError, read_image_file


def content_hash(folder: Path | None, image: str) -> str:
    """The sha256 of a file's bytes; empty where it cannot be read, or lies outside the folder.

    Args:
        folder: of the images; None where nobody knows it.
        image: the file's name, relative to the folder.
    """
    path = _inside(folder, image)
    if path is None:
        return ""
    try:
        return hashlib.sha256(read_image_file(path)).hexdigest()
    except UnreadableImageError:
        return ""


def is_missing(folder: Path | None, image: str) -> bool:
    """Whether there is no such file; a folder that nobody knows, or is gone, tells nothing."""
    if folder is None or not folder.is_dir():
        return False
    is_safe = _inside(folder, image) is not None
    return is_safe and not os.path.lexists(folder / image)


def _inside(folder: Path | None, image: str) -> Path | None:
    """The path of a file; None where its name or a link leads out of the folder."""
    if folder is None or not image or "\0" in image:
        return None
    root = os.path.realpath(folder)
    path = os.path.realpath(folder / image)
    return Path(path) if path.startswith(root.rstrip(os.sep) + os.sep) else None
