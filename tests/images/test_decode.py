import io
import os
import pickle
import random
import socket
import struct
import subprocess
import sys
import threading
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import ExifTags, Image, ImageFile, features

from labelfix.images import decode
from labelfix.images.decode import (
    FORMATS,
    MAX_FILE_BYTES,
    MAX_PIXELS,
    UnreadableImageError,
    decode_image,
    read_image_file,
)

WHITE, GREY, BLACK = (255, 255, 255), (127, 127, 127), (0, 0, 0)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
YELLOW, CYAN = (255, 255, 0), (0, 255, 255)

Pixel = tuple[int, ...]

# Lossy and lossless, at once and in stages, plain and packed: format and save options.
ENCODINGS = {
    "jpeg": ("JPEG", {}),
    "jpeg-progressive": ("JPEG", {"progressive": True}),
    "png": ("PNG", {}),
    "gif": ("GIF", {}),
    "bmp": ("BMP", {}),
    "webp": ("WEBP", {}),
    "webp-lossless": ("WEBP", {"lossless": True}),
    "tiff": ("TIFF", {}),
    "tiff-deflate": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    "ppm": ("PPM", {}),
}
if features.check("avif"):
    ENCODINGS["avif"] = ("AVIF", {})


def encoded(image: Image.Image, format_: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def picture(width: int = 24, height: int = 20) -> Image.Image:
    bands = [
        Image.linear_gradient("L"),
        Image.radial_gradient("L"),
        Image.linear_gradient("L").rotate(90),
    ]
    return Image.merge("RGB", [band.resize((width, height)) for band in bands])


def picture_as(encoding: str) -> bytes:
    format_, options = ENCODINGS[encoding]
    return encoded(picture(), format_, **options)


def row_of(mode: str, values: list[Pixel] | list[int]) -> Image.Image:
    image = Image.new(mode, (len(values), 1))
    for x, value in enumerate(values):
        image.putpixel((x, 0), value)
    return image


def pixels(image: Image.Image) -> list[Pixel]:
    assert image.mode == "RGB"
    values = image.tobytes()
    return [tuple(values[i : i + 3]) for i in range(0, len(values), 3)]


def greys(image: Image.Image) -> list[int]:
    assert all(red == green == blue for red, green, blue in pixels(image))
    return [red for red, _, _ in pixels(image)]


def reason_for(data: bytes) -> str:
    with pytest.raises(UnreadableImageError) as caught:
        decode_image(data)
    return caught.value.reason


def refusal_of(path: Path) -> str:
    """Why `path` is not read; fails where the answer takes more than 5 s."""
    reasons: list[str] = []

    def read() -> None:
        try:
            read_image_file(path)
        except UnreadableImageError as error:
            reasons.append(error.reason)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(timeout=5)
    assert not thread.is_alive(), "reading blocks"
    assert reasons, "it was read"
    return reasons[0]


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_by_hand(
    size: tuple[int, int], bit_depth: int, colour_type: int, rows: bytes, *extra: bytes
) -> bytes:
    """Pillow writes neither 16-bit colour nor a header that lies."""
    header = struct.pack(">IIBBBBB", *size, bit_depth, colour_type, 0, 0, 0)
    chunks = [
        png_chunk(b"IHDR", header),
        *extra,
        png_chunk(b"IDAT", zlib.compress(rows)),
        png_chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def gif_by_hand(screen: tuple[int, int], frame: tuple[int, int]) -> bytes:
    start = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x80, 0, 0) + bytes(6)
    return start + b"," + struct.pack("<HHHHB", 0, 0, *frame, 0) + b"\x02\x02\x44\x01\x00;"


def tiff_by_hand(
    photometric: int, extra_sample: int, values: bytes, colours: list[Pixel] | None = None
) -> bytes:
    """One row of pixels of two bytes, colour and alpha; Pillow doesn't write such TIFFs.

    Args:
        photometric: 1 for grey, 3 for a palette.
        extra_sample: 1 where the colour is premultiplied with the alpha, else 2.
        values: the pixels.
        colours: the palette's first colours.
    """
    tags: list[tuple[int, int, list[int]]] = [
        (256, 3, [len(values) // 2]),  # width
        (257, 3, [1]),  # height
        (258, 3, [8, 8]),  # bits per sample
        (259, 3, [1]),  # not compressed
        (262, 3, [photometric]),
        (273, 4, [8]),  # the pixels follow the file's header
        (277, 3, [2]),  # samples per pixel
        (279, 4, [len(values)]),
        (338, 3, [extra_sample]),
    ]
    if colours is not None:
        padded = colours + [(0, 0, 0)] * (256 - len(colours))
        tags.insert(-1, (320, 3, [colour[band] * 257 for band in range(3) for colour in padded]))
    directory_at = 8 + len(values)
    outside_at = directory_at + 2 + 12 * len(tags) + 4
    directory, outside = struct.pack("<H", len(tags)), b""
    for tag, kind, numbers in tags:
        packed = struct.pack(f"<{len(numbers)}{'H' if kind == 3 else 'I'}", *numbers)
        if len(packed) > 4:
            place = struct.pack("<I", outside_at + len(outside))
            outside += packed
        else:
            place = packed.ljust(4, b"\0")
        directory += struct.pack("<HHI", tag, kind, len(numbers)) + place
    return b"II*\0" + struct.pack("<I", directory_at) + values + directory + bytes(4) + outside


def jpeg_with_damaged_exif_tag(orientation: int) -> bytes:
    """The Make tag points far outside of the EXIF data, of which Pillow warns."""
    make = struct.pack(">HHII", ExifTags.Base.Make, 2, 100, 60_000)
    turn = struct.pack(">HHIHH", ExifTags.Base.Orientation, 3, 1, orientation, 0)
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", 2) + make + turn + bytes(4)
    return encoded(picture(), "JPEG", exif=exif)


# The file


def test_read_image_file__returns_the_bytes(tmp_path: Path) -> None:
    file = tmp_path / "image.png"
    file.write_bytes(b"\x00\r\n\x1a bytes")
    link = tmp_path / "link.png"
    link.symlink_to(file)
    assert read_image_file(file) == b"\x00\r\n\x1a bytes"
    assert read_image_file(link) == b"\x00\r\n\x1a bytes"


def make_folder(path: Path) -> None:
    path.mkdir()


def make_symlink_loop(path: Path) -> None:
    path.symlink_to(path)


def make_dangling_link(path: Path) -> None:
    path.symlink_to("gone")


def make_device_link(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_empty(path: Path) -> None:
    path.touch()


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)


def make_sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, MAX_FILE_BYTES + 1)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_folder, "not a regular file: folder"),
        (os.mkfifo, "not a regular file: named pipe"),
        (make_device_link, "not a regular file: device"),
        (make_socket, "not a regular file: socket"),
        (make_symlink_loop, "symlink loop"),
        (make_dangling_link, "symlink to a file that does not exist"),
        (make_empty, "empty file (0 bytes)"),
        (make_sparse, "file is 257 MiB, at most 256 MiB are read"),
        (lambda path: None, "file does not exist"),
    ],
)
def test_read_image_file__refuses_with_a_reason(
    make: Callable[[Path], None], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    path = tmp_path / "x.jpg"
    make(path)
    assert refusal_of(path) == reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a\x00b.jpg", "not a valid file name"),
        ("a" * 300, "file name is too long"),
        ("file/below.jpg", "file does not exist"),
    ],
)
def test_read_image_file__refuses_impossible_names(name: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert refusal_of(tmp_path / name) == reason


@pytest.mark.parametrize(
    ("make", "kind"),
    [(os.mkfifo, "named pipe"), (make_device_link, "device"), (make_folder, "folder")],
)
def test_read_image_file__exchanged_after_the_first_look_does_not_block(
    make: Callable[[Path], None], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(b"x")
    before = path.stat()
    path.unlink()
    make(path)
    monkeypatch.setattr(Path, "stat", lambda path: before)
    assert refusal_of(path) == f"not a regular file: {kind}"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied", "/secret/x.jpg"), "no permission to read it"),
        (OSError(5, "Input/output error", "/secret/x.jpg"), "input/output error"),
    ],
)
def test_read_image_file__tells_the_system_error_without_the_path(
    error: OSError, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, flags: int) -> int:
        raise error

    (tmp_path / "x.jpg").write_bytes(b"x")
    monkeypatch.setattr(os, "open", fail)
    assert refusal_of(tmp_path / "x.jpg") == reason


@pytest.mark.parametrize("size", [9, 11])
def test_read_image_file__refuses_a_file_that_changes(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.jpg").write_bytes(b"x" * size)
    (tmp_path / "as-before").write_bytes(b"x" * 10)
    before = (tmp_path / "as-before").stat()
    monkeypatch.setattr(os, "fstat", lambda descriptor: before)
    assert refusal_of(tmp_path / "x.jpg") == "the file changed while it was read"


def test_unreadable_image__reason_is_one_printable_line() -> None:
    error = UnreadableImageError("a\x1b[31m\nb\u202ec\x00 " + "d" * 300)
    assert error.reason == "a [31m b c " + "d" * 189
    assert len(error.reason) == 200
    assert str(error) == error.reason


def test_unreadable_image__survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(UnreadableImageError("empty"))).reason == "empty"


# Damaged, cut short and hostile data


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_decode_image__cut_at_50_lengths_is_refused_or_whole(encoding: str) -> None:
    data = picture_as(encoding)
    whole = decode_image(data)
    refused = 0
    # Half of the cuts among the last bytes, where a decoder may have all it needs.
    cuts = [len(data) * i // 25 for i in range(25)] + [len(data) - i for i in range(1, 26)]
    for length in cuts:
        try:
            image = decode_image(data[:length])
        except UnreadableImageError as error:
            assert error.reason
            refused += 1
        else:
            assert (image.size, image.tobytes()) == (whole.size, whole.tobytes()), length
    assert refused >= 25


def test_decode_image__reason_names_the_truncation() -> None:
    data = encoded(picture(), "BMP")
    assert reason_for(data[:-7]) == "truncated: image file is truncated (65 bytes not processed)"
    assert reason_for(encoded(picture(), "PNG")[:-60]) == "truncated: image file is truncated"
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_decode_image__random_changes_give_rgb_or_a_reason(
    encoding: str, recwarn: pytest.WarningsRecorder
) -> None:
    generator = random.Random(f"mutations of {encoding}")
    original = picture_as(encoding)
    decoded = refused = 0
    for _ in range(40):
        data = bytearray(original)
        for _ in range(generator.choice([1, 1, 2, 8])):
            data[generator.randrange(len(data))] = generator.randrange(256)
        if generator.random() < 0.2:
            start = generator.randrange(len(data))
            del data[start : start + generator.randrange(1, 30)]
        try:
            image = decode_image(bytes(data))
        except UnreadableImageError as error:
            assert error.reason.isprintable()
            assert error.reason
            refused += 1
        else:
            assert image.mode == "RGB"
            assert image.width * image.height * 3 == len(image.tobytes())
            decoded += 1
    assert decoded + refused == 40
    assert refused > 0
    assert [str(warning.message) for warning in recwarn] == []


# Run in a process of its own: its memory is its own, and every warning is an error from the start.
BOMBS_SCRIPT = """
import resource, sys
from labelfix.images.decode import UnreadableImageError, decode_image

def peak_kib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before = peak_kib()
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        data = file.read()
    try:
        decode_image(data)
    except UnreadableImageError as error:
        print(error.reason)
    else:
        print("decoded")
print((peak_kib() - before) // 1024)
"""


@pytest.mark.slow
def test_decode_image__bombs_are_refused_from_the_header(tmp_path: Path) -> None:
    beyond_pillows_limit = (
        "decompression bomb: image size (3600000000 pixels) exceeds limit of 178956970 pixels"
    )
    # In the range where Pillow only warns, and with real pixels, so that decoding them would show.
    rows = bytes(9501) * 9500
    bombs = [
        (png_by_hand((60_000, 60_000), 8, 2, b""), beyond_pillows_limit),
        (gif_by_hand((60_000, 60_000), (60_000, 60_000)), beyond_pillows_limit),
        (gif_by_hand((1, 1), (60_000, 60_000)), beyond_pillows_limit),
        (
            png_by_hand((9500, 9500), 8, 0, rows),
            f"decompression bomb: 9500 x 9500 pixels, at most {MAX_PIXELS} are read",
        ),
        (
            b"SIMPLE  =                    T" + b" " * 2850,
            "FITS is not read; convert it to JPEG or PNG",
        ),
    ]
    names = []
    for number, (data, _) in enumerate(bombs):
        (tmp_path / str(number)).write_bytes(data)
        names.append(str(tmp_path / str(number)))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BOMBS_SCRIPT, *names],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    *reasons, grown_mib = done.stdout.splitlines()
    assert reasons == [reason for _, reason in bombs]
    # The 86 MiB that 9500 x 9500 pixels take would show as well.
    assert int(grown_mib) < 60


def test_decode_image__largest_size_is_still_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MAX_PIXELS", 12)
    assert decode_image(encoded(Image.new("L", (4, 3)), "PNG")).size == (4, 3)
    assert "13 x 1 pixels, at most 12" in reason_for(encoded(Image.new("L", (13, 1)), "PNG"))


@pytest.mark.parametrize(
    "data",
    [
        png_by_hand((0, 4), 8, 0, b""),
        gif_by_hand((0, 0), (0, 0)),
        b"P6 0 0 255\n",
        b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 0, 0, 1, 24, 0, 0, 0, 0, 0, 0),
    ],
)
def test_decode_image__no_pixels_are_refused(data: bytes) -> None:
    assert reason_for(data)


def test_decode_image__any_exception_of_a_decoder_is_a_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = encoded(picture(), "PNG")
    for error, reason in [
        (MemoryError(), "not enough memory to decode it"),
        (KeyError("mode\n\x1b"), r"damaged: 'mode\n\x1b'"),
        (RecursionError(), "damaged: RecursionError"),
    ]:
        monkeypatch.setattr(ImageFile.ImageFile, "load_prepare", raiser(error))
        assert reason_for(data) == reason


def test_decode_image__keyboard_interrupt_goes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile.ImageFile, "load_prepare", raiser(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        decode_image(encoded(picture(), "PNG"))


def raiser(error: BaseException) -> Callable[[object], None]:
    def fail(self: object) -> None:
        raise error

    return fail


# Told by content


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_decode_image__format_is_told_by_content(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.txt"
    file.write_bytes(picture_as(encoding))
    assert decode_image(read_image_file(file)).size == (24, 20)


@pytest.mark.parametrize("format_", ["EPS", "ICO", "TGA", "PCX", "JPEG2000", "SGI"])
def test_decode_image__other_formats_of_pillow_are_refused(format_: str) -> None:
    assert format_ not in FORMATS
    assert reason_for(encoded(picture(32, 32), format_))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<!doctype html><title>404</title>", "not an image: HTML document"),
        (b"<svg width='9'/>", "SVG is a vector format; convert it to PNG"),
        (
            b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
            "HEIC needs the pillow-heif plugin; convert it to JPEG or PNG",
        ),
        (b"\xff\xd8\xff\xe0", "damaged or truncated JPEG: its header cannot be read"),
    ],
)
def test_decode_image__what_is_no_image_is_named(data: bytes, reason: str) -> None:
    assert reason_for(data) == reason


# The one way to RGB


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(encoded(row_of("1", [0, 255]), "PNG"), [BLACK, WHITE], id="1-bit"),
        pytest.param(encoded(row_of("L", [0, 9]), "PNG"), [BLACK, (9, 9, 9)], id="grey"),
        pytest.param(encoded(row_of("RGB", [RED, BLUE]), "PNG"), [RED, BLUE], id="RGB"),
        pytest.param(
            encoded(row_of("RGBA", [(*RED, 0), (*BLACK, 128), (*RED, 255)]), "PNG"),
            [WHITE, GREY, RED],
            id="RGBA",
        ),
        pytest.param(
            encoded(row_of("LA", [(0, 0), (0, 128), (9, 255)]), "PNG"),
            [WHITE, GREY, (9, 9, 9)],
            id="LA",
        ),
        pytest.param(
            # Premultiplied: half-transparent white is stored as 128.
            tiff_by_hand(1, 1, bytes([0, 0, 0, 128, 128, 128])),
            [WHITE, GREY, WHITE],
            id="La",
        ),
        pytest.param(
            png_by_hand(
                (3, 1),
                8,
                3,
                b"\0\0\1\2",
                png_chunk(b"PLTE", bytes([*RED, *GREEN, *BLACK])),
                png_chunk(b"tRNS", bytes([255, 0, 128])),
            ),
            [RED, WHITE, GREY],
            id="palette with alpha",
        ),
        pytest.param(
            png_by_hand((2, 1), 8, 3, b"\0\0\1", png_chunk(b"PLTE", bytes([*RED, *GREEN]))),
            [RED, GREEN],
            id="palette",
        ),
        pytest.param(
            png_by_hand(
                (2, 1), 8, 2, b"\0" + bytes([*RED, *GREEN]), png_chunk(b"tRNS", b"\0\xff\0\0\0\0")
            ),
            [WHITE, GREEN],
            id="RGB with one transparent colour",
        ),
        pytest.param(
            tiff_by_hand(3, 2, bytes([0, 255, 1, 0, 2, 128]), colours=[RED, GREEN, BLACK]),
            [RED, WHITE, GREY],
            id="PA",
        ),
        pytest.param(
            encoded(row_of("CMYK", [(0, 0, 0, 0), (255, 0, 0, 0), (0, 0, 0, 255)]), "TIFF"),
            [WHITE, CYAN, BLACK],
            id="CMYK TIFF",
        ),
        pytest.param(
            encoded(Image.new("CMYK", (1, 1), (0, 255, 255, 0)), "JPEG"), [RED], id="CMYK JPEG"
        ),
        pytest.param(
            # The high byte, as Pillow reads it: 0x80ff is 128.
            png_by_hand((2, 1), 16, 2, b"\0" + struct.pack(">6H", 0x80FF, 0, 65535, 257, 514, 771)),
            [(128, 0, 255), (1, 2, 3)],
            id="16-bit RGB",
        ),
    ],
)
def test_decode_image__mode_to_rgb(data: bytes, expected: list[Pixel]) -> None:
    assert pixels(decode_image(data)) == expected


@pytest.mark.parametrize(
    ("mode", "stored", "expected"),
    [
        # CIELAB (D50) of sRGB red is L 54.3 of 100, a 80.8, b 69.9; a and b are stored plus 128.
        ("LAB", (138, 209, 198), RED),
        ("LAB", (255, 128, 128), WHITE),
        # JFIF: Y 76, Cb 85, Cr 255.
        ("YCbCr", (76, 85, 255), RED),
    ],
)
def test_decode_image__colour_spaces_come_close(mode: str, stored: Pixel, expected: Pixel) -> None:
    [found] = pixels(decode_image(encoded(Image.new(mode, (1, 1), stored), "TIFF")))
    assert found == pytest.approx(expected, abs=5)


# 128 / 257 = 0.498, 129 / 257 = 0.502, 65406 / 257 = 254.498, 65407 / 257 = 254.502
SIXTEEN_BIT = [0, 128, 129, 257, 25_700, 32_768, 65_406, 65_407, 65_535]
EIGHT_BIT = [0, 0, 1, 1, 100, 128, 254, 255, 255]


@pytest.mark.parametrize(
    "data",
    [
        png_by_hand((9, 1), 16, 0, b"\0" + struct.pack(">9H", *SIXTEEN_BIT)),
        b"P5 9 1 65535\n" + struct.pack(">9H", *SIXTEEN_BIT),
        encoded(Image.frombytes("I;16", (9, 1), struct.pack("<9H", *SIXTEEN_BIT)), "TIFF"),
        encoded(Image.frombytes("I;16B", (9, 1), struct.pack(">9H", *SIXTEEN_BIT)), "TIFF"),
        encoded(row_of("I", SIXTEEN_BIT), "TIFF"),
    ],
    ids=["PNG", "PGM", "TIFF little-endian", "TIFF big-endian", "TIFF 32-bit"],
)
def test_decode_image__sixteen_bit_grey_is_divided_by_257(data: bytes) -> None:
    assert greys(decode_image(data)) == EIGHT_BIT


def test_decode_image__integers_outside_16_bit_are_clipped() -> None:
    data = encoded(row_of("I", [-1, -70_000, 65_536, 2_000_000_000]), "TIFF")
    assert greys(decode_image(data)) == [0, 0, 255, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([-3.0, 0.2, 0.4], [0, 51, 102]),
        ([0.0, 100.4, 300.0], [0, 100, 255]),
        ([float("nan"), 0.5, 1.0], [0, 128, 255]),
        ([0.5, float("nan"), 1.0], [128, 0, 255]),
        ([float("inf"), float("-inf"), 7.0], [255, 0, 7]),
    ],
)
def test_decode_image__floats(values: list[float], expected: list[int]) -> None:
    image = Image.frombytes("F", (3, 1), struct.pack("<3f", *values))
    assert greys(decode_image(encoded(image, "TIFF"))) == expected


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG", "TIFF"])
def test_decode_image__first_frame_of_many(format_: str) -> None:
    options = {"lossless": True} if format_ == "WEBP" else {}
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, BLUE, GREEN)]
    data = encoded(frames[0], format_, save_all=True, append_images=frames[1:], **options)
    with Image.open(io.BytesIO(data)) as image:
        assert image.n_frames == 3
    assert pixels(decode_image(data)) == [RED] * 16


COLOURS = {"A": RED, "B": GREEN, "C": BLUE, "D": WHITE, "E": BLACK, "F": YELLOW}

# How the picture ABC over DEF is stored (EXIF 2.32, 4.6.4: which side of the picture the
# stored first row and first column are).
STORED = {
    1: ["ABC", "DEF"],
    2: ["CBA", "FED"],
    3: ["FED", "CBA"],
    4: ["DEF", "ABC"],
    5: ["AD", "BE", "CF"],
    6: ["CF", "BE", "AD"],
    7: ["FC", "EB", "DA"],
    8: ["DA", "EB", "FC"],
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("format_", "options"),
    [
        ("JPEG", {"quality": 100, "subsampling": 0}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ],
)
def test_decode_image__exif_orientation_is_applied(
    format_: str, options: dict[str, object], orientation: int
) -> None:
    stored = STORED[orientation]
    image = Image.new("RGB", (len(stored[0]), len(stored)))
    for y, row in enumerate(stored):
        for x, letter in enumerate(row):
            image.putpixel((x, y), COLOURS[letter])
    # 8 x 8 blocks of one colour, which JPEG keeps to within a rounding.
    image = image.resize((image.width * 8, image.height * 8), Image.Resampling.NEAREST)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    upright = decode_image(encoded(image, format_, exif=exif, **options))
    assert upright.size == (24, 16)
    for index, letter in enumerate("ABCDEF"):
        y, x = divmod(index, 3)
        corners = [upright.getpixel((x * 8 + i, y * 8 + j)) for i, j in ((0, 0), (7, 7))]
        for corner in corners:
            assert corner == pytest.approx(COLOURS[letter], abs=3), letter


@pytest.mark.parametrize("exif", [b"Exif\0\0nonsense", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"x"])
def test_decode_image__damaged_exif_leaves_the_image_as_stored(exif: bytes) -> None:
    data = encoded(picture(), "PNG", exif=exif)
    assert decode_image(data).tobytes() == picture().tobytes()


def test_decode_image__one_damaged_exif_tag_does_not_lose_the_orientation() -> None:
    assert decode_image(jpeg_with_damaged_exif_tag(1)).size == (24, 20)
    assert decode_image(jpeg_with_damaged_exif_tag(6)).size == (20, 24)


def test_decode_image__gives_a_plain_image_without_metadata() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image = decode_image(encoded(picture(), "JPEG", exif=exif, comment=b"private"))
    assert type(image) is Image.Image
    assert image.info == {}
    assert dict(image.getexif()) == {}


# Warnings


def test_decode_image__warnings_change_nothing() -> None:
    data = jpeg_with_damaged_exif_tag(1)
    with (
        pytest.warns(UserWarning, match="Skipping tag 271"),
        Image.open(io.BytesIO(data)) as image,
    ):
        image.getexif()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        quiet = decode_image(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        strict = decode_image(data)
    assert caught == []
    assert quiet.tobytes() == strict.tobytes()


def test_decode_image__other_threads_keep_their_warnings() -> None:
    data = jpeg_with_damaged_exif_tag(6)
    with warnings.catch_warnings(), ThreadPoolExecutor(4) as pool:
        warnings.simplefilter("error")
        decoding = [pool.submit(decode_image, data) for _ in range(100)]
        for _ in range(100):
            with pytest.raises(UserWarning, match="of the host program"):
                warnings.warn("of the host program", UserWarning, stacklevel=1)
        assert {future.result().size for future in decoding} == {(20, 24)}


def test_decode_image__adds_one_warning_filter_at_most() -> None:
    data = encoded(picture(), "PNG")
    with warnings.catch_warnings():
        decode_image(data)
        before = list(warnings.filters)
        for _ in range(3):
            warnings.simplefilter("error")
            decode_image(data)
        assert len(warnings.filters) <= len(before) + 1
        # Programs hand their filters to worker processes (scikit-learn does).
        assert pickle.loads(pickle.dumps(warnings.filters)) == warnings.filters
        with pytest.raises(UserWarning, match="afterwards"):
            warnings.warn("afterwards", UserWarning, stacklevel=1)


def test_decode_image__does_not_make_python_repeat_warnings() -> None:
    data = encoded(picture(), "PNG")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            decode_image(data)
            warnings.warn("shown once", UserWarning, stacklevel=1)
    assert [str(warning.message) for warning in caught] == ["shown once"]
