import os
import random

import pytest

from labelfix.data import names
from labelfix.data.names import plain, short


@pytest.mark.parametrize(
    "name",
    [
        "a.png",
        "",
        "sub/ü 🦆.png",
        "a,b\nc\r.png",
        "a%20b.png",
        "Bytes:a",
        "x bytes:a",
        "\0",
        "\x85",
    ],
)
def test_to_text__valid_name_stays_as_it_is(name):
    assert names.to_text(name) == name
    assert names.from_text(name) == name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (b"caf\xe9.png", "bytes:caf%E9.png"),
        (b"\xff", "bytes:%FF"),
        (b"cats/\xe9 100%.png", "bytes:cats/%E9%20100%25.png"),
        (b"\xed\xa0\x80", "bytes:%ED%A0%80"),  # half a character, as some systems write it
        (b"bytes:a.png", "bytes:bytes%3Aa.png"),  # else it would come back as a.png
        (b"bytes:%FF", "bytes:bytes%3A%25FF"),
    ],
)
def test_to_text__percent_encodes_other_names(name, text):
    assert names.to_text(os.fsdecode(name)) == text
    assert os.fsencode(names.from_text(text)) == name


def test_to_text__every_name_has_a_text_of_its_own_that_gives_it_back():
    draw = random.Random(0)
    pieces = [b"bytes:", b"%", b"FF", b"\xff", b"\xc3\xa9", b"\xc3", b"/", b"a", b"\n", b"\xf0\x9f"]
    raw = {b"".join(draw.choices(pieces, k=draw.randrange(6))) for _ in range(2000)}
    decoded = [os.fsdecode(name) for name in raw]
    texts = [names.to_text(name) for name in decoded]
    assert len(set(texts)) == len(raw)
    assert "".join(texts).encode().decode() == "".join(texts)  # valid UTF-8
    assert [names.from_text(text) for text in texts] == decoded
    assert [names.to_text(names.from_text(text)) for text in texts] == texts


def test_from_text__text_after_the_mark_that_is_not_encoded():
    assert names.from_text("bytes:é%zz.png") == "é%zz.png"


@pytest.mark.parametrize(
    ("name", "valid"),
    [("", True), ("a", True), ("é🦆\uffff", True), ("\udcff", False), ("é\ud800", False)],
)
def test_is_valid__surrogates_alone_are_not(name, valid):
    assert names.is_valid(name) is valid


@pytest.mark.parametrize(
    ("items", "most", "text"),
    [
        ([], 5, ""),
        (["a", "\udcff"], 5, "'a', 'bytes:%FF'"),
        (list("abcde"), 5, "'a', 'b', 'c', 'd', 'e'"),
        (list("abcdef"), 5, "'a', 'b', 'c', 'd', 'e' and 1 more"),
        (list("abc"), 1, "'a' and 2 more"),
    ],
)
def test_listed__the_first_few_quoted(items, most, text):
    assert names.listed(items, most) == text


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
