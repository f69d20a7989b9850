import pytest

from labelfix.check.finders.copies import EXACT, find_copies
from labelfix.check.finders.copy_groups import Copy, copy_groups


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
