"""The files of rows whose image was not embedded: whether there is one, and its bytes' sha256."""

import hashlib
import os
from pathlib import Path

from labelfix.data.image_paths import path_inside
from labelfix.images.decode import UnreadableImageError, read_image_file


def content_hash(folder: Path | None, image: str) -> str:
    """The sha256 of a file's bytes; empty where it cannot be read, or lies outside the folder.

    Args:
        folder: of the images; None where nobody knows it.
        image: the file's name, relative to the folder.
    """
    path = None if folder is None else path_inside(folder, image)
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
    return path_inside(folder, image) is not None and not os.path.lexists(folder / image)
