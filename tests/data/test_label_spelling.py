import unicodedata

import pytest

from labelfix.data import label_spelling
from labelfix.data.label_spelling import SpellingForms, in_one_script, scripts_in_use

CYRILLIC_A, CYRILLIC_O, CYRILLIC_C = "\u0430", "\u043e", "\u0441"
CYRILLIC_KA, CYRILLIC_TE = "\u043a", "\u0442"
GREEK_OMICRON, GREEK_BETA = "\u03bf", "\u03b2"


def test_pairs__are_letters_of_their_scripts():
    for script, latin_of in label_spelling._LATIN_OF.items():
        for letter, latin in latin_of.items():
            assert unicodedata.name(letter).startswith(script)
            assert latin.isascii() and latin.isalpha()
            assert letter.isupper() == latin.isupper() or letter in "\u042c\u04c0"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("cat", "cat"),
        (f"c{CYRILLIC_A}t", "cat"),
        (f"d{GREEK_OMICRON}g", "dog"),
        (f"hot d{CYRILLIC_O}g 7", "hot dog 7"),
        (f"{CYRILLIC_C}{CYRILLIC_O}{CYRILLIC_C}{CYRILLIC_A}", "coca"),
        ("\u0412us", "Bus"),
        # A Latin o in a Cyrillic word.
        (f"{CYRILLIC_KA}o{CYRILLIC_TE}", f"{CYRILLIC_KA}{CYRILLIC_O}{CYRILLIC_TE}"),
        # Letters without a look-alike in either script, or of a third one, stay.
        (f"z{CYRILLIC_KA}", f"z{CYRILLIC_KA}"),
        (f"c{CYRILLIC_A}{GREEK_OMICRON}", f"c{CYRILLIC_A}{GREEK_OMICRON}"),
        ("\u732b", "\u732b"),
        ("caf\u00e9", "caf\u00e9"),
        ("", ""),
    ],
)
def test_in_one_script__each_word(label, expected):
    assert in_one_script(label, frozenset()) == expected


def test_in_one_script__a_word_of_a_script_in_use_stays():
    word = f"{CYRILLIC_C}{CYRILLIC_O}"
    assert in_one_script(word, frozenset({"CYRILLIC"})) == word
    assert in_one_script(f"{word}g", frozenset({"CYRILLIC"})) == "cog"


def test_scripts_in_use__by_letters_of_their_own():
    assert scripts_in_use(["cat", f"c{CYRILLIC_A}t", "\u732b", ""]) == frozenset()
    assert scripts_in_use([CYRILLIC_KA]) == {"CYRILLIC"}
    assert scripts_in_use([CYRILLIC_KA, f"x{GREEK_BETA}"]) == {"CYRILLIC"} | {"GREEK"}


ZERO_WIDTH_SPACE = "\u200b"


def forms(*labels: str) -> SpellingForms:
    return SpellingForms(labels)


@pytest.mark.parametrize(
    ("label", "other", "differences"),
    [
        ("Cat", "cat", ["case"]),
        ("STRASSE", "stra\u00dfe", ["case"]),
        (" cat\t", "cat", ["white space"]),
        ("hot  dog", "hot dog", ["white space"]),
        ("hot_dog", "hot dog", ["separators"]),
        ("hot-dog", "hot_dog", ["separators"]),
        ("hot - dog", "hot dog", ["separators"]),
        ("hot -dog", "hot dog", ["separators"]),
        ("hot\tdog", "hot dog", ["white space"]),
        ("hot\u2013dog", "hot dog", ["separators"]),
        ("10-20", "10 20", ["separators"]),
        ("\uff43at", "cat", ["Unicode form"]),
        ("cafe\u0301", "caf\u00e9", ["Unicode form"]),
        ("hot\u00a0dog", "hot dog", ["Unicode form"]),
        (f"ca{ZERO_WIDTH_SPACE}t", "cat", ["invisible characters"]),
        ("cat\x00", "cat", ["invisible characters"]),
        ("\u2764\ufe0f", "\u2764", ["invisible characters"]),
        ("c\u0430t", "cat", ["look-alike letters"]),
        (f"Hot_{ZERO_WIDTH_SPACE}Dog", "hot dog", ["invisible characters", "separators", "case"]),
    ],
)
def test_differences__of_two_spellings(label, other, differences):
    of = forms(label, other)
    assert of.form(label) == of.form(other) != ""
    assert of.differences(label, other) == differences
    assert of.differences(other, label) == differences


@pytest.mark.parametrize(
    ("label", "other"),
    [
        ("a", "A"),
        ("O", "0"),
        ("l", "1"),
        ("b0at", "boat"),
        ("B-", "B"),
        ("-1", "1"),
        ("t -5", "t 5"),
        ("C++", "C"),
        ("007", "7"),
        ("1.0", "1"),
        ("cat", "cats"),
        ("a/b", "a b"),
        ("\u732b", "\u72ac"),
    ],
)
def test_form__of_two_labels(label, other):
    of = forms(label, other)
    assert of.form(label) != of.form(other)


def test_form__letters_of_two_alphabets_in_use():
    of = forms("a", "\u0430", "\u0436")
    assert of.form("a") != of.form("\u0430")
    assert forms("a", "\u0430").form("a") == forms("a", "\u0430").form("\u0430")


@pytest.mark.parametrize("label", [ZERO_WIDTH_SPACE, "x" * 257, "\u0301\u0327" * 5_000])
def test_form__of_what_is_no_name(label):
    assert forms(label).form(label) == ""
