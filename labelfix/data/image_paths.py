"""Image names and the image folder: list it, keep names inside it, find missing files."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from labelfix.data import missing_images, names
from labelfix.data.image_endings import IMAGE_SUFFIXES
from labelfix.data.manifest import Manifest, manifest_from_names
from labelfix.errors import InputError


def folder_manifest(folder: Path) -> tuple[Manifest, list[str]]:
    """One folder per class: a manifest of its images, and notes.

    Hidden files and folders, such as `.ipynb_checkpoints`, are skipped.

    Raises:
        InputError: no class folder has an image, or images are outside class folders.
    """
    _check_folder(folder)
    images: list[str] = []
    labels: list[str] = []
    others: list[str] = []
    outside: list[str] = []
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            for name in _files_below(folder, entry.name):
                is_image = PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES
                (images if is_image else others).append(name)
                if is_image:
                    labels.append(entry.name)
        elif PurePosixPath(entry.name).suffix.lower() in IMAGE_SUFFIXES:
            outside.append(entry.name)
        elif not entry.name.startswith("."):
            others.append(entry.name)
    if outside or not images:
        found = f"{len(outside)} images outside of any" if outside else "no class folder with one"
        example = f", for example {names.to_text(outside[0])}" if outside else ""
        raise InputError(
            f"{folder}: without a manifest, expected one folder of images per class, "
            f"found {found}{example}",
            "Name a manifest after the image folder: labelfix embed IMAGES MANIFEST.",
        )
    bad = [label for label in labels if not names.is_valid(label)]
    if bad:
        raise InputError(
            f"{folder}: the folder name {names.to_text(bad[0])!r} is not valid UTF-8, "
            "so it cannot be a label",
            "Rename the folder.",
        )
    return manifest_from_names(images, labels, folder), _left_out(others)


def unlabelled_manifest(folder: Path) -> tuple[Manifest, list[str]]:
    """A manifest of every image below a folder, without labels, and notes.

    Hidden files and folders are skipped.

    Raises:
        InputError: there is no image.
    """
    _check_folder(folder)
    images: list[str] = []
    others: list[str] = []
    for name in sorted(_files_below(folder)):
        is_image = PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES
        (images if is_image else others).append(name)
    if not images:
        found = f"{len(others)} other files" if others else "no file"
        raise InputError(
            f"{folder}: expected images, found {found}",
            "Name the folder of the images, or a manifest that lists them.",
        )
    return manifest_from_names(images, [""] * len(images), folder), _left_out(others)


def _left_out(others: Sequence[str]) -> list[str]:
    """A note about files without an image ending, if there are any."""
    if not others:
        return []
    files = (
        "1 file without an image ending was"
        if len(others) == 1
        else f"{len(others)} files without an image ending were"
    )
    return [f"{files} left out, for example {names.to_text(others[0])}"]


def check_image_names(manifest: Manifest, folder: Path, advice: str = "") -> None:
    """Check that no image name leads out of the image folder; no file is opened.

    Args:
        manifest: the images.
        folder: the image folder.
        advice: what else to do about them, a sentence and a space.

    Raises:
        InputError: a name is empty, absolute, has `..` or NUL, or passes a link that leads out.
    """
    _check_folder(folder)
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
        if not os.path.lexists(os.path.join(folder, name))  # noqa: PTH118 (a million names)
    }
    return [row for row, name in enumerate(manifest.images) if name in missing]


def stat_lines(images: Sequence[str], folder: Path) -> list[str]:
    """One text per image that changes with its file: name, size, modification time, mode."""
    lines = []
    for name in images:
        try:
            status = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118
            lines.append(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_mode}")
        except (OSError, ValueError):
            lines.append(f"{name}\0missing")
    return lines


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError(
            f"expected an image folder at {folder}, "
            f"found {'a file' if folder.exists() else 'nothing'}",
            "Name the folder that the manifest's image paths are relative to.",
        )


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise _unreadable(error) from error


def _unreadable(error: OSError) -> InputError:
    return InputError(
        f"the folder {error.filename} could not be read: {error.strerror or error}",
        "Make it readable, or take it out of the image folder.",
    )


def _files_below(folder: Path, class_name: str = "") -> list[str]:
    """All files and links below the image folder or a class folder, as image names."""

    def refuse(error: OSError) -> None:
        raise _unreadable(error) from error

    found = []
    for parent, folders, files in os.walk(folder / class_name, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]  # noqa: PTH114, PTH118
        for name in sorted([*files, *links]):
            if not name.startswith("."):
                path = os.path.join(parent, name)  # noqa: PTH118
                found.append(os.path.relpath(path, folder).replace(os.sep, "/"))
    return found


def why_unsafe(name: str) -> str:
    """Why a name leads out of the image folder, or names no file; empty if it does neither."""
    if not name:
        return "is empty"
    if "\0" in name:
        return "has a NUL character"
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
