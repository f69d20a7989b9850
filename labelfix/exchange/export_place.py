"""Where an export goes: a file or a folder, whole or not at all, with its images beside it."""

import base64
import contextlib
import glob
import hashlib
import io
import mimetypes
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from labelfix.data.image_endings import IMAGE_SUFFIXES
from labelfix.data.image_paths import path_inside
from labelfix.errors import OutputError
from labelfix.exchange.rows import ExportedRow
from labelfix.exchange.safe_names import file_name
from labelfix.images.decode import FORMATS, UnreadableImageError, read_image_file
from labelfix.options.exchange_options import COPY, HARD_LINK, SYMLINK
from labelfix.runtime import atomic

MARKER = "labelfix-export.json"
"""In every exported folder; only such a folder is ever replaced."""


def check_folder_place(target: Path, *, replace: bool) -> None:
    """Check that an export may be written to a folder, before any work.

    Args:
        target: the folder.
        replace: whether an earlier export may be replaced.

    Raises:
        OutputError: the place is a file, or holds something else than an earlier export.
    """
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise OutputError(
            f"OUT {target}: expected no folder yet, or an empty one, found a file or a link",
            "Name a folder that is not there yet.",
        )
    if target.is_dir() and any(target.iterdir()):
        is_ours = (target / MARKER).is_file()
        if not (is_ours and replace):
            found = "an earlier export" if is_ours else "other files"
            hint = "Replace it with --force, or name" if is_ours else "Name"
            raise OutputError(
                f"OUT {target}: expected no folder yet, or an empty one, found {found} in it",
                f"{hint} a folder that is not there yet.",
            )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"OUT {target} cannot be written: {error.strerror or error}",
            "Name a place that you may write to.",
        ) from error


@contextlib.contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder that takes the target's place when the block succeeds.

    If the block fails, the target is unchanged and the temporary folder is deleted.

    Raises:
        OutputError: the folder cannot be written.
    """
    mark = f"{atomic.TEMPORARY_MARK}{secrets.token_hex(4)}"
    temporary = target.with_name(f"{target.name}{mark}")
    old = target.with_name(f"{target.name}{mark}-old")
    for leftover in target.parent.glob(f"{glob.escape(target.name)}{atomic.TEMPORARY_MARK}*"):
        shutil.rmtree(leftover, ignore_errors=True)  # of a run that was killed
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if target.is_dir():
            target.rename(old)
        temporary.rename(target)
    except OSError as error:
        if old.is_dir() and not target.exists():
            old.rename(target)
        raise OutputError(
            f"{target} could not be written: {error.strerror or error}",
            "Free some space or name a place that you may write to, then run the command again.",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def image_bytes(folder: Path | None, row: ExportedRow) -> tuple[bytes, str]:
    """The bytes of a row's image, or none and the reason why not.

    Args:
        folder: the image folder.
        row: whose image it is.
    """
    path = None if folder is None else path_inside(folder, row.image)
    if path is None:
        return b"", "it is not in the image folder"
    try:
        data = read_image_file(path)
    except UnreadableImageError as error:
        return b"", error.reason
    if row.content_hash and hashlib.sha256(data).hexdigest() != row.content_hash:
        return b"", "it has changed since it was embedded"
    return data, ""


def place_image(folder: Path | None, row: ExportedRow, place: Path, link: str) -> tuple[str, str]:
    """Put a row's image into a folder, by link or copy.

    Args:
        folder: the image folder.
        row: whose image it is.
        place: the folder, which is made.
        link: one of `LINKS`; where a link cannot be made, the image is copied.

    Returns:
        The file's name, and why it could not be written; one of the two is empty.
    """
    data, reason = image_bytes(folder, row)
    if reason or folder is None:
        return "", reason
    name = exported_name(row, data)
    target = place / name
    place.mkdir(parents=True, exist_ok=True)
    source = Path(os.path.realpath(folder / row.image))
    if link != COPY and source.is_file():  # images in a Parquet file have no file to link to
        with contextlib.suppress(OSError):  # another disk, or a system without such links
            if link == HARD_LINK:
                os.link(source, target)
            elif link == SYMLINK:
                target.symlink_to(source)
            return name, ""
    target.write_bytes(data)
    return name, ""


def exported_name(row: ExportedRow, data: bytes) -> str:
    """The name of a row's image; the content gives an ending where the image has none.

    Args:
        row: whose image it is.
        data: its bytes.
    """
    if Path(row.image).suffix.lower() in IMAGE_SUFFIXES:
        return file_name(row.image, row.row_id)
    return file_name(row.image, row.row_id, _ending(data))


def data_address(data: bytes) -> str:
    """An address that is the image itself (RFC 2397)."""
    kind = mimetypes.types_map.get(_ending(data), "application/octet-stream")
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _ending(data: bytes) -> str:
    """The usual ending of an image's format; empty where it is unknown."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return {"JPEG": ".jpg", "TIFF": ".tif"}.get(
                found := image.format or "", f".{found.lower()}"
            )
    except Exception:  # damaged headers can raise anything
        return ""


def header_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of an image in px, from its header; None where it is unreadable."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            size: tuple[int, int] = image.size
    except Exception:  # damaged headers can raise anything
        return None
    return size
