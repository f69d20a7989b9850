"""Which labels are plurals of others."""

import pytest

from labelfix.data.label_plurals import plural_pairs, singulars


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ("bricks", ["brick"]),
        ("red bricks", ["red brick"]),
        ("berries", ["berrie", "berry"]),
        ("boxes", ["boxe", "box"]),
        ("dishes", ["dishe", "dish"]),
        ("grass", []),
        ("virus", []),
        ("iris", []),
        ("as", []),
        ("is", []),
        ("a1s", []),
        ("brick", []),
        ("", []),
    ],
)
def test_singulars__of_the_last_word(form, found):
    assert singulars(form) == found


def test_plural_pairs__among_the_labels_alone():
    assert plural_pairs(["cat", "cats", "dogs", "box", "boxes", "car", "cat s"]) == [
        ("boxes", "box"),
        ("cats", "cat"),
    ]
