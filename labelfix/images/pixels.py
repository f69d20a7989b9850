"""Images read and decoded in threads: a stream for encoding, or uint8 squares kept for a training.

The one way to a square, for training and for encoding alike: the largest square in the middle of
the upright image, resized by Pillow's bicubic filter, which smooths where it makes smaller.
"""

import hashlib
import os
import statistics
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelfix.errors import InputError, OutputError
from labelfix.images.decode import UnreadableImageError, decode_image, read_image_file

LOOKAHEAD_PER_WORKER = 16


@dataclass(frozen=True, kw_only=True)
class DecodedImage:
    """A prepared image, or the reason why it cannot be used.

    Attributes:
        name: of the file.
        content_hash: sha256 of its bytes.
        pixels: as they were prepared.
        size: width and height in px before that.
        reason: why there are no pixels; else empty.
    """

    name: str
    content_hash: str = ""
    pixels: npt.NDArray[np.uint8] | None = field(default=None, repr=False)
    size: tuple[int, int] = (0, 0)
    reason: str = ""


def decode_ahead(
    names: Sequence[str],
    folder: Path,
    prepare: Callable[[Image.Image], npt.NDArray[np.uint8]],
    workers: int,
) -> Iterator[DecodedImage]:
    """Yield images in order while threads read and decode the next ones.

    Pillow lets other threads run while it decodes and resizes. If the caller stops early, no
    further image is started.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="decode")
    waiting: deque[Future[DecodedImage]] = deque()
    try:
        for name in names:
            waiting.append(pool.submit(_decode, name, folder, prepare))
            if len(waiting) > workers * LOOKAHEAD_PER_WORKER:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _decode(
    name: str, folder: Path, prepare: Callable[[Image.Image], npt.NDArray[np.uint8]]
) -> DecodedImage:
    try:
        data = read_image_file(folder / name)
        image = decode_image(data)
        return DecodedImage(
            name=name,
            content_hash=hashlib.sha256(data).hexdigest(),
            pixels=prepare(image),
            size=image.size,
        )
    except UnreadableImageError as error:
        return DecodedImage(name=name, reason=error.reason)


@dataclass(frozen=True)
class ImagesToLearn:
    """The images that an encoder is trained on.

    Attributes:
        names: relative to the folder, without repeats.
        folder: the image folder.
        stats: one text per image that changes with it, from `image_paths.stat_lines`.
    """

    names: Sequence[str] = field(repr=False)
    folder: Path
    stats: Sequence[str] = field(repr=False)


MEMORY_SHARE = 0.5
"""The share of free memory that pixels may take; more goes to a file."""

UNKNOWN_FREE_BYTES = 4 * 2**30
"""The free memory assumed if the system does not report it."""

LARGEST_MEASURED_SIDE = 224
SMALLEST_MEASURED_SIDE = 16
SIDE_STEP = 8
MEASURED_IMAGES = 101
"""Their median is that of all images within a step or two, and they open in a second."""


@dataclass(frozen=True, kw_only=True)
class Pixels:
    """Square images in memory, or in a memory-mapped file.

    Attributes:
        images: the names of the N readable images, in order.
        values: (N, 3, S, S) uint8, red, green, blue.
        unreadable: the reason for each unreadable image.
        content_hashes: N sha256 of the files' bytes.
    """

    images: list[str] = field(repr=False)
    values: npt.NDArray[np.uint8] = field(repr=False)
    unreadable: dict[str, str] = field(default_factory=dict, repr=False)
    content_hashes: list[str] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        side = self.values.shape[-1]
        if self.values.shape != (len(self.images), 3, side, side) or self.values.dtype != np.uint8:
            raise InputError(
                f"expected pixels of shape ({len(self.images)}, 3, S, S) and type uint8, "
                f"found {self.values.shape} and {self.values.dtype}"
            )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> int:
        """S, the side in pixels."""
        return int(self.values.shape[-1])


def square(image: Image.Image, size: int) -> npt.NDArray[np.uint8]:
    """The largest square in the middle of an image, resized: (size, size, 3) uint8."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    box = (left, top, left + side, top + side)
    return np.array(image.resize((size, size), Image.Resampling.BICUBIC, box))


def read_pixels(
    images: Sequence[str],
    folder: Path,
    size: int,
    *,
    workers: int = 0,
    advance: Callable[[int], None] = lambda _: None,
    scratch: Path | None = None,
) -> Pixels:
    """Decode every image once, in threads.

    Args:
        images: names relative to the folder.
        folder: the image folder.
        size: S, the side in pixels.
        workers: threads; 0 takes one per core. The result does not depend on it.
        advance: called with 1 for each image.
        scratch: the folder for a file of pixels that do not fit in memory; default: the system's
            temporary folder. The file has no name, or loses it with the process, so a killed
            run leaves nothing behind.

    Returns:
        The readable images, and the reasons for the others.

    Raises:
        OutputError: the file of pixels does not fit on its disk.
    """
    values = _room_for((len(images), 3, size, size), scratch)
    readable: list[str] = []
    hashes: list[str] = []
    unreadable: dict[str, str] = {}
    workers = workers or os.cpu_count() or 1
    for decoded in decode_ahead(images, folder, lambda image: square(image, size), workers):
        if decoded.pixels is None:
            unreadable[decoded.name] = decoded.reason
        else:
            values[len(readable)] = decoded.pixels.transpose(2, 0, 1)
            readable.append(decoded.name)
            hashes.append(decoded.content_hash)
        advance(1)
    return Pixels(
        images=readable,
        values=values[: len(readable)],
        unreadable=unreadable,
        content_hashes=hashes,
    )


def measured_side(images: Sequence[str], folder: Path) -> int:
    """A side for a data set: the median short side of some images, rounded to a step.

    Args:
        images: names relative to the folder; at most `MEASURED_IMAGES`, evenly spaced, are opened.
        folder: the image folder.

    Returns:
        A multiple of `SIDE_STEP` in px, 16 to 224; the smallest if no image is readable.
    """
    step = max(1, -(-len(images) // MEASURED_IMAGES))
    sides = []
    for name in images[::step]:
        try:
            sides.append(min(decode_image(read_image_file(folder / name)).size))
        except UnreadableImageError:
            continue  # read_pixels reports it
    median = statistics.median(sides) if sides else 0
    whole_steps = round(median / SIDE_STEP) * SIDE_STEP
    return min(max(whole_steps, SMALLEST_MEASURED_SIDE), LARGEST_MEASURED_SIDE)


def _room_for(shape: tuple[int, ...], scratch: Path | None) -> npt.NDArray[np.uint8]:
    """An array in memory, or in a file if memory is short."""
    wanted = int(np.prod(shape, dtype=np.int64))
    if wanted <= MEMORY_SHARE * free_memory_bytes():
        return np.empty(shape, np.uint8)
    try:
        with tempfile.TemporaryFile(dir=scratch) as file:
            if hasattr(os, "posix_fallocate"):
                # Otherwise a mapped file that outgrows its disk would kill the process.
                os.posix_fallocate(file.fileno(), 0, wanted)
            return np.memmap(file, np.uint8, mode="r+", shape=shape)
    except OSError as error:
        raise OutputError(
            f"{wanted / 2**30:.1f} GiB of pixels fit neither in half of the free memory nor in "
            f"{scratch or tempfile.gettempdir()}: {error.strerror or error}",
            "Free some space, or choose a smaller --image-size.",
        ) from error


def free_memory_bytes() -> int:
    """The memory that this process may still take, as far as the system reports it."""
    known = [UNKNOWN_FREE_BYTES]
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        amounts = dict(line.split(":") for line in lines)
        known = [int(amounts["MemAvailable"].split()[0]) * 1024]
        # A container may have less than the machine.
        group = Path("/sys/fs/cgroup")
        allowed = int((group / "memory.max").read_text(encoding="ascii"))
        known.append(allowed - int((group / "memory.current").read_text(encoding="ascii")))
    except (OSError, ValueError, KeyError):
        pass  # another system, or no limit
    return max(0, min(known))
