"""One form for all spellings of a label that a person reads as the same.

Look-alike letters are pairs of single letters in `confusables.txt` of Unicode Technical Standard 39
(Unicode Security Mechanisms) whose scripts are Cyrillic or Greek, the two that a keyboard beside a
Latin one mostly has. Capitals that the standard groups with a small l are read as I here.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable

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
    """The scripts that labels are written in: those with a letter that no Latin one resembles."""
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


LONGEST = 256
"""Characters of a label that is looked at; a longer one is no name, and slow to normalise."""

_HYPHEN = re.compile(r"(?<=\w)(?:\s*-\s+|-|\s+-(?=[^\W\d]))(?=\w)")
"""Between two words; not at an end, as in `B-`, and not where it is the sign of a number."""

_DASHES = dict.fromkeys([*range(0x2010, 0x2016), 0x2212, 0x2E3A, 0x2E3B], "-")

_IGNORABLE = frozenset(
    chr(code)
    for codes in (
        (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5),
        range(0x180B, 0x1810),
        range(0xFE00, 0xFE10),
    )
    for code in codes
)
"""Letters and marks that are shown as nothing: `Default_Ignorable_Code_Point` of Unicode, without
those of the categories Cc and Cf."""


class SpellingForms:
    """Brings the labels of a data set into one form.

    Args:
        labels: all of them; they show which scripts are in use.
    """

    def __init__(self, labels: Iterable[str]) -> None:
        in_use = scripts_in_use(label for label in labels if len(label) <= LONGEST)
        self._steps: tuple[tuple[str, Callable[[str], str]], ...] = (
            ("Unicode form", lambda label: unicodedata.normalize("NFKC", label)),
            ("invisible characters", _visible),
            ("look-alike letters", lambda label: in_one_script(label, in_use)),
            ("separators", _with_spaces),
            ("white space", lambda label: " ".join(label.split())),
            ("case", _without_case),
        )

    def form(self, label: str) -> str:
        """The form of a label; empty for one that is too long, or of nothing that can be seen."""
        return self._after(label, len(self._steps)) if len(label) <= LONGEST else ""

    def differences(self, label: str, other: str) -> list[str]:
        """How two spellings of one form differ: each step needed to make them equal."""
        needed = [
            what
            for number, (what, _) in enumerate(self._steps)
            if self._after(label, len(self._steps), number)
            != self._after(other, len(self._steps), number)
        ]
        if needed:
            return needed
        # Two steps do the same: a space that does not break is white space and a Unicode form.
        return [
            next(
                what
                for number, (what, _) in enumerate(self._steps, 1)
                if self._after(label, number) == self._after(other, number)
            )
        ]

    def _after(self, label: str, steps: int, left_out: int | None = None) -> str:
        """The form of a label after some of the steps, with one of them left out."""
        for number, (_, step) in enumerate(self._steps[:steps]):
            if number != left_out:
                label = step(label)
        return label


def _visible(label: str) -> str:
    """A label without characters that are shown as nothing; white space stays."""
    if label.isascii() and label.isprintable():
        return label
    return "".join(
        character
        for character in label
        if character.isspace()
        or not (character in _IGNORABLE or unicodedata.category(character) in ("Cc", "Cf"))
    )


def _with_spaces(label: str) -> str:
    """A label with a space for any other separator between its words."""
    return _HYPHEN.sub(" ", label.translate(_DASHES).replace("_", " "))


def _without_case(label: str) -> str:
    """A label in small letters; `a` and `A` alone may be two classes, as in handwriting."""
    return label if len(label.strip()) == 1 else label.casefold()
