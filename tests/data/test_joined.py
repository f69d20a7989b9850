"""Rows and images are brought together by name, in whatever order either comes."""

import random
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from labelfix.data import image_labels as joined
from labelfix.data.manifest import Manifest, ManifestSource


def listing(images, labels):
    table = pa.table({"image": images, "label": labels})
    return Manifest(table, "image", "label", ManifestSource("m.csv", ""), images, labels)


def test_join__by_name_and_not_by_position():
    opened = listing(["a", "b", "c", "d"], ["x", "y", "z", "x"])
    found = joined.join(opened, ["d", "c", "b", "a"])
    assert found.class_names == ["x", "y", "z"]
    assert found.labels.tolist() == [0, 2, 1, 0]
    assert found.row_images.tolist() == [3, 2, 1, 0]
    assert found.row_labels.tolist() == [0, 1, 2, 0]
    assert {found.labels.dtype, found.row_images.dtype, found.row_labels.dtype} == {
        np.dtype(np.int64)
    }


def test_join__image_that_is_not_embedded():
    found = joined.join(listing(["a", "b", "c"], ["x", "y", "z"]), ["c", "a"])
    assert found.row_images.tolist() == [1, -1, 0]
    assert found.row_labels.tolist() == [0, 1, 2]
    assert found.labels.tolist() == [2, 0]
    assert found.class_names == ["x", "y", "z"]


def test_join__row_without_a_label_is_not_used():
    found = joined.join(listing(["a", "b", "b", "a"], ["x", "", "y", " "]), ["a", "b"])
    assert found.class_names == ["x", "y"]
    assert found.row_images.tolist() == [0, -1, 1, -1]
    assert found.row_labels.tolist() == [0, -1, 1, -1]
    assert found.labels.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("labels", "commonest"),
    [
        (["y", "x", "x"], "x"),
        (["y", "x"], "y"),  # equally common: the first row's
        (["x", "y"], "x"),
        (["z", "y", "x", "y", "x"], "y"),
        (["", "y", "", "x", "x"], "x"),
    ],
)
def test_join__rows_that_disagree(labels, commonest):
    images = ["other", *["a"] * len(labels), "other"]
    found = joined.join(listing(images, ["z", *labels, "z"]), ["a", "other"])
    assert [found.class_names[index] for index in found.labels] == [commonest, "z"]


def test_join__label_of_every_image_is_its_rows_commonest():
    draw = random.Random(0)
    for _ in range(100):
        rows = draw.randrange(1, 40)
        images = [f"{draw.randrange(8)}.png" for _ in range(rows)]
        labels = [draw.choice(["x", "y", "z", "w", ""]) for _ in range(rows)]
        embedded = sorted(set(images), key=lambda _: draw.random())
        found = joined.join(listing(images, labels), embedded)
        for image, label in zip(embedded, found.labels, strict=True):
            votes = Counter(
                text for name, text in zip(images, labels, strict=True) if name == image and text
            )  # most_common keeps the order of first rows among equals
            expected = found.class_names.index(votes.most_common(1)[0][0]) if votes else -1
            assert label == expected


def test_join__no_rows_are_used():
    found = joined.join(listing(["a", "b"], ["x", "y"]), ["c"])
    assert found.labels.tolist() == [-1]
    assert found.row_images.tolist() == [-1, -1]
