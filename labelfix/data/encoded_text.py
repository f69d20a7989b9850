"""The text of a user's file, by the encoding that the user names."""

from pathlib import Path

from labelfix.errors import InputError

_BYTE_ORDER_MARKS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """The text of a file; bytes that are no UTF-8 are surrogates where UTF-8 is expected.

    Raises:
        InputError: the file cannot be read, or is not of the encoding.
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
        if is_utf8:  # a byte order mark is no part of the first column's name
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
    """The encoding of text that begins as no UTF-8 does, with a byte order mark or NUL."""
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return encoding
    if data.startswith(b"\0"):
        return "utf-16-be"
    return "utf-16-le" if data[1:2] == b"\0" else ""
