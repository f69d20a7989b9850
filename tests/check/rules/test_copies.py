"""Copies, their groups, and how a message names them."""

import numpy as np
import pytest

from labelfix.check.rules.copies import EXACT, Copy, copy_groups, find_copies


def images(*names: str, **contents: str) -> list[dict]:
    return [{"image": name, "content": contents.get(name)} for name in names]


def test_find_copies__near_ones_from_the_threshold_on(make_batch):
    near = {("a", "b"): 0.995, ("b", "c"): 0.99, ("d", "e"): 0.9899}
    copies = find_copies(make_batch(images(*"abcde"), near=near), 0.99)
    assert copies.group.tolist() == [0, 0, 0, 1, 2]
    assert copies.in_reference.tolist() == [-1] * 5


def test_find_copies__identical_vectors_are_as_similar_as_can_be(make_batch):
    near = {("a", "b"): 0.9999997, ("c", "d"): 0.99999}
    assert find_copies(make_batch(images(*"abcd"), near=near), 1.0).group.tolist() == [0, 0, 1, 2]


def test_find_copies__of_the_same_bytes_though_no_neighbours(make_batch):
    batch = make_batch(images(*"abcd", b="x", d="x"), neighbours=1)
    assert find_copies(batch, 0.99).group.tolist() == [0, 1, 2, 1]


def test_find_copies__no_bytes_are_not_the_same(make_batch):
    batch = make_batch(images(*"ab"))
    batch.images.content_hashes[:] = ["", ""]
    assert find_copies(batch, 0.99).group.tolist() == [0, 1]


def test_find_copies__in_the_reference(make_batch):
    reference = [{"image": "r"}, {"image": "s", "content": "x"}, {"image": "t", "content": "x"}]
    near = {("a", "r"): 0.995, ("b", "r"): 0.999, ("c", "r"): 0.98}
    batch = make_batch(images(*"abc", b="x"), near=near, reference=reference)
    copies = find_copies(batch, 0.99)
    assert copies.in_reference.tolist() == [0, 1, -1], (
        "the first of the same bytes, then the nearest"
    )
    assert copies.similarity_to_reference[1] == EXACT
    assert copies.similarity_to_reference[0] == np.float32(0.995)


def test_find_copies__of_a_single_image_and_of_none(make_batch):
    assert find_copies(make_batch(images("a")), 0.99).group.tolist() == [0]
    unread = make_batch([{"image": "a", "has_image": False}])
    assert find_copies(unread, 0.99).group.tolist() == []


def groups_of(batch) -> list[list[int]]:
    return [group.rows for group in copy_groups(batch, find_copies(batch, 0.99))]


def test_copy_groups__by_their_first_rows(make_batch):
    rows = [{"image": name} for name in "abcbda"]
    assert groups_of(make_batch(rows, near={("c", "d"): 0.995})) == [[0, 5], [1, 3], [2, 4]]


def test_copy_groups__alone_but_in_the_reference(make_batch):
    batch = make_batch(
        [{"image": "a"}, {"image": "b"}], reference=[{"image": "r"}], near={("b", "r"): 0.999}
    )
    assert groups_of(batch) == [[1]]


def test_copy_groups__rows_without_an_image_are_in_none(make_batch):
    rows = [{"image": "a", "has_image": False}, {"image": "a", "has_image": False}, {"image": "b"}]
    assert groups_of(make_batch(rows)) == []


def test_copy_groups__annotators_give_one_row_an_image(make_batch):
    said = [("a", "dog"), ("a", "cat"), ("a", "cat"), ("b", "cat"), ("c", "cat"), ("c", "cat")]
    rows = [{"image": image, "label": label, "annotator": "x"} for image, label in said]
    assert groups_of(make_batch(rows)) == []
    assert groups_of(make_batch(rows, near={("a", "b"): 0.999})) == [[1, 3]]


@pytest.mark.parametrize(
    ("copy", "text"),
    [
        (Copy("row 2", "", float(EXACT)), "row 2"),
        (Copy("row 2", "b.png", float(EXACT)), "row 2 ('b.png', exact copy)"),
        (Copy("row 2", "b.png", 0.9951), "row 2 ('b.png', similarity 0.995)"),
        (Copy("the reference", "\x1b[31m.png", None), "the reference ('\\x1b[31m.png')"),
    ],
)
def test_copy__in_words(copy, text):
    assert str(copy) == text
