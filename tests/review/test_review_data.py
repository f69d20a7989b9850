"""What a review reads of a batch."""

import hashlib

import numpy as np

from labelfix.review.review_data import ReviewData


def test_review_data__hashes_are_of_files(batch_of, tmp_path) -> None:
    batch = batch_of(["cat", "dog", "cat"])
    data = ReviewData(batch)
    assert data.hash_of(0) == "hash"
    assert data.images() == [(f"{row}.png", "hash") for row in range(3)]

    object.__setattr__(batch.images, "are_file_hashes", False)
    of_file = hashlib.sha256((tmp_path / "0.png").read_bytes()).hexdigest()
    assert data.hash_of(0) == of_file
    assert data.images() == [(f"{row}.png", "") for row in range(3)]
    (tmp_path / "1.png").unlink()
    assert data.hash_of(1) == ""


def test_review_data__rows_are_readable_images_once(batch_of) -> None:
    actions = ["keep", "keep", "quarantined", "keep"]
    batch = batch_of(["cat"] * 4, images=["a", "b", "c", "a"], written=False, action=actions)

    assert ReviewData(batch).rows.tolist() == [0, 1]


def test_review_data__a_label_of_unknown_probability_may_be_wrong(batch_of) -> None:
    batch = batch_of(["cat"] * 3, written=False, confidence=[0.75, float("nan"), 1.0])

    assert np.array_equal(ReviewData(batch).wrong, [0.25, 1.0, 0.0])
