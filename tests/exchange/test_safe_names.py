import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelfix.exchange.safe_names import file_name, folder_names, from_plain, id_in, to_plain

ID = "0123456789abcdef"
ANY_TEXT = st.text(st.characters(), max_size=12)
"""Surrogates, too: bytes of names that are not UTF-8."""


@given(ANY_TEXT)
def test_to_plain__is_undone(text):
    text = "".join(
        one for one in text if not "\ud800" <= one <= "\udfff" or "\udc80" <= one <= "\udcff"
    )
    plain = to_plain(text)
    assert from_plain(plain) == text
    assert plain.isprintable() or not re.search(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]", plain)
    assert plain == plain.strip()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("cat", "cat"),
        ("a b", "a b"),
        ("7 %", "7 %"),
        ("two\nlines", "label:two%0Alines"),
        (" edge", "label:%20edge"),
        ("label:x", "label:label:x"),
        ("bytes:%41", "label:bytes:%2541"),
        ("raw\udcff", "bytes:raw%FF"),
        ("", ""),
    ],
)
def test_to_plain__changes_only_what_tools_lose(text, plain):
    assert to_plain(text) == plain
    assert from_plain(plain) == text


@given(st.lists(ANY_TEXT, max_size=8))
def test_folder_names__are_safe_and_differ_in_more_than_case(labels):
    found = folder_names(labels)
    assert set(found) == set(labels)
    assert len({name.casefold() for name in found.values()}) == len(found)
    for name in found.values():
        assert name not in ("", ".", "..")
        assert not set(name) & set('/\\<>:"|?*\0')
        assert len(name.encode()) <= 100


def test_folder_names__keep_what_is_safe():
    found = folder_names(["cat", "Cat", "con", "../up", ".hidden", "a ", "=1", "\u00fc"])
    assert (found["Cat"], found["=1"], found["\u00fc"]) == ("Cat", "=1", "\u00fc")
    others = [found[label] for label in ("cat", "con", "../up", ".hidden", "a ")]
    assert all(re.fullmatch(r"[A-Za-z0-9_]+-[0-9a-f]{8}", name) for name in others)


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("a/b/cat.JPG", f"cat-{ID}.jpg"),
        ("../../etc/passwd", f"passwd-{ID}"),
        ("new\nline.png", f"new_line-{ID}.png"),
        ("\N{GRINNING FACE}.png", f"image-{ID}.png"),
        ("x.p/g", f"g-{ID}"),
    ],
)
def test_file_name__is_safe_and_ends_in_the_id(image, name):
    assert file_name(image, ID) == name
    assert id_in(name) == ID


def test_id_in__is_the_last_one_and_nothing_else():
    assert id_in(f"cat-{'f' * 16}-{ID}.png") == ID
    assert id_in("cat-0123.png") == id_in("cat.png") == id_in(f"cat{ID}.png") == ""
    assert id_in(f"cat-{ID}x.png") == ""
