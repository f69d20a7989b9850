import unicodedata

import pytest

from labelfix.data import label_spelling as look_alikes
from labelfix.data.label_spelling import in_one_script, scripts_in_use

CYRILLIC_A, CYRILLIC_O, CYRILLIC_C = "\u0430", "\u043e", "\u0441"
CYRILLIC_KA, CYRILLIC_TE = "\u043a", "\u0442"
GREEK_OMICRON, GREEK_BETA = "\u03bf", "\u03b2"


def test_pairs__are_letters_of_their_scripts():
    for script, latin_of in look_alikes._LATIN_OF.items():
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
