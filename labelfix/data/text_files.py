"""Text files as users write them: their encoding, their delimiter, lists without a header."""

import csv
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from labelfix.data import names
from labelfix.data.columns import IMAGE_COLUMNS, LABEL_COLUMNS, is_known, known_column
from labelfix.data.image_endings import IMAGE_SUFFIXES
from labelfix.errors import InputError

_BYTE_ORDER_MARKS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """The text of a file; in UTF-8, invalid bytes become surrogates.

    Raises:
        InputError: the file cannot be read or is in another encoding.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} could not be read: {error.strerror or error}", "Name the manifest's file."
        ) from error
    is_utf8 = encoding.lower().replace("_", "-") in ("utf-8", "utf8")
    other = _wide_encoding(data)
    if is_utf8 and other:
        raise InputError(
            f"{path}, row 0 (the header): expected UTF-8, found {other.upper()}",
            f"Run it again with --encoding {other}.",
        )
    try:
        if is_utf8:  # a byte order mark is not part of the first column's name
            return data.decode("utf-8-sig", errors="surrogateescape")
        text = data.decode(encoding)
        text.encode()  # some encodings can spell half a character
        return text
    except LookupError as error:
        raise InputError(
            f"--encoding {encoding} is not known", "For example --encoding cp1252 or utf-16."
        ) from error
    except UnicodeError as error:
        row = data[: getattr(error, "start", 0)].count(b"\n")
        raise InputError(
            f"{path}, row {row}: expected {encoding}, found other bytes",
            "Name the file's own encoding with --encoding, for example cp1252 or utf-16.",
        ) from error


def _wide_encoding(data: bytes) -> str:
    """The encoding of text that begins with a byte order mark or NUL; empty for other text."""
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return encoding
    if data.startswith(b"\0"):
        return "utf-16-be"
    return "utf-16-le" if data[1:2] == b"\0" else ""


DEFAULT_DELIMITER = ","
_GUESSES = ("\t", DEFAULT_DELIMITER, " ")
"""Tried in this order: a tab is never part of a name, a space often is."""


def delimiter_of(text: str, named: str, columns: Sequence[str] | None) -> str:
    """The delimiter of a list, guessed from its first line.

    Args:
        text: the file's.
        named: the user's delimiter; a comma is the default and allows a guess.
        columns: the user's column names. Only with names may a space be the delimiter, and only
            then is a list of one column read by whole lines.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    if named != DEFAULT_DELIMITER:
        return named
    if columns is None:
        return "\t" if "\t" in first else named
    fitting = [guess for guess in _GUESSES if _count_fields(first, guess) == len(columns)]
    return fitting[0] if fitting else named


def header_for(path: Path, first: Sequence[str], columns: Sequence[str] | None) -> list[str]:
    """The column names: the user's, or image, label, column_3 and so on.

    Args:
        path: of the list, for errors.
        first: its first row.
        columns: the user's column names, or None.

    Raises:
        InputError: the first row is a header.
    """
    if known_column(first, IMAGE_COLUMNS) is not None:
        raise InputError(
            f"{path}, row 1: expected an image and no header, found the header "
            f"{names.listed(first, most=20)}",
            "Leave --no-header and --columns out; --image-column and --label-column name columns "
            "of a header.",
        )
    if columns is not None:
        return list(columns)
    usual = (IMAGE_COLUMNS[0], LABEL_COLUMNS[0])
    return [usual[i] if i < len(usual) else f"column_{i + 1}" for i in range(len(first))]


def columns_without_header(path: Path, first: Sequence[str]) -> tuple[str, ...] | None:
    """The columns of a list whose first row is an image already; None if it is a header.

    Args:
        path: of the list, for errors.
        first: its first row, which was read as a header.

    Raises:
        InputError: there is no header, and which column is the label cannot be told.
    """
    if any(is_known(cell) for cell in first):
        return None
    cells = list(first)
    if len(cells) == 1:  # a list with tabs or spaces, whose delimiter is found by its columns
        cells = cells[0].split("\t") if "\t" in cells[0] else cells[0].split(" ")
        if len(cells) != 2 or not has_image_ending(cells[0]):
            cells = list(first)
    places = [place for place, cell in enumerate(cells) if has_image_ending(cell)]
    if not places:
        return None
    usual = [IMAGE_COLUMNS[0], LABEL_COLUMNS[0]]
    if len(places) == 1 and len(cells) <= len(usual):
        return tuple(usual[: len(cells)] if places == [0] else reversed(usual))
    example = [f"column_{place + 1}" for place in range(len(cells))]
    example[places[0]] = usual[0]
    example[0 if places[0] else 1] = usual[1]
    raise InputError(
        f"{path}: expected a header with the names of the columns, found an image in the first "
        f"row: {names.listed(first, most=20)}",
        f"Name the {len(cells)} columns in their order, for example --columns {','.join(example)}.",
    )


def has_image_ending(cell: str) -> bool:
    """Whether a text ends as the name of an image file does."""
    return PurePosixPath(cell.strip()).suffix.lower() in IMAGE_SUFFIXES


def no_label(path: Path, first: str) -> InputError:
    """The error for a list of one column without the needed labels."""
    return InputError(
        f"{path}: expected an image and a label in each row, found one column without a header, "
        f"for example {names.to_text(first)!r}",
        "Take the label out of the name with --label-pattern, for example "
        "--label-pattern '([^/]+)/[^/]+$' for the last folder; or, where a space or another "
        "character stands between image and label, say --columns image,label.",
    )


def _count_fields(line: str, delimiter: str) -> int:
    fields = next(csv.reader([line], delimiter=delimiter), [])
    return len(without_padding(fields) if delimiter == " " else fields)


def without_padding(fields: Sequence[str]) -> list[str]:
    """The fields of a line with one or more spaces between them."""
    return [field for field in fields if field]
