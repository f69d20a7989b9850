"""Images read and decoded in threads, ahead of what uses them, in order."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelfix.images.decode import UnreadableImageError, decode_image, read_image_file

LOOKAHEAD_PER_WORKER = 16


@dataclass(frozen=True)
class DecodedImage:
    """An image prepared for its use, or the reason why it cannot be used."""

    name: str
    content_hash: str = ""
    pixels: npt.NDArray[np.uint8] | None = field(default=None, repr=False)
    reason: str = ""


def decode_ahead(
    names: Sequence[str],
    folder: Path,
    prepare: Callable[[Image.Image], npt.NDArray[np.uint8]],
    workers: int,
) -> Iterator[DecodedImage]:
    """Yield the images in order while threads read and decode the ones that follow.

    Pillow lets other threads run while it decodes and resizes. When the caller stops early,
    what has not begun is not begun.
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
        return DecodedImage(
            name, hashlib.sha256(data).hexdigest(), pixels=prepare(decode_image(data))
        )
    except UnreadableImageError as error:
        return DecodedImage(name, reason=error.reason)
