import errno
import hashlib
import os
import threading
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from labelfix.errors import InputError, OutputError
from labelfix.images import pixels
from labelfix.images.decode import UnreadableImageError
from labelfix.images.pixels import (
    LOOKAHEAD_PER_WORKER,
    Pixels,
    decode_ahead,
    free_memory_bytes,
    measured_side,
    read_pixels,
    square,
)


def first_pixel(image):
    return np.array(image.getpixel((0, 0)), np.uint8)


@pytest.fixture
def some_folder(tmp_path):
    """Some images of very different sizes, whose first pixel holds their number."""
    for number in range(100):
        side = 400 if number % 10 == 0 else 2
        Image.new("RGB", (side, side), (number, 0, 0)).save(tmp_path / f"{number}.png")
    return tmp_path


def names(count):
    return [f"{number}.png" for number in range(count)]


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_decode_ahead__in_order(some_folder, workers):
    """Large images take long: those behind them are ready earlier."""
    decoded = list(decode_ahead(names(100), some_folder, first_pixel, workers))
    assert [image.name for image in decoded] == names(100)
    assert [image.pixels[0] for image in decoded] == list(range(100))
    assert {image.reason for image in decoded} == {""}


def test_decode_ahead__hash_of_the_bytes(some_folder):
    (decoded,) = decode_ahead(["3.png"], some_folder, first_pixel, 1)
    assert decoded.content_hash == hashlib.sha256((some_folder / "3.png").read_bytes()).hexdigest()


def test_decode_ahead__no_images(some_folder):
    assert list(decode_ahead([], some_folder, first_pixel, 2)) == []


def test_decode_ahead__unreadable_among_the_others(some_folder):
    (some_folder / "1.png").write_bytes(b"")
    (some_folder / "2.png").unlink()
    decoded = list(decode_ahead(names(4), some_folder, first_pixel, 2))
    assert [image.reason for image in decoded] == [
        "",
        "empty file (0 bytes)",
        "file does not exist",
        "",
    ]
    assert [image.pixels is None for image in decoded] == [False, True, True, False]
    assert [image.name for image in decoded] == names(4)


def test_decode_ahead__encoder_cannot_take_an_image(some_folder):
    def refuse_large(image):
        if image.width > 2:
            raise UnreadableImageError("too large for this encoder")
        return first_pixel(image)

    decoded = list(decode_ahead(names(3), some_folder, refuse_large, 2))
    assert [image.reason for image in decoded] == ["too large for this encoder", "", ""]


def test_decode_ahead__bug_in_the_encoder_is_not_hidden(some_folder):
    def broken(image):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(decode_ahead(names(3), some_folder, broken, 2))


def test_decode_ahead__several_at_once(some_folder):
    meeting = threading.Barrier(3, timeout=20)  # broken if fewer than 3 threads come to it

    def meet(image):
        meeting.wait()
        return first_pixel(image)

    assert len(list(decode_ahead(names(6), some_folder, meet, 3))) == 6


class CountedNames(list):
    """Counts how many of its names were taken."""

    taken = 0

    def __iter__(self):
        for name in super().__iter__():
            self.taken += 1
            yield name


@pytest.mark.parametrize("workers", [1, 3])
def test_decode_ahead__not_further_ahead_than_memory_allows(some_folder, workers):
    wanted = CountedNames(names(100))
    decoded = decode_ahead(wanted, some_folder, first_pixel, workers)
    assert next(decoded).name == "0.png"
    assert wanted.taken == workers * LOOKAHEAD_PER_WORKER + 1
    decoded.close()


@pytest.mark.parametrize("workers", [1, 3])
def test_decode_ahead__caller_stops(some_folder, workers):
    """What has not begun by then never begins."""
    begun, stopped = Counter(), threading.Event()

    def wait(image):
        begun["images"] += 1
        if image.getpixel((0, 0)) != (0, 0, 0):
            assert stopped.wait(timeout=20)
        return first_pixel(image)

    decoded = decode_ahead(names(100), some_folder, wait, workers)
    assert next(decoded).name == "0.png"
    decoded.close()
    stopped.set()
    for thread in threading.enumerate():
        if thread.name.startswith("decode"):
            thread.join(timeout=20)
    assert begun["images"] <= 1 + workers


def save(path, width, height, colour=(10, 20, 30)):
    Image.new("RGB", (width, height), colour).save(path)


@pytest.fixture
def folder(tmp_path):
    """Four images, the second of which is empty."""
    for number in range(4):
        save(tmp_path / f"{number}.png", 9, 6, (number, 100, 200))
    (tmp_path / "1.png").write_bytes(b"")
    return tmp_path


NAMES = [f"{number}.png" for number in range(4)]


@pytest.mark.parametrize(("width", "height"), [(8, 4), (4, 8), (9, 4), (4, 4)])
def test_square__middle_of_the_long_side(width, height):
    """What lies outside of the middle is red, and none of it is seen."""
    image = Image.new("RGB", (width, height), (255, 0, 0))
    image.paste((0, 0, 255), ((width - 4) // 2, (height - 4) // 2, (width - 4) // 2 + 4, height))
    if height > width:
        image.paste((255, 0, 0), (0, (height - 4) // 2 + 4, width, height))
    made = square(image, 4)
    assert made.shape == (4, 4, 3)
    assert (made == [0, 0, 255]).all()


def test_square__same_size_same_pixels():
    values = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert (square(Image.fromarray(values), 4) == values).all()


def test_square__other_size_is_smoothed():
    """A board of black and white fields of one pixel is grey at half the size."""
    board = np.indices((16, 16)).sum(axis=0).astype(np.uint8) % 2 * 255
    made = square(Image.fromarray(board).convert("RGB"), 8)
    assert np.abs(made[2:-2, 2:-2].astype(int) - 127).max() <= 2


def test_read_pixels__readable_ones_in_order(folder):
    done = []
    read = read_pixels(NAMES, folder, 4, workers=3, advance=done.append)
    assert read.images == ["0.png", "2.png", "3.png"]
    assert read.values.shape == (3, 3, 4, 4)
    assert read.values[:, 0, 1, 1].tolist() == [0, 2, 3]
    assert read.values[1, :, 3, 3].tolist() == [2, 100, 200]
    assert read.unreadable == {"1.png": "empty file (0 bytes)"}
    assert (len(read), read.size, sum(done)) == (3, 4, 4)


def test_read_pixels__none_readable(folder):
    read = read_pixels(["1.png", "9.png"], folder, 4)
    assert (len(read), read.size) == (0, 4)
    assert read.unreadable["9.png"] == "file does not exist"


@pytest.mark.parametrize("workers", [1, 4])
def test_read_pixels__in_a_file_the_same(folder, tmp_path_factory, monkeypatch, workers):
    in_memory = read_pixels(NAMES, folder, 4)
    monkeypatch.setattr(pixels, "free_memory_bytes", lambda: 100)
    scratch = tmp_path_factory.mktemp("scratch")
    mapped = read_pixels(NAMES, folder, 4, workers=workers, scratch=scratch)
    assert isinstance(mapped.values, np.memmap)
    assert not isinstance(in_memory.values, np.memmap)
    assert (np.asarray(mapped.values) == in_memory.values).all()
    assert list(scratch.iterdir()) == []  # a kill leaves nothing behind


def test_read_pixels__disk_full(folder, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pixels, "free_memory_bytes", lambda: 100)
    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)  # not everywhere
    with pytest.raises(OutputError, match=r"GiB of pixels fit neither .*: No space left") as caught:
        read_pixels(NAMES, folder, 4, scratch=folder)
    assert "--image-size" in caught.value.hint


@pytest.mark.parametrize(
    ("shape", "dtype"), [((2, 3, 4, 5), "uint8"), ((2, 4, 4, 3), "uint8"), ((3, 3, 4, 4), "uint8"),
                         ((2, 3, 4, 4), "float32")],
)  # fmt: skip
def test_pixels__of_another_form(shape, dtype):
    with pytest.raises(InputError, match=r"expected pixels of shape \(2, 3, S, S\)"):
        Pixels(images=["a", "b"], values=np.zeros(shape, dtype))


@pytest.mark.parametrize(
    ("sizes", "side"),
    [
        ([(32, 32)], 32),
        ([(100, 28), (28, 90), (28, 28)], 32),  # 28 / 8 = 3.5, rounded to 4
        ([(8, 8)], 16),
        ([(2000, 1500)], 224),
        ([(40, 40), (48, 48), (900, 900)], 48),  # the median, not the mean
        ([], 16),
    ],
)
def test_measured_side__median_short_side_in_steps(tmp_path, sizes, side):
    for number, (width, height) in enumerate(sizes):
        save(tmp_path / f"{number}.png", width, height)
    names = ["missing.png", *(f"{number}.png" for number in range(len(sizes)))]
    assert measured_side(names, tmp_path) == side


def test_measured_side__opens_some_of_many(tmp_path, monkeypatch):
    save(tmp_path / "a.png", 64, 64)
    opened = []
    read = pixels.read_image_file
    monkeypatch.setattr(pixels, "read_image_file", lambda path: opened.append(path) or read(path))
    assert measured_side(["a.png"] * 1000, tmp_path) == 64
    assert len(opened) == 100


def test_free_memory_bytes__some():
    assert 2**20 < free_memory_bytes() < 2**50
