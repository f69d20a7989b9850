"""Letters of other scripts that look like Latin ones, in words where they do not belong.

The pairs are those of single letters in `confusables.txt` of Unicode Technical Standard 39
(Unicode Security Mechanisms) whose scripts are Cyrillic or Greek, the two that a keyboard beside a
Latin one mostly has. The capitals that the standard groups with a small l are read as I here.
"""

import unicodedata
from collections.abc import Iterable

_PAIRS = {
    "CYRILLIC": (
        "аЬсԁеҽһіꙇӏјоԛргѕѵѡԝхуүАВСЕԌНІӀЈКМОРЅТѴԜХУҮ",  # noqa: RUF001
        "abcdeehiiijoqprsvwwxyyABCEGHIIJKMOPSTVWXYY",
    ),
    "GREEK": (
        "αϲιϳοσρυνγΑΒϹΕϜΗΙͿΚΜϺΝΟΡΤΧΥΖ",  # noqa: RUF001
        "acijoopuvyABCEFHIJKMMNOPTXYZ",
    ),
}

_LATIN_OF = {
    script: dict(zip(letters, latin, strict=True)) for script, (letters, latin) in _PAIRS.items()
}

_LETTER_OF = {
    script: {latin: letter for letter, latin in reversed(latin_of.items())}
    for script, latin_of in _LATIN_OF.items()
}


def scripts_in_use(labels: Iterable[str]) -> frozenset[str]:
    """The scripts that labels are really written in: those with a letter like no Latin one."""
    letters = {letter for label in labels if not label.isascii() for letter in label}
    return frozenset(
        script
        for letter in letters
        if (script := _script(letter)) in _LATIN_OF and letter not in _LATIN_OF[script]
    )


def in_one_script(label: str, in_use: frozenset[str]) -> str:
    """A label whose words each are of one script, as far as look-alike letters make that possible.

    Args:
        label: text.
        in_use: scripts of which a whole word of look-alikes is left as it is.
    """
    if label.isascii():
        return label
    words = _words(label)
    return "".join(_word_in_one_script(word, in_use) for word in words)


def _words(label: str) -> list[str]:
    """The runs of letters, and what stands between them."""
    words: list[str] = []
    was_letter = None
    for character in label:
        is_letter = character.isalpha()
        if is_letter == was_letter:
            words[-1] += character
        else:
            words.append(character)
        was_letter = is_letter
    return words


def _word_in_one_script(word: str, in_use: frozenset[str]) -> str:
    letters = {letter: _script(letter) for letter in set(word)}
    scripts = set(letters.values())
    others = scripts - {"LATIN"}
    if len(others) != 1 or not others <= _LATIN_OF.keys():
        return word
    script = others.pop()
    latin_of, letter_of = _LATIN_OF[script], _LETTER_OF[script]
    own = [letter for letter, of in letters.items() if of == script]
    if all(letter in latin_of for letter in own):
        is_mixed = "LATIN" in scripts
        return _mapped(word, latin_of) if is_mixed or script not in in_use else word
    latin = [letter for letter, of in letters.items() if of == "LATIN"]
    return _mapped(word, letter_of) if all(letter in letter_of for letter in latin) else word


def _mapped(word: str, letters: dict[str, str]) -> str:
    return "".join(letters.get(letter, letter) for letter in word)


def _script(character: str) -> str:
    """The script of a letter, as its name begins; anything else has none that matters."""
    if not character.isalpha():
        return ""
    return unicodedata.name(character, "").partition(" ")[0]
