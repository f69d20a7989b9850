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
    """A name as valid UTF-8; `from_text` gives the name back."""
    if name.startswith(MARK) or not is_valid(name):
        return MARK + quote_from_bytes(name.encode("utf-8", "surrogateescape"))
    return name


def from_text(text: str) -> str:
    """The name that `to_text` was given."""
    if text.startswith(MARK):
        return unquote_to_bytes(text[len(MARK) :]).decode("utf-8", "surrogateescape")
    return text


def is_valid(name: str) -> bool:
    """Whether a text is valid UTF-8."""
    return name.isascii() or not any("\ud800" <= character <= "\udfff" for character in name)


def listed(items: Sequence[str], most: int = 5) -> str:
    """The first of some names or labels, quoted, and how many more there are."""
    shown = ", ".join(repr(to_text(item)) for item in items[:most])
    return f"{shown} and {len(items) - most} more" if len(items) > most else shown


def plain(text: object) -> str:
    """A user's text, safe to show: no control characters, escapes or marks of direction."""
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(
        character if character.isprintable() or character == " " else "\N{REPLACEMENT CHARACTER}"
        for character in shown
        if unicodedata.category(character) != "Cf"
    )


def short(text: str, most: int) -> str:
    """The same in at most so many characters; an ellipsis stands for the rest."""
    beginning = text[: 4 * most]  # a text may be of any length, and this is shown for every row
    shown = plain(beginning)
    if len(beginning) == len(text) and len(shown) <= most:
        return shown
    return shown[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"
