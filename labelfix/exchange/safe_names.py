"""Labels and image names as names of files and as text of XML, both without loss."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath

from labelfix.data import names
from labelfix.data.image_endings import is_ignored

LONGEST_NAME = 80
"""Bytes of a safe name before its mark; file systems take 255."""
_ID = re.compile(r"-([0-9a-f]{16})(?:\.[^./\\]*)?")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_FORBIDDEN = frozenset('<>:"/\\|?*')
_MARKED = re.compile(r"bytes:|label:")
_LABEL_MARK = "label:"


def file_name(image: str, row_id: str, ending: str | None = None) -> str:
    """A name for an image's copy that is safe everywhere and ends in our own id.

    Args:
        image: the image's name.
        row_id: our own id.
        ending: with its dot; None takes the image's.
    """
    path = PurePosixPath(names.to_text(image))
    suffix = path.suffix.lower() if ending is None else ending
    suffix = suffix if re.fullmatch(r"\.[a-z0-9]{1,5}", suffix) else ""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem)[:LONGEST_NAME].strip("_-")
    return f"{stem or 'image'}-{row_id}{suffix}"


def id_in(name: str) -> str:
    """Our own id in a file's name, or an empty text."""
    found = _ID.search(name)
    while found and found.end() != len(name):
        found = _ID.search(name, found.start() + 1)
    return found[1] if found else ""


def folder_names(labels: Sequence[str]) -> dict[str, str]:
    """A folder's name for each label: itself where it is safe, else a safe one, all different.

    Safe is a name that Linux, macOS and Windows take and that no other name equals in another
    case; a label that is not safe gets its readable part and eight digits of its sha256.
    """
    taken: set[str] = set()
    found: dict[str, str] = {}
    for label in sorted(dict.fromkeys(labels), key=lambda text: (not _is_safe(text), text)):
        name = label if _is_safe(label) else _made_safe(label)
        if _folded(name) in taken:
            name = _made_safe(label)
        taken.add(_folded(name))
        found[label] = name
    return found


def _is_safe(label: str) -> bool:
    return bool(
        label
        and names.is_valid(label)
        and not is_ignored(label)
        and label == unicodedata.normalize("NFC", label)
        and label == label.strip(" .")
        and len(label.encode()) <= LONGEST_NAME
        and all(character.isprintable() and character not in _FORBIDDEN for character in label)
        and not _RESERVED.fullmatch(label)
    )


def _made_safe(label: str) -> str:
    raw = label.encode("utf-8", "surrogateescape")
    stem = re.sub(r"[^A-Za-z0-9_]+", "_", label)[:LONGEST_NAME].strip("_")
    return f"{stem or 'label'}-{hashlib.sha256(raw).hexdigest()[:8]}"


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())


def to_plain(text: str) -> str:
    """A text as one that every tool keeps; `from_plain` undoes it.

    Control characters, which XML has no way to write, spaces at the ends, which forms cut off, and
    bytes that are not UTF-8 are percent-encoded behind a mark; all other texts stay as they are.
    """
    if not names.is_valid(text):
        return names.to_text(text)
    is_kept = text.isprintable() or all(map(_is_kept, text))
    if is_kept and text == text.strip() and not _MARKED.match(text):
        return text
    coded = "".join(
        character if character.isprintable() and character not in "% " else _percent(character)
        for character in text
    )
    return _LABEL_MARK + coded


def to_xml(name: str) -> str:
    """An image's name for XML: as it is where XML has a way to write it, else as `to_plain`."""
    has_way = all(character.isprintable() or character in "\t\n\r" for character in name)
    return name if has_way and not _MARKED.match(name) else to_plain(name)


def from_plain(text: str) -> str:
    """The text that was given to `to_plain`, or to `to_xml`."""
    if text.startswith(_LABEL_MARK):
        from urllib.parse import unquote

        return unquote(text[len(_LABEL_MARK) :], errors="surrogateescape")
    return names.from_text(text)


def _is_kept(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs", "Cn", "Zl", "Zp")


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())
