"""Where a finding stands: a file, relative to the current folder, and its line."""

import os.path
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath

from labelfix.check.verdict import Finding, Verdict
from labelfix.data import names


@dataclass(frozen=True)
class Place:
    """One place.

    Attributes:
        path: a file or, if nothing more is known, a folder; as the file system names it, with
            slashes, relative to the current folder if it is below that.
        line: of the file, from 1; None where it has no lines or the line is unknown.
    """

    path: str
    line: int | None = None


def place_of(verdict: Verdict, finding: Finding) -> Place:
    """The manifest's line or, without a manifest, the image."""
    if verdict.is_folder:
        return (
            image_place(verdict, finding.image) if finding.image else Place(_seen(verdict.folder))
        )
    return Place(_seen(verdict.source), finding.line)


def image_place(verdict: Verdict, image: str) -> Place:
    """The file of an image that a finding names."""
    return Place(_seen(str(PurePath(verdict.folder) / names.from_text(image))))


def _seen(path: str) -> str:
    """A path relative to the current folder if it is below, else as given."""
    return _seen_from(Path.cwd(), path)


@lru_cache(maxsize=1024)  # nearly all findings stand at the manifest
def _seen_from(here: Path, path: str) -> str:
    whole = Path(os.path.normpath(here / path))
    near = whole.relative_to(here) if whole.is_relative_to(here) else PurePath(path)
    return near.as_posix()
