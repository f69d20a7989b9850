"""The metadata file of a Hugging Face image folder, which is a manifest inside of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from labelfix.data.manifest import Manifest

FILES = ("metadata.csv", "metadata.jsonl")
IMAGE = "file_name"


def metadata_manifest(folder: Path, read: Callable[[Path], Manifest]) -> Manifest | None:
    """The first metadata file directly in an image folder that has file names and labels.

    Args:
        folder: the image folder.
        read: reads a manifest that may lack labels.

    Returns:
        None where there is none: the folders have the labels then.

    Raises:
        InputError: such a file is malformed.
    """
    for name in FILES:
        path = folder / name
        if not path.is_file() or not _names_files(path):
            continue
        opened = read(path)
        if any(label.strip() for label in opened.given_labels):
            return replace(opened, notes=(f"the labels are those of {path}", *opened.notes))
    return None


def _names_files(path: Path) -> bool:
    """Whether the first line names the column of Hugging Face; other files are called so too."""
    with path.open("rb") as file:
        return IMAGE.encode() in file.readline()
