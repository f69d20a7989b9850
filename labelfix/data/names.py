"""Image names as text that any reader takes, also where a name is no valid UTF-8.

File names on Linux are bytes. Python holds the bytes that are no UTF-8 as surrogates, which
Parquet and JSON refuse. There, and only for such names, `bytes:` and percent-encoded bytes
stand for the name; a CSV file has the bytes themselves.
"""

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
