"""Image names and the image folder: keep names inside it, find missing files."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from labelfix.data import missing_images, names, parquet_images
from labelfix.data.manifest import Manifest
from labelfix.errors import InputError


def check_image_names(manifest: Manifest, folder: Path, advice: str = "") -> None:
    """Check that no image name leads out of the image folder; no file is opened.

    Args:
        manifest: the images.
        folder: the image folder.
        advice: what else to do about them, a sentence and a space.

    Raises:
        InputError: a name is empty, absolute, has `..` or NUL, or passes a link that leads out.
    """
    check_folder(folder)
    root = os.path.realpath(folder)
    safe_parents: set[str] = set()
    bad: dict[int, str] = {}
    for row, name in enumerate(manifest.images):
        reason = why_unsafe(name) or _why_outside(root, name, safe_parents)
        if reason:
            bad[row] = reason
    if not bad:
        return
    rows, images = list(bad), manifest.images
    found = "; ".join(f"row {row + 1}: {names.to_text(images[row])!r} {bad[row]}" for row in rows)
    if len(bad) > missing_images.SHOWN:
        found = (
            f"{len(bad):,} rows whose path {_counted(bad.values())}; "
            f"{missing_images.by_folder(images, rows)}; "
            f"for example {missing_images.examples(images, rows)}"
        )
    raise InputError(
        f"{manifest.source.path}, column {manifest.image_column!r}: expected paths inside "
        f"{folder}, found {found}",
        f"{advice}Write the paths relative to the image folder, or name another image folder.",
    )


def _counted(reasons: Iterable[str]) -> str:
    """`is an absolute path (5), leads upwards with '..' (2)`."""
    return ", ".join(f"{why} ({count:,})" for why, count in Counter(reasons).most_common())


def path_inside(folder: Path, name: str) -> Path | None:
    """The file that a name leads to, links resolved; None if it is outside the folder."""
    if not name or "\0" in name:
        return None
    root, path = os.path.realpath(folder), os.path.realpath(folder / name)
    return Path(path) if path != root and _is_inside(root, path) else None


def rows_without_image(manifest: Manifest, folder: Path) -> list[int]:
    """The rows, from 0, whose image file is missing."""
    missing = {
        name
        for name in manifest.unique_images()
        if not _is_there(os.path.join(folder, name))  # noqa: PTH118 (a million names)
    }
    return [row for row, name in enumerate(manifest.images) if name in missing]


def is_image_there(path: Path) -> bool:
    """Whether there is a file, or a row of a Parquet file."""
    return path.is_file() or parquet_images.is_there(str(path))


def _is_there(path: str) -> bool:
    return os.path.lexists(path) or parquet_images.is_there(path)


def stat_lines(images: Sequence[str], folder: Path) -> list[str]:
    """One text per image that changes with its file: name, size, modification time, mode."""
    lines = []
    for name in images:
        try:
            status = _status(os.path.join(folder, name))  # noqa: PTH118
            lines.append(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_mode}")
        except (OSError, ValueError):
            lines.append(f"{name}\0missing")
    return lines


def _status(path: str) -> os.stat_result:
    """The status of a file, or of the Parquet file that the image is in."""
    try:
        return os.stat(path)  # noqa: PTH116
    except NotADirectoryError:
        return parquet_images.status(path)


def check_folder(folder: Path) -> None:
    """Check that the image folder is there.

    Raises:
        InputError: it is not.
    """
    if not folder.is_dir():
        raise InputError(
            f"expected an image folder at {folder}, "
            f"found {'a file' if folder.exists() else 'nothing'}",
            "Name the folder that the manifest's image paths are relative to.",
        )


def why_unsafe(name: str) -> str:
    """Why a name leads out of the image folder, or names no file; empty if it does neither."""
    if not name:
        return "is empty"
    if "\0" in name:
        return "has a NUL character"
    if name[0] != "/" and not any(mark in name for mark in ("\\", ":", "..")):
        return ""  # most names, of which there may be a million
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).is_absolute():
        return "is an absolute path"
    if ".." in PurePosixPath(name).parts or ".." in PureWindowsPath(name).parts:
        return "leads upwards with '..'"
    return ""


def _why_outside(root: str, name: str, safe_parents: set[str]) -> str:
    """Why a name leaves the root through links, or an empty text; each folder is checked once."""
    parent, _, _ = name.rpartition("/")
    path = os.path.join(root, name)  # noqa: PTH118
    if parent not in safe_parents:
        if not _is_inside(root, os.path.realpath(os.path.join(root, parent))):  # noqa: PTH118
            return "passes a link that leads out of the image folder"
        safe_parents.add(parent)
    if os.path.islink(path) and not _is_inside(root, os.path.realpath(path)):  # noqa: PTH114
        return "is a link that leads out of the image folder"
    return ""


def _is_inside(root: str, path: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)
