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
    UnreadableImage,
    decode_image,
    read_image_file,
)

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
YELLOW, CYAN = (255, 255, 0), (0, 255, 255)

SNIFFED = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")

# (name, format, save options): lossy and lossless, whole and in stages, stripped and packed.
ENCODINGS = [
    ("jpeg", "JPEG", {}),
    ("jpeg-progressive", "JPEG", {"progressive": True}),
    ("png", "PNG", {}),
    ("gif", "GIF", {}),
    ("bmp", "BMP", {}),
    ("webp", "WEBP", {}),
    ("webp-lossless", "WEBP", {"lossless": True}),
    ("tiff", "TIFF", {}),
    ("tiff-deflate", "TIFF", {"compression": "tiff_adobe_deflate"}),
    ("ppm", "PPM", {}),
    pytest.param(
        "avif",
        "AVIF",
        {},
        marks=pytest.mark.skipif(not features.check("avif"), reason="Pillow without AVIF"),
    ),
]


def encoded(image: Image.Image, format_: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def picture(width: int = 24, height: int = 20) -> Image.Image:
    gradients = [
        Image.linear_gradient("L"),
        Image.radial_gradient("L"),
        Image.linear_gradient("L").rotate(90),
    ]
    return Image.merge("RGB", [band.resize((width, height)) for band in gradients])


def pixels(image: Image.Image) -> list[tuple[int, ...]]:
    """Row by row, each an (R, G, B)."""
    assert image.mode == "RGB"
    values = list(image.tobytes())
    return [tuple(values[i : i + 3]) for i in range(0, len(values), 3)]


def reason_for(data: bytes) -> str:
    with pytest.raises(UnreadableImage) as caught:
        decode_image(data)
    return caught.value.reason


def png_bytes(
    width: int, height: int, bit_depth: int, colour_type: int, rows: bytes, extra: bytes = b""
) -> bytes:
    """A PNG written by hand: Pillow writes neither 16-bit colour nor a lying header."""
    header = struct.pack(">IIBBBBB", width, height, bit_depth, colour_type, 0, 0, 0)
    body = png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + extra + body


def png_chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)


def gif_header(width: int, height: int) -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0)
    return screen + frame + b"\x02\x02\x44\x01\x00;"


def jpeg_with_damaged_exif_tag(orientation: int) -> bytes:
    """Its Make tag points far outside of the EXIF data, of which Pillow warns."""
    make = struct.pack(">HHII", ExifTags.Base.Make, 2, 100, 60_000)
    turn = struct.pack(">HHIHH", ExifTags.Base.Orientation, 3, 1, orientation, 0)
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", 2) + make + turn + bytes(4)
    return encoded(picture(), "JPEG", exif=exif)


def within_5_seconds[Result](work: Callable[[], Result]) -> Result: ...


# Reading


def test_read_image_file__returns_the_bytes(tmp_path: Path) -> None:
    file = tmp_path / "image.png"
    file.write_bytes(b"\x00\r\n\x1a bytes")
    assert read_image_file(file) == b"\x00\r\n\x1a bytes"
