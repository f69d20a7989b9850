"""Folders of images without a manifest: `class/image`, `split/class/image`, or any."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from labelfix.data import names
from labelfix.data.image_endings import IMAGE_SUFFIXES, is_ignored
from labelfix.data.image_paths import check_folder
from labelfix.data.manifest import Manifest, manifest_from_names
from labelfix.errors import InputError
from labelfix.options.manifest_options import AUTO, CLASS, SPLIT

_SPLIT = re.compile(
    r"(train|training|val|valid|validation|test|testing|dev|eval|evaluation|holdout)"
    r"([ _-]?(set|data|images|split|\d+))*",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class _Found:
    """The files of a folder: images by the folder on top that they are in, and all others."""

    images: dict[str, list[str]] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def nested(self, top: str) -> bool:
        """Whether a folder on top holds only folders of images."""
        return all(name.count("/") > 1 for name in self.images[top])

    def second(self) -> list[str]:
        """The folders below those on top, sorted, without repeats."""
        paths = (name.split("/") for found in self.images.values() for name in found)
        return sorted({parts[1] for parts in paths if len(parts) > 2})


def folder_manifest(folder: Path, layout: str = AUTO) -> tuple[Manifest, list[str]]:
    """One folder per class, or per split and class: a manifest of its images, and notes.

    Hidden files and folders, such as `.ipynb_checkpoints`, are skipped, and so is what operating
    systems leave behind.

    Args:
        folder: the image folder.
        layout: `class`, `split` or `auto`.

    Raises:
        InputError: no class folder has an image, images are outside class folders, or the folders
            can be read in two ways.
    """
    check_folder(folder)
    found = _listed(folder)
    if found.outside or not found.images:
        outside = found.outside
        text = f"{len(outside)} images outside of any" if outside else "no class folder with one"
        example = f", for example {names.to_text(outside[0])}" if outside else ""
        raise InputError(
            f"{folder}: without a manifest, expected one folder of images per class, "
            f"found {text}{example}",
            "Name a manifest after the image folder: labelfix embed IMAGES MANIFEST.",
        )
    if layout == AUTO:
        layout = _layout_of(folder, found)
    notes = _left_out(found.others)
    images = [name for of_top in found.images.values() for name in of_top]
    if layout == SPLIT:
        _check_nested(folder, found)
    place = 1 if layout == SPLIT else 0
    labels = [name.split("/")[place] for name in images]
    splits = [name.split("/")[0] for name in images] if layout == SPLIT else None
    bad = [name for name in [*labels, *(splits or ())] if not names.is_valid(name)]
    if bad:
        raise InputError(
            f"{folder}: the folder name {names.to_text(bad[0])!r} is not valid UTF-8, "
            "so it cannot be a label",
            "Rename the folder.",
        )
    if splits is not None:
        counts = ", ".join(f"{count:,} in {name}" for name, count in Counter(splits).items())
        notes.append(
            f"the folders are read as split/class/image: {counts}; {len(set(labels)):,} classes"
        )
    return manifest_from_names(images, labels, folder, splits), notes


def _listed(folder: Path) -> _Found:
    found = _Found()
    for entry in _entries(folder):
        if is_ignored(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            for name in _files_below(folder, entry.name):
                if _is_image(name):
                    found.images.setdefault(entry.name, []).append(name)
                else:
                    found.others.append(name)
        elif _is_image(entry.name):
            found.outside.append(entry.name)
        else:
            found.others.append(entry.name)
    return found


def _layout_of(folder: Path, found: _Found) -> str:
    """What the folders are; their names decide where their depth does not.

    Raises:
        InputError: they can be classes and splits.
    """
    tops = list(found.images)
    nested = [top for top in tops if found.nested(top)]
    splits = [top for top in tops if _SPLIT.fullmatch(top)]
    if splits == tops:
        if nested == tops:
            return SPLIT
        flat = [top for top in tops if top not in nested]
        example = f"{folder / (nested or flat)[0]}"
        raise InputError(
            f"{folder}: expected split/class/image, found images without a class folder in "
            f"{names.listed(flat)}",
            f"Name one split whose images have class folders or a metadata file, such as "
            f"{example}, or a manifest; if these folders are the classes, say --folders {CLASS}.",
        )
    if nested != tops:
        return CLASS
    classes = found.second()
    hint = f"Say which: --folders {CLASS}, or --folders {SPLIT}."
    if len(tops) == 1:
        hint = (
            f"If its folders are the classes, name it: {folder / names.to_text(tops[0])}; if it "
            f"is a split, say --folders {SPLIT}."
        )
    raise InputError(
        f"{folder}: expected class/image or split/class/image, found folders that hold only "
        f"folders and can be either: the classes {names.listed(tops, most=3)}, or the classes "
        f"{names.listed(classes, most=3)} in the splits {names.listed(tops, most=3)}",
        hint,
    )


def _check_nested(folder: Path, found: _Found) -> None:
    flat = [name for of_top in found.images.values() for name in of_top if name.count("/") < 2]
    if flat:
        raise InputError(
            f"{folder}: expected split/class/image, found {len(flat):,} images without a class "
            f"folder, for example {names.to_text(flat[0])}",
            f"Move them, or say --folders {CLASS}.",
        )


def _is_image(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES


def unlabelled_manifest(folder: Path) -> tuple[Manifest, list[str]]:
    """A manifest of every image below a folder, without labels, and notes.

    Hidden files and folders are skipped.

    Raises:
        InputError: there is no image.
    """
    check_folder(folder)
    images: list[str] = []
    others: list[str] = []
    for name in sorted(_files_below(folder)):
        (images if _is_image(name) else others).append(name)
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
        folders[:] = sorted(name for name in folders if not is_ignored(name))
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]  # noqa: PTH114, PTH118
        for name in sorted([*files, *links]):
            if not is_ignored(name):
                path = os.path.join(parent, name)  # noqa: PTH118
                found.append(os.path.relpath(path, folder).replace(os.sep, "/"))
    return found
