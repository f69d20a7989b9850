"""The files below a folder, found by what is known of their paths."""

import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from labelfix.data.image_endings import IMAGE_SUFFIXES, is_ignored

_SAME_FORMAT = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif"}


@dataclass(frozen=True)
class Match:
    """How closely a path must be that of a file.

    Attributes:
        any_case: upper and lower case make no difference, nor do the forms of Unicode.
        any_ending: the path may lack its ending, or have another one of the same format.
    """

    any_case: bool = False
    any_ending: bool = False


EXACT = Match()
ANY_CASE = Match(any_case=True)
ANY_ENDING = Match(any_ending=True)
MATCHES = (EXACT, ANY_CASE, ANY_ENDING, Match(any_case=True, any_ending=True))
"""From the strictest on. What one finds alone, the next ones find too, perhaps beside others."""


class FolderFiles:
    """The files below a folder, without hidden ones; links to folders are not followed."""

    def __init__(self, folder: Path) -> None:
        self._files = _files_below(folder)
        self.folders = {str(PurePosixPath(name).parent) for name in self._files}
        self._by_path: dict[Match, dict[str, list[str]]] = {}
        self._by_name: dict[Match, dict[str, list[str]]] = {}

    def at(self, path: str, match: Match = EXACT) -> list[str]:
        """The files that have a path, relative to the folder."""
        index = self._index(self._by_path, match, whole=True)
        return _of_format(path, index.get(_key(path, match), []), match)

    def ending_in(self, path: str, match: Match = EXACT) -> list[str]:
        """The files whose path is this one, or ends in it after a slash."""
        key = _key(path, match)
        index = self._index(self._by_name, match, whole=False)
        found = [
            name
            for name in index.get(key.rpartition("/")[2], [])
            if f"/{_key(name, match)}".endswith(f"/{key}")
        ]
        return _of_format(path, found, match)

    def _index(
        self, kept: dict[Match, dict[str, list[str]]], match: Match, *, whole: bool
    ) -> dict[str, list[str]]:
        """The files by their path or their last name, made at the first use."""
        if match not in kept:
            index: dict[str, list[str]] = {}
            for name in self._files:
                key = _key(name, match)
                index.setdefault(key if whole else key.rpartition("/")[2], []).append(name)
            kept[match] = index
        return kept[match]


def _files_below(folder: Path) -> list[str]:
    found: list[str] = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_ignored(name))
        inside = os.path.relpath(parent, folder).replace(os.sep, "/")
        start = "" if inside == "." else f"{inside}/"
        found.extend(start + name for name in sorted(files) if not is_ignored(name))
    return found


def _suffix(path: str) -> str:
    """The ending of an image, in lower case; empty for any other."""
    suffix = PurePosixPath(path).suffix.lower()
    return suffix if suffix in IMAGE_SUFFIXES else ""


def _key(path: str, match: Match) -> str:
    if match.any_ending:
        path = path[: len(path) - len(_suffix(path))]
    return unicodedata.normalize("NFC", path).casefold() if match.any_case else path


def _of_format(path: str, found: list[str], match: Match) -> list[str]:
    """The files whose ending is that of the path, or stands for the same format."""
    wanted = _suffix(path)
    if not match.any_ending or not wanted:
        return found
    wanted = _SAME_FORMAT.get(wanted, wanted)
    suffixes = [(name, _suffix(name)) for name in found]
    return [name for name, suffix in suffixes if _SAME_FORMAT.get(suffix, suffix) == wanted]
