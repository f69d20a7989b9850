"""The embedded images as files: found again, the same, or a reason why not."""

import hashlib
import shutil

import numpy as np
import pytest
from PIL import Image

from labelfix.config import EmbedOptions
from labelfix.data.manifest import load_manifest
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun, read_record, record_path
from labelfix.data.workspace import open_workspace
from labelfix.embedding.embedded_images import find_embedded_images
from labelfix.embedding.stage import run_embed
from labelfix.errors import InputError, MissingStageError

LABELS = ["cat", "dog"] * 4


@pytest.fixture
def workspace(tmp_path, write_images, listener):
    """Eight images, embedded; the third one could not be read."""
    write_images(tmp_path, LABELS)
    (tmp_path / "images" / "002.png").write_bytes(b"no image")
    return embed(tmp_path, listener)


def embed(folder, listener, encoder="hog"):
    made = open_workspace(folder / "w")
    inputs = EmbedInputs(images=folder / "images", manifest=folder / "manifest.csv")
    run_embed(made, inputs, EmbedOptions(encoder, "cpu"), listener, Rerun())
    return made


def find(workspace, moved_to=None):
    return find_embedded_images(workspace, load_manifest(workspace.manifest), moved_to)


def kept_folder(workspace):
    return read_record(workspace.manifest).details["image_folder"]


def test_find_embedded_images__as_they_were_embedded(workspace, tmp_path):
    found = find(workspace)
    assert found.names == [f"{row:03d}.png" for row in (0, 1, 3, 4, 5, 6, 7)]
    assert found.folder == tmp_path / "images"
    first = (tmp_path / "images" / "000.png").read_bytes()
    assert found.content_hashes[0] == hashlib.sha256(first).hexdigest()
    assert found.side() == 24


def test_pixels__of_all_and_of_some(workspace, tmp_path):
    found, advanced = find(workspace), []
    every = found.pixels(24, advance=advanced.append)
    assert every.shape == (7, 3, 24, 24)
    assert every.dtype == np.uint8
    assert sum(advanced) == 7
    with Image.open(tmp_path / "images" / "003.png") as image:
        assert np.array_equal(every[2], np.asarray(image).transpose(2, 0, 1))
    chosen = np.array([5, 0, 5])  # an image may stand for several rows
    assert np.array_equal(found.pixels(24, chosen), every[chosen])


def test_pixels__an_image_has_changed(workspace, tmp_path):
    found = find(workspace)
    Image.new("RGB", (24, 24)).save(tmp_path / "images" / "004.png")
    assert len(found.pixels(16, np.array([0, 1]))) == 2  # of the others nothing is said
    with pytest.raises(InputError) as caught:
        found.pixels(16)
    assert caught.value.message == (
        f"the image 004.png in {tmp_path / 'images'} has changed since it was embedded"
    )
    assert caught.value.hint.startswith("Run labelfix embed IMAGES MANIFEST again")


def test_pixels__an_image_is_gone(workspace, tmp_path):
    (tmp_path / "images" / "004.png").unlink()
    with pytest.raises(InputError, match=r"expected the image 004\.png .* file does not exist"):
        find(workspace).pixels(16)


@pytest.mark.parametrize("read", [lambda found: found.side(), lambda found: found.pixels(16)])
def test_embedded_images__the_folder_is_gone(workspace, tmp_path, read):
    shutil.move(tmp_path / "images", tmp_path / "moved")
    found = find(workspace)  # nothing is read yet
    with pytest.raises(InputError, match=r"embedded in .*images, found no such folder") as caught:
        read(found)
    assert "labelfix train --images DIR" in caught.value.hint


def test_find_embedded_images__moved_and_kept(workspace, tmp_path):
    before = find(workspace)
    shutil.move(tmp_path / "images", tmp_path / "moved")
    found = find(workspace, tmp_path / "moved")
    assert found.fingerprint == before.fingerprint
    assert len(found.pixels(16)) == 7
    assert kept_folder(workspace) == str(tmp_path / "moved")
    assert find(workspace).folder == tmp_path / "moved"


def test_find_embedded_images__not_moved_there(workspace, tmp_path):
    (tmp_path / "other").mkdir()
    shutil.copy(tmp_path / "images" / "000.png", tmp_path / "other")
    with pytest.raises(InputError, match=r"found 6 missing, for example 001\.png"):
        find(workspace, tmp_path / "other")
    assert kept_folder(workspace) == str(tmp_path / "images")


def test_find_embedded_images__workspace_of_before(workspace):
    path = record_path(workspace.manifest)
    path.write_text(path.read_text().replace("image_folder", "other"), encoding="utf-8")
    with pytest.raises(MissingStageError, match="does not know where the images are"):
        find(workspace)


def test_run_embed__keeps_where_the_folder_is_now(workspace, tmp_path, listener):
    shutil.move(tmp_path / "images", tmp_path / "moved")
    inputs = EmbedInputs(images=tmp_path / "moved", manifest=tmp_path / "manifest.csv")
    result = run_embed(workspace, inputs, EmbedOptions("hog", "cpu"), listener, Rerun())
    assert result.skipped
    assert kept_folder(workspace) == str(tmp_path / "moved")


def test_find_embedded_images__of_vectors_are_read(tmp_path, write_images, listener):
    write_images(tmp_path, LABELS)
    np.save(tmp_path / "vectors.npy", np.eye(8))
    workspace = embed(tmp_path, listener, f"precomputed:{tmp_path / 'vectors.npy'}")
    before = find(workspace)
    assert len(before.pixels(16)) == 8
    Image.new("RGB", (24, 24)).save(tmp_path / "images" / "004.png")
    assert find(workspace).fingerprint != before.fingerprint
    (tmp_path / "images" / "004.png").unlink()
    with pytest.raises(InputError) as caught:
        find(workspace)
    assert caught.value.message == (
        f"--image-branch: expected the image of every embedded row in {tmp_path / 'images'}, "
        "found 004.png: file does not exist"
    )


@pytest.mark.parametrize("name", ["../secret.png", "/etc/hosts"])
def test_find_embedded_images__of_vectors_outside_of_the_folder(tmp_path, listener, name):
    (tmp_path / "images").mkdir()
    (tmp_path / "manifest.csv").write_text(f"image,label\n{name},a\nb.png,b\n", encoding="utf-8")
    np.save(tmp_path / "vectors.npy", np.eye(2))
    workspace = embed(tmp_path, listener, f"precomputed:{tmp_path / 'vectors.npy'}")
    with pytest.raises(InputError, match="expected paths inside"):
        find(workspace)
