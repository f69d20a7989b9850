r"""What a written path can mean: `file://`, URLs, backslashes, `%20`, drives, spaces around it."""

import os
import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlsplit

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")  # a drive has one letter
_DRIVE = re.compile(r"[A-Za-z]:(?=/|$)")

SLASHES = r"'\' as '/'"
FILE_URLS = "'file://' left out"
URLS = "URLs as paths"
DECODED = "'%20' and the like decoded"
TRIMMED = "spaces around them left out"


@dataclass(frozen=True)
class PathForm:
    """One reading of a written path.

    Attributes:
        path: with `/`, without a beginning slash; `..` is only at its beginning.
        root: what stood before it and makes it absolute, such as `/` or `C:/`; empty if it is
            relative. The host of a URL is part of the path.
        how: what was changed of the written path.
    """

    path: str
    root: str = ""
    how: tuple[str, ...] = ()

    @property
    def parts(self) -> list[str]:
        """The names between the slashes."""
        return self.path.split("/")

    @property
    def absolute(self) -> str:
        """The whole path; empty if it is relative."""
        whole = self.root + self.path
        return whole if self.root and os.path.isabs(whole) else ""  # noqa: PTH117 (a text)


def is_url(written: str) -> bool:
    """Whether a path begins with a scheme such as `https://`."""
    return _SCHEME.match(written.strip()) is not None


def forms_of(written: str) -> list[PathForm]:
    """The readings of a path, the closest to it first; none for one that names no file.

    Args:
        written: as the user wrote it.
    """
    plain = _plain(written)
    if plain is None or plain.path in ("", ".", "..") or "\0" in written:
        return []
    if "%" not in plain.path:
        return [plain]
    data = unquote_to_bytes(plain.path.encode("utf-8", "surrogateescape"))
    decoded = data.decode("utf-8", "surrogateescape")
    if decoded == plain.path or "\0" in decoded:
        return [plain]
    path, root = _normal(plain.root + decoded)
    return [plain, PathForm(path, root, (*plain.how, DECODED))]


def _plain(written: str) -> PathForm | None:
    """The path without scheme, backslashes and spaces around it; None if it is no path."""
    how = []
    text = written.strip()
    if text != written:
        how.append(TRIMMED)
    if _SCHEME.match(text):
        try:
            url = urlsplit(text)
        except ValueError:
            return None
        if url.scheme.lower() == "file":
            how.append(FILE_URLS)
            text = text[len("file://") :].removeprefix(url.netloc)
            text = text[1:] if _DRIVE.match(text[1:]) else text
        else:
            how.append(URLS)
            text = f"{url.netloc}/{url.path}"
    if "\\" in text:
        how.append(SLASHES)
        text = text.replace("\\", "/")
    path, root = _normal(text)
    return PathForm(path, root, tuple(how))


def _normal(text: str) -> tuple[str, str]:
    """The path without needless parts, and what makes it absolute."""
    drive = _DRIVE.match(text)
    root = drive[0] if drive else ""
    text = text[len(root) :]
    if text.startswith("/"):
        root += "/"
    path = posixpath.normpath(text.lstrip("/"))
    if root:  # nothing is above the root
        while path == ".." or path.startswith("../"):
            path = path[3:]
    return path, root
