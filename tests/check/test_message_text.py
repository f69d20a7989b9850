"""How messages show what a user wrote, and numbers."""

import pytest

from labelfix.check.message_text import count, did_you_mean, shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("cat", "'cat'"),
        ("a\n\x1b[0m\u202e\udcff", r"'a\n\x1b[0m\u202e\udcff'"),
        ("x" * 60, "'" + "x" * 60 + "'"),
        ("x" * 10_000, "'" + "x" * 60 + "'… (10,000 characters)"),
        (5, "5"),
        (None, "None"),
        ({"a": "b"}, "an object"),
        ([1], "a list"),
    ],
)
def test_shown(value, expected):
    assert shown(value) == expected


def test_did_you_mean():
    assert did_you_mean("ct", ["dog", "cat"]) == "; did you mean 'cat'?"
    assert did_you_mean("zebra", ["dog", "cat"]) == ""
    assert did_you_mean("x" * 200, ["x" * 200]).startswith("; did you mean 'xxx")
    assert did_you_mean("x" * 10_000, ["x" * 201]) == "", "names that take long to compare"


def test_count():
    assert [count(number, "finding") for number in (0, 1, 1200)] == [
        "0 findings",
        "1 finding",
        "1,200 findings",
    ]
    assert count(2, "entry", "entries") == "2 entries"


def test_count__number_and_noun():
    assert count(1, "row") == "1 row"
    assert count(1200, "row") == "1,200 rows"
    assert count(2, "entry", "entries") == "2 entries"
