"""A text file's bytes as text and back, so that not one byte is lost on the way."""

import codecs
from dataclasses import dataclass, field
from functools import lru_cache

from labelfix.errors import InputError

_WIDE = {
    "utf-16": ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")),
    "utf-32": ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")),
}
_UTF_8 = ("utf-8", "utf-8-sig")


@dataclass(frozen=True, kw_only=True)
class EncodedText:
    """The text of a file, and all that is needed to write it again.

    Attributes:
        text: without the byte order mark; bytes that are not UTF-8 are surrogates.
        mark: the byte order mark, or nothing.
        encoding: of the rest.
    """

    text: str = field(repr=False)
    mark: bytes
    encoding: str

    def with_text(self, text: str, where: str) -> bytes:
        """The bytes of a file with another text, which read back as that text.

        Args:
            text: the new one.
            where: the file, for errors.

        Raises:
            InputError: a character cannot be written in this encoding.
        """
        try:
            written = text.encode(self.encoding, _errors(self.encoding))
        except UnicodeError as error:
            character = text[getattr(error, "start", 0)]
            raise InputError(
                f"{where}: expected labels that can be written in {self.encoding}, "
                f"found the character {character!r}",
                "Save the manifest as UTF-8 and make the patch again.",
            ) from error
        _check_reversible(written, text, self.encoding, where)
        return self.mark + written


@lru_cache(maxsize=65536)
def can_write(label: str, encoding: str) -> bool:
    """Whether a label exists in an encoding."""
    try:
        return label.encode(encoding).decode(encoding) == label
    except UnicodeError:
        return False


def decode_exactly(data: bytes, encoding: str, where: str) -> EncodedText:
    """The text of a file's bytes, from which exactly these bytes can be written again.

    Args:
        data: the file's.
        encoding: as the user names it.
        where: the file, for errors.

    Raises:
        InputError: the bytes are of another encoding, or the encoding has several spellings of
            one text and the file does not use the usual one.
    """
    try:
        mark, plain = _mark_and_encoding(data, codecs.lookup(encoding).name)
        rest = data[len(mark) :]
        text = rest.decode(plain, _errors(plain))
    except (LookupError, UnicodeError) as error:
        raise InputError(
            f"{where}: expected {encoding}, found other bytes",
            "Name the file's own encoding with --encoding, for example cp1252 or utf-16.",
        ) from error
    encoded = EncodedText(text=text, mark=mark, encoding=plain)
    _check_reversible(rest, text, plain, where)
    return encoded


def _check_reversible(data: bytes, text: str, encoding: str, where: str) -> None:
    """Check that a text and its bytes stand for each other both ways."""
    if encoding in (*_UTF_8, "ascii", "iso8859-1"):
        return  # these have one spelling of each text, also with surrogates
    try:
        same = text.encode(encoding) == data and data.decode(encoding) == text
    except UnicodeError:
        same = False
    if not same:
        raise InputError(
            f"{where}: expected text that has one spelling in {encoding}, found bytes that would "
            "not come back as they are",
            "Save the manifest as UTF-8; a patch can then be taken back byte for byte.",
        )


def _mark_and_encoding(data: bytes, name: str) -> tuple[bytes, str]:
    """The byte order mark, and the encoding of what follows it."""
    if name in _UTF_8:
        return (codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""), "utf-8"
    for mark, plain in _WIDE.get(name, ()):
        if data.startswith(mark):
            return mark, plain
    if name in _WIDE:  # without a mark, Python reads the machine's own order
        return b"", f"{name}-{'le' if codecs.BOM_UTF16 == codecs.BOM_UTF16_LE else 'be'}"
    return b"", name


def _errors(encoding: str) -> str:
    return "surrogateescape" if encoding in _UTF_8 else "strict"
