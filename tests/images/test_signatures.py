import pytest

from labelfix.images.signatures import describe_unopened

SVG = "SVG is a vector format; convert it to PNG"
HTML = "not an image: HTML document"
HEIC = "HEIC needs the pillow-heif plugin; convert it to JPEG or PNG"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<!DOCTYPE html><html><body>404</body></html>", HTML),
        (b"\xef\xbb\xbf\n  <HTML><svg></svg></HTML>", HTML),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0"><html/>', HTML),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', SVG),
        (b'<?xml version="1.0"?>\n<!-- drawn by hand -->\n<svg><html/></svg>', SVG),
        (b"<Error><Code>AccessDenied</Code></Error>", "not an image: HTML or XML document"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", HEIC),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", HEIC),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00", "not an image: MP4 or another media file"),
        (
            b"\x00\x00\x00\x1cftypavif",
            "damaged or truncated AVIF, or a Pillow built without AVIF",
        ),
        (b"%PDF-1.7\n", "not an image: PDF document"),
        (b"\x00\x05\x16\x07\x00", "not an image: what macOS knows of a file (._ file)"),
        (b"\x00\x00\x00\x01Bud1", "not an image: what macOS knows of a folder (.DS_Store)"),
        (
            b"\xd0\xcf\x11\xe0\xa1",
            "not an image: Windows thumbnails (Thumbs.db) or old Office file",
        ),
        (b"PK\x03\x04\x14\x00", "not an image: ZIP archive"),
        (b"\x1f\x8b\x08\x00", "not an image: gzip archive"),
        (b"\x93NUMPY\x01\x00", "not an image: NumPy array"),
        (b'  {"error": "not found"}', "not an image: JSON"),
        (b"[1, 2]", "not an image: JSON"),
        (b"Not Found\n", "not an image: plain text"),
        (b"\xff\xfeN\x00o\x00", "not an image: plain text (UTF-16)"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
            "Git LFS pointer, not the image itself; run git lfs pull",
        ),
        (b"\x00" * 9000, "not an image: only zero bytes"),
        (b"SIMPLE  =                    T", "FITS is not read; convert it to JPEG or PNG"),
        (b"\x00" * 128 + b"DICM", "DICOM is not read; convert it to JPEG or PNG"),
        (b"\x00\x00\x00\x0cjP  \r\n", "JPEG 2000 is not read; convert it to JPEG or PNG"),
        (b"\xff\x0a\xfa", "JPEG XL is not read; convert it to JPEG or PNG"),
        (b"8BPS\x00\x01", "Photoshop document; convert it to JPEG or PNG"),
        (b"%!PS-Adobe-3.0", "PostScript is a vector format; convert it to JPEG or PNG"),
        (b"\x89PNG\r\n", "damaged or truncated PNG: its header cannot be read"),
        (b"RIFF\x10\x00\x00\x00WEBP", "damaged or truncated WebP: its header cannot be read"),
        (b"RIFF\x10\x00\x00\x00WAVE\x80", "not an image: unknown content"),
        (b"text, then\x00a control character", "not an image: unknown content"),
        (b"\x80\x81\x82\x83\x84", "not an image: unknown content"),
    ],
)
def test_describe_unopened__tells_kinds_apart(data: bytes, expected: str) -> None:
    assert describe_unopened(data) == expected


@pytest.mark.parametrize("shift", [0, 1, 2])
def test_describe_unopened__text_cut_within_a_character_is_text(shift: int) -> None:
    # Only 4096 bytes are looked at: 1365 characters of three bytes and one byte more.
    text = "x" * shift + "€" * 3000
    assert describe_unopened(text.encode()) == "not an image: plain text"
