"""What is left of a hostile text where a person sees it."""

import pytest

from labelfix.data.names import plain, short


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat", "cat"),
        ("[red] [/x] :smile:", "[red] [/x] :smile:"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("a\nb\tc\rd\x07", "a\ufffdb\ufffdc\ufffdd\ufffd"),
        ("\u202eabc\u2066\u200f", "abc"),  # marks of direction
        ("a\u2028b\x85c", "a\ufffdb\ufffdc"),  # other ends of lines
        ("\x9b31m", "\ufffd31m"),  # an escape in one byte
        ("caf\udce9", "caf\ufffd"),  # a byte that is no UTF-8
        ("Größe 猫 😀", "Größe 猫 😀"),
        (7, "7"),
    ],
)
def test_plain(text, expected):
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("abcd", "abcd"),
        ("abcde", "abc…"),
        ("x" * 99, "xxx…"),
        ("a\u202e\n", "a\ufffd"),
        ("\u202e" * 16 + "abc", "…"),
        ("\u202e" * 13 + "abc", "abc"),
    ],
)
def test_short__has_at_most_so_many_characters(text, expected):
    assert short(text, 4) == expected
