"""`embed`: folders, files, pictures and arrays to vectors, in order."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from labelfix import InputError, LabelCleaner, embed


@pytest.fixture(scope="module")
def folder(tmp_path_factory, write_images):
    """Four images of two classes, and a file that is no image."""
    root = tmp_path_factory.mktemp("embed")
    write_images(root, ["a", "b", "a", "b"])
    (root / "images" / "broken.png").write_bytes(b"no image")
    return root / "images"


@pytest.fixture(scope="module")
def embedded(folder):
    return embed(folder, "hog", device="cpu", progress=False)


def test_embed__a_folder(embedded):
    assert embedded.images == ["000.png", "001.png", "002.png", "003.png", "broken.png"]
    assert len(embedded) == 5
    np.testing.assert_allclose(np.linalg.norm(embedded.vectors[:4], axis=1), 1, atol=1e-5)
    assert np.isnan(embedded.vectors[4]).all()
    assert list(embedded.quarantined) == ["broken.png"]


def test_embed__files_pictures_and_arrays_are_the_same(folder, embedded):
    files = [folder / "002.png", str(folder / "000.png"), folder / "002.png"]
    pictures = [Image.open(file) for file in files]
    arrays = [np.asarray(picture) for picture in pictures]
    for images in (files, pictures, arrays):
        found = embed(images, "hog", device="cpu", progress=False)
        assert np.array_equal(found.vectors, embedded.vectors[[2, 0, 2]])
    assert embed(arrays, "hog", progress=False).images == ["0.png", "1.png", "2.png"]


def test_embed__leaves_nothing_behind(folder, embedded, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    embed([folder / "000.png"], "hog", device="cpu", progress=False)
    assert list(tmp_path.iterdir()) == []
    assert sorted(path.suffix for path in folder.iterdir()) == [".png"] * 5


@pytest.mark.slow
def test_embeddings__are_an_array(embedded):
    assert np.asarray(embedded).shape == embedded.vectors.shape
    cleaner = LabelCleaner(device="cpu", fast=True, progress=False)
    corrected = cleaner.fit(embedded, ["a", "b", "a", "b", "a"]).corrections_
    assert corrected.action.tolist()[4] == "quarantined"
    assert cleaner.predict(embedded).shape == (5,)


def test_to_pandas__under_the_images_names(embedded):
    table = embedded.to_pandas()
    assert isinstance(table, pd.DataFrame)
    assert table.index.tolist() == embedded.images
    assert np.array_equal(table.loc["001.png"].to_numpy(), embedded.vectors[1])


def test_repr_html__lists_what_could_not_be_read(embedded):
    html = embedded._repr_html_()
    assert "5 images" in html
    assert "1 could not be read" in html
    assert "<td>broken.png</td>" in html


@pytest.mark.parametrize(
    ("images", "encoder", "message"),
    [
        ([], "hog", "expected images, found an empty list"),
        ([np.zeros((4, 4))], "hog", r"images\[0\]: expected a file, .* found ndarray of shape"),
        (["none/here.png"], "hog", r"images\[0\]: expected an image file, found none at"),
        (["a.png"], "simclr", "expected one that reads images and is trained already"),
        (["a.png"], "precomputed:v.npy", "expected one that reads images"),
        ("no/such/folder", "hog", "folder"),
        (["a.png"], "magic", "expected one of clip, timm"),
    ],
)
def test_embed__refused(images, encoder, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (8, 8)).save("a.png")
    with pytest.raises(InputError, match=message):
        embed(images, encoder, device="cpu", progress=False)
