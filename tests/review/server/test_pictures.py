import hashlib
import io
import os

import numpy as np
import pytest
from PIL import Image

from labelfix.images.decode import UnreadableImageError
from labelfix.review.server.pictures import THUMBNAIL_SIDE, Pictures


def write(path, size=(40, 30), kind=None):
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, kind)
    return pixels


@pytest.mark.parametrize(("name", "media"), [("a.png", "image/png"), ("a.jpg", "image/jpeg")])
def test_full__is_the_file_where_a_browser_shows_it(tmp_path, name, media):
    write(tmp_path / name)
    found = Pictures(tmp_path).full(name)
    assert (found.content, found.media_type) == ((tmp_path / name).read_bytes(), media)
    assert found.size == (40, 30)
    assert found.sha256 == hashlib.sha256(found.content).hexdigest()


@pytest.mark.parametrize("name", ["a.tif", "a.ppm"])
def test_full__is_png_where_a_browser_does_not_show_the_file(tmp_path, name):
    pixels = write(tmp_path / name)
    found = Pictures(tmp_path).full(name)
    assert found.media_type == "image/png"
    assert (np.asarray(Image.open(io.BytesIO(found.content))) == pixels).all()
    assert found.sha256 == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()


def test_thumbnail__is_small_and_keeps_the_pixels_of_a_tiny_image(tmp_path):
    write(tmp_path / "large.png", (800, 400))
    pixels = write(tmp_path / "tiny.png", (8, 8))
    pictures = Pictures(tmp_path)
    large = Image.open(io.BytesIO(pictures.thumbnail("large.png").content))
    assert large.size == (THUMBNAIL_SIDE, THUMBNAIL_SIDE // 2)
    tiny = np.asarray(Image.open(io.BytesIO(pictures.thumbnail("tiny.png").content)))
    assert (tiny[12::24, 12::24] == pixels).all()


def test_full__refuses_what_is_no_regular_image_inside_the_folder(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    write(tmp_path / "secret.png")
    (folder / "out.png").symlink_to(tmp_path / "secret.png")
    (folder / "text.png").write_text("<script>alert(1)</script>")
    os.mkfifo(folder / "pipe.png")
    pictures = Pictures(folder)
    for name in ("../secret.png", "out.png", str(tmp_path / "secret.png"), "text.png", "pipe.png"):
        with pytest.raises(UnreadableImageError) as error:
            pictures.full(name)
        assert str(tmp_path) not in str(error.value)
    with pytest.raises(UnreadableImageError, match="folder is unknown"):
        Pictures(None).full("out.png")


def test_seen_hash__is_of_the_file_that_was_shown(tmp_path):
    write(tmp_path / "a.png")
    pictures = Pictures(tmp_path)
    assert pictures.seen_hash("a.png") == ""
    shown = pictures.full("a.png").sha256
    (tmp_path / "a.png").write_bytes(b"another file")
    assert pictures.seen_hash("a.png") == shown
