"""Images in memory as PNG files: each whole or not there, and those that are there stay."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelfix.errors import InputError, OutputError
from labelfix.runtime import atomic
from labelfix.runtime.progress import Progress

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def write_pngs(
    pixels: npt.NDArray[np.uint8], names: Sequence[str], folder: Path, progress: Progress
) -> None:
    """Write images that are not yet there.

    A file that holds just these pixels stays as it is, so that a run that was stopped goes on.

    Args:
        pixels: (N, H, W, 3).
        names: N paths relative to the folder.
        folder: is made where it is not there.
        progress: is told of every image.

    Raises:
        InputError: another image is there under one of the names.
        OutputError: a file cannot be written.
    """
    try:
        for parent in {Path(name).parent for name in names}:
            (folder / parent).mkdir(parents=True, exist_ok=True)
            atomic.remove_leftovers(folder / parent)
        progress.begin("writing images", len(names), "images")
        for image, name in zip(pixels, names, strict=True):
            target = folder / name
            if not _is_there(target, image):
                _write(target, image)
            progress.advance(1)
    except OSError as error:
        raise OutputError(
            f"images could not be written into {folder}: {error.strerror or error}",
            "Free some space or name another folder with --images-out; the same command goes on.",
        ) from error


def _is_there(target: Path, image: npt.NDArray[np.uint8]) -> bool:
    """Whether the file holds these pixels; a damaged file is written anew."""
    try:
        with Image.open(target) as opened:
            found = np.asarray(opened.convert("RGB"))
    except FileNotFoundError:
        return False
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        if target.is_file() and not target.is_symlink() and _begins_as_png(target):
            return False
        found = np.empty(0)
    if np.array_equal(found, image):
        return True
    raise InputError(
        f"{target}: expected no file or the image that belongs there, found another one",
        "Name an empty folder with --images-out.",
    )


def _begins_as_png(target: Path) -> bool:
    """Whether a file may be one of ours that was cut short."""
    with target.open("rb") as file:
        beginning = file.read(len(_SIGNATURE))
    return _SIGNATURE.startswith(beginning)


def _write(target: Path, image: npt.NDArray[np.uint8]) -> None:
    # Not synced one by one: a file that a power cut damaged is written anew by the next run.
    temporary = target.with_name(f"{target.name}{atomic.TEMPORARY_MARK}{secrets.token_hex(4)}")
    try:
        Image.fromarray(image).save(temporary, format="PNG")
        os.replace(temporary, target)  # noqa: PTH105 (tens of thousands of files)
    finally:
        temporary.unlink(missing_ok=True)
