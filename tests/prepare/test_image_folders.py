"""ANIMAL-10N by the first character of its names, and folders `split/class/image`."""

import re

import pytest

from labelfix.errors import InputError


def test_animal10n__the_label_begins_the_name(layout, prepared, tmp_path):
    layout(dict.fromkeys(["training/0_12.jpg", "training/9_1.jpg", "testing/3_7.jpg"]))
    done = prepared("animal10n", test=True)
    assert done.columns() == {
        "image": ["training/0_12.jpg", "training/9_1.jpg"],
        "label": ["0", "9"],
    }
    assert done.columns(tmp_path / "test.csv") == {
        "image": ["testing/3_7.jpg"],
        "label": ["3"],
        "true_label": ["3"],
    }


@pytest.mark.parametrize("test", ["test", "testing", "val", "validation"])
def test_imagefolder__splits_and_classes(layout, prepared, tmp_path, test):
    layout(dict.fromkeys(["train/cat/a.jpg", "train/dog/x/b.png", f"{test}/dog/c.jpg"]))
    done = prepared("imagefolder", test=True)
    assert done.columns() == {
        "image": ["train/cat/a.jpg", "train/dog/x/b.png"],
        "label": ["cat", "dog"],
    }
    assert done.columns(tmp_path / "test.csv")["image"] == [f"{test}/dog/c.jpg"]


@pytest.mark.parametrize(
    ("name", "files", "message"),
    [
        ("animal10n", ["training/0_1.jpg", "training/cat.jpg"], "found 1 others, for example 'cat"),
        ("animal10n", ["training/0/1.jpg"], "found 1 others, for example '0/1.jpg'"),
        ("animal10n", ["training/٣_1.jpg"], "found 1 others, for example '٣_1.jpg'"),
        ("animal10n", ["train/0_1.jpg"], "expected the folder training in it, found in"),
        ("imagefolder", ["cat/a.jpg", "dog/b.jpg"], "expected the folder train or training in it"),
        ("imagefolder", ["train/a.jpg"], "expected one folder of images per class, found 1 images"),
    ],
)
def test_image_folders__wrong_layout(layout, prepared, name, files, message):
    layout(dict.fromkeys(files))
    with pytest.raises(InputError, match=re.escape(message)):
        prepared(name)
