"""One image file to upright 8-bit RGB, or the reason why not.

The only way to RGB, the same for every encoder:

- the format is recognised by content, never by the file's name;
- an animation or a file of many pages gives its first frame;
- transparency becomes white;
- 16-bit and 32-bit integers are read as 0..65535 and divided by 257; values outside
  become black or white (Pillow itself reduces 16-bit colour to 8 bit);
- floats are read as 0..1 if the largest is at most 1, else as 0..255; values outside
  become black or white, and NaN black;
- CMYK, YCbCr, HSV and LAB go through Pillow's conversion; ICC profiles are not applied;
- the EXIF orientation turns the image upright, unless the EXIF data are damaged.
"""

import errno
import io
import os
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import ExifTags, Image, ImageMath, ImageOps, UnidentifiedImageError, features

from labelfix.data import parquet_images
from labelfix.images.signatures import describe_unopened

_MIB = 1024 * 1024

MAX_FILE_BYTES: int = 256 * _MIB

# Pillow warns of a decompression bomb from here, and refuses only at twice that.
MAX_PIXELS: int = 89_478_485

# No format that starts another program (EPS) or that Pillow can't recognise by content (TGA).
FORMATS: tuple[str, ...] = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM") + (
    ("AVIF",) if features.check("avif") else ()
)

_MAX_REASON_CHARACTERS = 200

_KINDS_OF_FILE = (
    (stat.S_ISDIR, "folder"),
    (stat.S_ISFIFO, "named pipe"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)

_OS_REASONS = {
    errno.ENOENT: "file does not exist",
    errno.ENOTDIR: "file does not exist",
    errno.EISDIR: "not a regular file: folder",
    errno.EACCES: "no permission to read it",
    errno.EPERM: "no permission to read it",
    errno.ELOOP: "symlink loop",
    errno.ENAMETOOLONG: "file name is too long",
}


class UnreadableImageError(Exception):
    """One file can't be used as an image.

    Args:
        reason: why, for a person, without paths; kept as one line without control
            characters.
    """

    def __init__(self, reason: str) -> None:
        printable = "".join(c if c.isprintable() else " " for c in reason)
        self.reason = " ".join(printable.split())[:_MAX_REASON_CHARACTERS]
        super().__init__(self.reason)


def read_image_file(path: Path) -> bytes:
    """Read one whole regular file, without ever waiting for a pipe or a device.

    Args:
        path: the file; a symlink to a regular file is followed. A Parquet file may stand for the
            folder, see `parquet_images`.

    Returns:
        1 to `MAX_FILE_BYTES` bytes.

    Raises:
        UnreadableImageError: not a regular file, missing, empty, too large, not permitted,
            or changed while it was read.
    """
    # Opening a pipe or a device can block or act on it, so the kind is checked first. The file
    # can be exchanged before it is opened: hence the opener and the second check.
    if path.parent.suffix.lower() == parquet_images.SUFFIX and parquet_images.file_of(path):
        return _read_from_parquet(path)
    try:
        _check_kind_and_size(path.stat())
        with open(path, "rb", opener=_open_without_waiting) as file:
            size = _check_kind_and_size(os.fstat(file.fileno()))
            data = file.read(size + 1)
    except OSError as error:
        raise UnreadableImageError(_describe_os_error(error, path)) from error
    except ValueError as error:  # a NUL or an unencodable character
        raise UnreadableImageError("not a valid file name") from error
    if len(data) != size:
        raise UnreadableImageError("the file changed while it was read")
    return data


def _read_from_parquet(path: Path) -> bytes:
    """The bytes of an image that is a row of a Parquet file."""
    try:
        data = parquet_images.read_bytes(path)
    except OSError as error:
        raise UnreadableImageError(_describe_os_error(error, path)) from error
    except LookupError as error:
        raise UnreadableImageError("its Parquet file has no such row") from error
    if data is None:
        raise UnreadableImageError("its row has no bytes, perhaps only a path")
    if not data:
        raise UnreadableImageError("empty file (0 bytes)")
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableImageError(_too_large(len(data)))
    return data


def _too_large(size: int) -> str:
    mib = -(-size // _MIB)  # rounded up: never "256 MiB, at most 256 MiB"
    return f"file is {mib} MiB, at most {MAX_FILE_BYTES // _MIB} MiB are read"


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_kind_and_size(status: os.stat_result) -> int:
    """Refuse anything but a regular file of a readable size; return the size in bytes."""
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for test, name in _KINDS_OF_FILE if test(status.st_mode)), "special")
        raise UnreadableImageError(f"not a regular file: {kind}")
    if status.st_size == 0:
        raise UnreadableImageError("empty file (0 bytes)")
    if status.st_size > MAX_FILE_BYTES:
        raise UnreadableImageError(_too_large(status.st_size))
    return status.st_size


def _describe_os_error(error: OSError, path: Path) -> str:
    if error.errno == errno.ENOENT and path.is_symlink():
        return "symlink to a file that does not exist"
    # strerror alone: str(error) would hold the path.
    return _OS_REASONS.get(error.errno or 0) or (error.strerror or type(error).__name__).lower()


def decode_image(data: bytes) -> Image.Image:
    """Decode one image file's bytes as described above.

    Thread-safe. Pillow's warnings are silenced in the calling thread meanwhile, so that the
    outcome doesn't depend on warning filters.

    Args:
        data: all bytes of the file.

    Returns:
        A fully loaded image of mode RGB, 8 bit per channel, without metadata.

    Raises:
        UnreadableImageError: not an image, damaged, cut short, or larger than `MAX_PIXELS`.
    """
    try:
        with _pillow_warnings_silenced(), Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise UnreadableImageError(
                    f"decompression bomb: {width} x {height} pixels, at most {MAX_PIXELS} are read"
                )
            image.load()  # verify() would decode nothing
            return _upright(_to_rgb(image), _exif_orientation(image))
    except UnreadableImageError:
        raise
    # Pillow's decoders don't promise which exceptions damaged data raise: besides OSError
    # and SyntaxError, ValueError, KeyError, struct.error, MemoryError and more were seen.
    # In any case this image can't be used and the next one can.
    except Exception as error:
        raise UnreadableImageError(_describe_decoder_error(error, data)) from error


def _describe_decoder_error(error: Exception, data: bytes) -> str:
    if isinstance(error, UnidentifiedImageError):
        return describe_unopened(data)
    if isinstance(error, MemoryError):
        return "not enough memory to decode it"
    text = str(error) or type(error).__name__
    if isinstance(error, Image.DecompressionBombError):
        return f"decompression bomb: {text[0].lower()}{text[1:].partition(',')[0]}"
    kind = "truncated" if "truncated" in text.lower() else "damaged"
    return f"{kind}: {text}"


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        return _grey_from_float(image).convert("RGB")
    if image.mode == "I" or image.mode.startswith("I;16"):
        return _grey_from_integer(image).convert("RGB")
    if image.has_transparency_data:
        return _on_white(image)
    return image.convert("RGB")


def _grey_from_integer(image: Image.Image) -> Image.Image:
    """Values 0..65535 to the nearest of 0..255; convert("L") clips what lies outside."""
    return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")


def _grey_from_float(image: Image.Image) -> Image.Image:
    # NaN compares false to everything, so max() makes it 0 too.
    positive = ImageMath.lambda_eval(lambda names: names["max"](names["image"], 0.0), image=image)
    largest = positive.getextrema()[1]
    scale = 255.0 if largest <= 1.0 else 1.0
    grey: Image.Image = positive.point(lambda value: value * scale + 0.5).convert("L")
    return grey


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "La":  # premultiplied; Pillow has no direct way to RGBA
        image = image.convert("LA")
    rgba = image if image.mode == "RGBA" else image.convert("RGBA")
    # Pasted rather than alpha_composite: that makes two copies more of a large image.
    rgb = Image.new("RGB", image.size, "white")
    rgb.paste(rgba, mask=rgba)
    return rgb


def _exif_orientation(image: Image.Image) -> int | None:
    """The stored EXIF orientation; None if the EXIF data can't be read."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    # Damaged EXIF data can raise anything, as in the decoders; the pixels are still good.
    except Exception:
        return None
    return orientation if isinstance(orientation, int) else None


def _upright(rgb: Image.Image, orientation: int | None) -> Image.Image:
    # Metadata are dropped: exif_transpose would rewrite them, and fail on one unrelated damaged
    # tag. This also keeps callers from turning the image twice.
    rgb.info = {}
    if orientation is not None:
        rgb.getexif()[ExifTags.Base.Orientation] = orientation
        ImageOps.exif_transpose(rgb, in_place=True)
    return rgb


class _ThreadState(threading.local):
    decoding = False


_thread = _ThreadState()
_filter_lock = threading.Lock()


class _OnlyWhileDecoding(type):
    def __subclasscheck__(cls, subclass: type) -> bool:
        return _thread.decoding


class _WarningWhileDecoding(Warning, metaclass=_OnlyWhileDecoding):
    """As the category of a warning filter: any warning, but only in a decoding thread."""


@contextmanager
def _pillow_warnings_silenced() -> Iterator[None]:
    """Ignore warnings in this thread.

    `warnings.catch_warnings` replaces the filters of all threads and is not safe here. Instead
    one filter is added that matches nothing outside this block, so warnings of the program and
    of other threads come through. It is added only if it isn't the first already, because each
    addition makes Python repeat warnings that it showed once.
    """
    with _filter_lock:
        if not warnings.filters or warnings.filters[0][2] is not _WarningWhileDecoding:
            warnings.simplefilter("ignore", category=_WarningWhileDecoding)
    _thread.decoding = True
    try:
        yield
    finally:
        _thread.decoding = False
