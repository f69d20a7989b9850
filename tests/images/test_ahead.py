"""Images decoded in threads ahead of their use, in order."""

import hashlib
import threading
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from labelfix.images.decode import UnreadableImageError
from labelfix.images.pixels import LOOKAHEAD_PER_WORKER, decode_ahead


def first_pixel(image):
    return np.array(image.getpixel((0, 0)), np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Some images of very different sizes, whose first pixel holds their number."""
    for number in range(100):
        side = 400 if number % 10 == 0 else 2
        Image.new("RGB", (side, side), (number, 0, 0)).save(tmp_path / f"{number}.png")
    return tmp_path


def names(count):
    return [f"{number}.png" for number in range(count)]


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_decode_ahead__in_order(folder, workers):
    """Large images take long: those behind them are ready earlier."""
    decoded = list(decode_ahead(names(100), folder, first_pixel, workers))
    assert [image.name for image in decoded] == names(100)
    assert [image.pixels[0] for image in decoded] == list(range(100))
    assert {image.reason for image in decoded} == {""}


def test_decode_ahead__hash_of_the_bytes(folder):
    (decoded,) = decode_ahead(["3.png"], folder, first_pixel, 1)
    assert decoded.content_hash == hashlib.sha256((folder / "3.png").read_bytes()).hexdigest()


def test_decode_ahead__no_images(folder):
    assert list(decode_ahead([], folder, first_pixel, 2)) == []


def test_decode_ahead__unreadable_among_the_others(folder):
    (folder / "1.png").write_bytes(b"")
    (folder / "2.png").unlink()
    decoded = list(decode_ahead(names(4), folder, first_pixel, 2))
    assert [image.reason for image in decoded] == [
        "",
        "empty file (0 bytes)",
        "file does not exist",
        "",
    ]
    assert [image.pixels is None for image in decoded] == [False, True, True, False]
    assert [image.name for image in decoded] == names(4)


def test_decode_ahead__encoder_cannot_take_an_image(folder):
    def refuse_large(image):
        if image.width > 2:
            raise UnreadableImageError("too large for this encoder")
        return first_pixel(image)

    decoded = list(decode_ahead(names(3), folder, refuse_large, 2))
    assert [image.reason for image in decoded] == ["too large for this encoder", "", ""]


def test_decode_ahead__bug_in_the_encoder_is_not_hidden(folder):
    def broken(image):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(decode_ahead(names(3), folder, broken, 2))


def test_decode_ahead__several_at_once(folder):
    meeting = threading.Barrier(3, timeout=20)  # broken if fewer than 3 threads come to it

    def meet(image):
        meeting.wait()
        return first_pixel(image)

    assert len(list(decode_ahead(names(6), folder, meet, 3))) == 6


class CountedNames(list):
    """Counts how many of its names were taken."""

    taken = 0

    def __iter__(self):
        for name in super().__iter__():
            self.taken += 1
            yield name


@pytest.mark.parametrize("workers", [1, 3])
def test_decode_ahead__not_further_ahead_than_memory_allows(folder, workers):
    wanted = CountedNames(names(100))
    decoded = decode_ahead(wanted, folder, first_pixel, workers)
    assert next(decoded).name == "0.png"
    assert wanted.taken == workers * LOOKAHEAD_PER_WORKER + 1
    decoded.close()


@pytest.mark.parametrize("workers", [1, 3])
def test_decode_ahead__caller_stops(folder, workers):
    """What has not begun by then never begins."""
    begun, stopped = Counter(), threading.Event()

    def wait(image):
        begun["images"] += 1
        if image.getpixel((0, 0)) != (0, 0, 0):
            assert stopped.wait(timeout=20)
        return first_pixel(image)

    decoded = decode_ahead(names(100), folder, wait, workers)
    assert next(decoded).name == "0.png"
    decoded.close()
    stopped.set()
    for thread in threading.enumerate():
        if thread.name.startswith("decode"):
            thread.join(timeout=20)
    assert begun["images"] <= 1 + workers
