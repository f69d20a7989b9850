"""Vectors of several encoders side by side, and what else is joined of them."""

import hashlib

import numpy as np
import pytest

from labelfix.data.embeddings import check_vectors
from labelfix.data.encoder_views import (
    EncoderView,
    encoders_of,
    folder_of,
    joined_hashes,
    joined_reasons,
    rows_in_all,
    side_by_side,
    views_as_json,
    views_in,
)
from labelfix.data.records import Record, RowCounts


def view(*, has_file_hashes=False):
    return EncoderView(
        encoder="hog",
        folder="encoders/hog",
        dimension=2,
        fingerprint="f",
        has_file_hashes=has_file_hashes,
    )


def record(encoder, views=()):
    details = {"views": views_as_json(views)} if views else {}
    return Record(
        stage="embed",
        options={"encoder": encoder},
        inputs={},
        outputs={},
        rows=RowCounts(rows_in=0, used=0),
        details=details,
    )


def test_side_by_side__similarity_is_the_mean_of_the_views():
    first = np.array([[1, 0], [0, 1]], dtype=np.float32)
    second = np.array([[0.6, 0.8, 0], [0.6, 0.8, 0]], dtype=np.float32)
    joined = side_by_side([first, second], 2)
    check_vectors(joined, rows=2)
    assert joined.shape == (2, 5)
    assert joined[0] @ joined[1] == pytest.approx((0 + 1) / 2)


def test_side_by_side__views_that_come_one_by_one():
    first, second = np.eye(3, 4, dtype=np.float32), np.eye(3, 5, dtype=np.float32)
    lazily = side_by_side(iter([first, second]), 3, 9)
    np.testing.assert_array_equal(lazily, side_by_side([first, second], 3))


def test_rows_in_all__order_of_the_first():
    first, second = rows_in_all([["c", "a", "b"], ["a", "x", "c"]])
    assert first.tolist() == [0, 1]
    assert second.tolist() == [2, 0]


def test_joined_hashes__of_the_files_where_one_has_read_them():
    hashes = [["v1", "v2"], ["f1", "f2"]]
    assert joined_hashes(hashes, [view(), view(has_file_hashes=True)]) == ["f1", "f2"]


def test_joined_hashes__of_all_vectors_where_none_has_read_files():
    first, second = joined_hashes([["a", "a"], ["b", "c"]], [view(), view()])
    assert first == hashlib.sha256(b"ab").hexdigest()
    assert first != second  # the images are alike to one encoder alone


def test_joined_reasons__name_the_encoder_that_refuses_alone():
    found = joined_reasons([{"a": "empty", "b": "long"}, {"a": "empty"}], ["clip", "hog"])
    assert found == {"a": "empty", "b": "long (--encoder clip)"}


@pytest.mark.parametrize(
    ("encoder", "readable"),
    [
        ("hog", "hog"),
        ("clip:ViT-B-32@tag", "clip-ViT-B-32-tag"),
        ("precomputed:../a/b.npy", "precomputed-..-a-b.npy"),
    ],
)
def test_folder_of__is_one_name_below_encoders(encoder, readable):
    root, name = folder_of(encoder).split("/")
    assert root == "encoders"
    assert name.startswith(f"{readable}-")


def test_folder_of__names_that_differ_in_signs_alone():
    assert folder_of("timm:a.b") != folder_of("timm:a@b")


def test_views_in__what_was_written():
    views = [view(), view(has_file_hashes=True)]
    assert views_in(record(["a", "b"], views)) == views
    assert views_in(record("a")) == []


def test_encoders_of__one_or_several():
    assert encoders_of(record("hog")) == ["hog"]
    assert encoders_of(record(["hog", "clip"])) == ["hog", "clip"]
