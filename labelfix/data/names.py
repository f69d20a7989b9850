"""Image names and labels as text: any bytes survive, and any character can be shown.

File names on Linux are bytes. Python holds bytes that are not UTF-8 as surrogates, which Parquet
and JSON refuse. Only such names are stored as `bytes:` and percent-encoded bytes; a CSV file holds
the bytes themselves.
"""

import unicodedata
from collections.abc import Sequence
from urllib.parse import quote_from_bytes, unquote_to_bytes

MARK = "bytes:"


def to_text(name: str) -> str:
    """A name as valid UTF-8; `from_text` undoes it."""
    if name.startswith(MARK) or not is_valid(name):
        return MARK + quote_from_bytes(name.encode("utf-8", "surrogateescape"))
    return name


def from_text(text: str) -> str:
    """The name that was given to `to_text`."""
    if text.startswith(MARK):
        return unquote_to_bytes(text[len(MARK) :]).decode("utf-8", "surrogateescape")
    return text


def is_valid(name: str) -> bool:
    """Whether a text is valid UTF-8."""
    return name.isascii() or not any("\ud800" <= character <= "\udfff" for character in name)


def listed(items: Sequence[str], most: int = 5) -> str:
    """The first names or labels, quoted, and how many more there are."""
    shown = ", ".join(repr(to_text(item)) for item in items[:most])
    return f"{shown} and {len(items) - most} more" if len(items) > most else shown


def plain(text: object) -> str:
    """A user's text made safe to show: no control characters, escapes or direction marks."""
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(
        character if character.isprintable() or character == " " else "\N{REPLACEMENT CHARACTER}"
        for character in shown
        if unicodedata.category(character) != "Cf"
    )


def short(text: str, most: int) -> str:
    """The same, cut to at most so many characters with an ellipsis."""
    beginning = text[: 4 * most]  # a text may have any length, and this runs for every row
    shown = plain(beginning)
    if len(beginning) == len(text) and len(shown) <= most:
        return shown
    return shown[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"
