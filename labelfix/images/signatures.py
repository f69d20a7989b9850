"""What a file is that Pillow could not open, by its first bytes."""

_HEAD_BYTES = 4096

_CONVERT = "convert it to JPEG or PNG"

# The file's first bytes, and the text for the user.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (
        b"version https://git-lfs.github.com/spec/",
        "Git LFS pointer, not the image itself; run git lfs pull",
    ),
    (b"%PDF-", "not an image: PDF document"),
    (b"PK\x03\x04", "not an image: ZIP archive"),
    (b"\x1f\x8b", "not an image: gzip archive"),
    (b"\x00\x05\x16\x07", "not an image: what macOS knows of a file (._ file)"),
    (b"\x00\x00\x00\x01Bud1", "not an image: what macOS knows of a folder (.DS_Store)"),
    (b"\xd0\xcf\x11\xe0", "not an image: Windows thumbnails (Thumbs.db) or old Office file"),
    (b"\x93NUMPY", "not an image: NumPy array"),
    (b"\x00\x00\x00\x0cjP  ", f"JPEG 2000 is not read; {_CONVERT}"),
    (b"\xff\x4f\xff\x51", f"JPEG 2000 is not read; {_CONVERT}"),
    (b"\x00\x00\x00\x0cJXL ", f"JPEG XL is not read; {_CONVERT}"),
    (b"\xff\x0a", f"JPEG XL is not read; {_CONVERT}"),
    (b"8BPS", f"Photoshop document; {_CONVERT}"),
    (b"%!PS", f"PostScript is a vector format; {_CONVERT}"),
    (b"SIMPLE  =", f"FITS is not read; {_CONVERT}"),
    (b"\x00\x00\x01\x00", f"icon file; {_CONVERT}"),
    (b"\xff\xd8\xff", "damaged or truncated JPEG: its header cannot be read"),
    (b"\x89PNG", "damaged or truncated PNG: its header cannot be read"),
    (b"GIF8", "damaged or truncated GIF: its header cannot be read"),
    (b"BM", "damaged or truncated BMP: its header cannot be read"),
    (b"II*\x00", "damaged or truncated TIFF: its header cannot be read"),
    (b"MM\x00*", "damaged or truncated TIFF: its header cannot be read"),
    (b"II+\x00", "damaged or truncated TIFF: its header cannot be read"),
    (b"MM\x00+", "damaged or truncated TIFF: its header cannot be read"),
)

_HEIC_BRANDS = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"))


def describe_unopened(data: bytes) -> str:
    """Describe a file that no image decoder could open.

    Args:
        data: the file's bytes; only the first 4096 are used.

    Returns:
        One short line for a person, without any text from the file.
    """
    head = data[:_HEAD_BYTES]
    for start, description in _SIGNATURES:
        if head.startswith(start):
            return description
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "damaged or truncated WebP: its header cannot be read"
    if head[4:8] == b"ftyp":
        return _describe_media_container(head[8:12])
    if head[128:132] == b"DICM":
        return f"DICOM is not read; {_CONVERT}"
    if not head.strip(b"\x00"):
        return "not an image: only zero bytes"
    return _describe_text(head)


def _describe_media_container(brand: bytes) -> str:
    """Describe an ISO base media file by its major brand."""
    if brand in _HEIC_BRANDS:
        return f"HEIC needs the pillow-heif plugin; {_CONVERT}"
    if brand in (b"avif", b"avis"):
        return "damaged or truncated AVIF, or a Pillow built without AVIF"
    return "not an image: MP4 or another media file"


def _describe_text(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "not an image: plain text (UTF-16)"
    text = head.removeprefix(b"\xef\xbb\xbf").strip().lower()
    if text.startswith(b"<"):
        return _describe_markup(text)
    if not _is_text(text):
        return "not an image: unknown content"
    if text.startswith((b"{", b"[")):
        return "not an image: JSON"
    return "not an image: plain text"


def _describe_markup(text: bytes) -> str:
    """Describe HTML, SVG or other XML by its first tag.

    A page may contain a drawing and a drawing a page, so the order decides.
    """
    found = {
        kind: position
        for kind, tag in (("html", b"<html"), ("html-doctype", b"<!doctype html"), ("svg", b"<svg"))
        if (position := text.find(tag)) >= 0
    }
    if not found:
        return "not an image: HTML or XML document"
    if min(found, key=found.__getitem__) == "svg":
        return "SVG is a vector format; convert it to PNG"
    return "not an image: HTML document"


def _is_text(head: bytes) -> bool:
    # The head may end in the middle of a character of up to four bytes.
    for cut in range(4):
        try:
            text = head[: len(head) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return all(character.isprintable() or character.isspace() for character in text)
    return False
