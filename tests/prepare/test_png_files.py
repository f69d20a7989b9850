"""Pixels as PNG files: exact, resumed, and never over an image of somebody else."""

import numpy as np
import pytest
from PIL import Image

from labelfix.errors import InputError, OutputError
from labelfix.prepare.png_files import write_pngs
from labelfix.runtime.progress import Silent

PIXELS = np.arange(3 * 4 * 5 * 3, dtype=np.uint8).reshape(3, 4, 5, 3)
NAMES = ["train/0.png", "train/1.png", "train/2.png"]


def written(folder):
    return [np.asarray(Image.open(folder / name)) for name in NAMES]


def test_write_pngs__the_pixels_come_back(tmp_path):
    write_pngs(PIXELS, NAMES, tmp_path, Silent())
    assert np.array_equal(written(tmp_path), PIXELS)
    assert sorted(path.name for path in (tmp_path / "train").iterdir()) == [
        "0.png",
        "1.png",
        "2.png",
    ]


@pytest.mark.parametrize("kept_bytes", [0, 5, 40])
def test_write_pngs__goes_on_where_it_was_stopped(tmp_path, kept_bytes):
    write_pngs(PIXELS, NAMES, tmp_path, Silent())
    first, second, third = (tmp_path / name for name in NAMES)
    before = first.stat()
    second.write_bytes(second.read_bytes()[:kept_bytes])
    third.unlink()
    (tmp_path / "train/2.png.labelfix-part-0badc0de").touch()
    write_pngs(PIXELS, NAMES, tmp_path, Silent())
    assert np.array_equal(written(tmp_path), PIXELS)
    assert (first.stat().st_mtime_ns, first.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert len(list((tmp_path / "train").iterdir())) == 3


@pytest.mark.parametrize("kind", ["other image", "text", "folder"])
def test_write_pngs__nothing_of_others_is_written_over(tmp_path, kind):
    there = tmp_path / NAMES[1]
    there.parent.mkdir()
    if kind == "other image":
        Image.fromarray(PIXELS[2]).save(there)
    elif kind == "text":
        there.write_text("my notes")
    else:
        there.mkdir()
    with pytest.raises(InputError, match=r"1.png: expected no file or the image that belongs"):
        write_pngs(PIXELS, NAMES, tmp_path, Silent())
    if kind == "text":
        assert there.read_text() == "my notes"


def test_write_pngs__no_place(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="images could not be written into"):
        write_pngs(PIXELS, NAMES, tmp_path / "file", Silent())
