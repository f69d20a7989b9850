"""One form for all spellings of a label that a person takes for the same."""

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
    """The scripts that labels really use: those with a letter unlike any Latin one."""
    letters = {letter for label in labels if not label.isascii() for letter in label}
    return frozenset(
        script
        for letter in letters
        if (script := _script(letter)) in _LATIN_OF and letter not in _LATIN_OF[script]
    )


def in_one_script(label: str, in_use: frozenset[str]) -> str:
    """A label with each word in one script, as far as look-alike letters allow.

    Args:
        label: text.
        in_use: scripts in which a word may consist of look-alikes.
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
    """The script of a letter, from the beginning of its name; empty for anything else."""
    if not character.isalpha():
        return ""
    return unicodedata.name(character, "").partition(" ")[0]


LONGEST = 256
"""Longer labels are skipped: they are not names, and slow to normalise."""

_HYPHEN = re.compile(r"(?<=\w)(?:\s*-\s+|-|\s+-(?=[^\W\d]))(?=\w)")
"""A hyphen between two words; neither at an end, as in `B-`, nor the sign of a number."""

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
"""Letters and marks without a glyph: `Default_Ignorable_Code_Point` of Unicode, without
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
        """The form of a label; empty for one that is too long or invisible."""
        return self._after(label, len(self._steps)) if len(label) <= LONGEST else ""

    def differences(self, label: str, other: str) -> list[str]:
        """How two spellings of one form differ: the steps that make them equal."""
        needed = [
            what
            for number, (what, _) in enumerate(self._steps)
            if self._after(label, len(self._steps), number)
            != self._after(other, len(self._steps), number)
        ]
        if needed:
            return needed
        # Two steps have the same effect: a no-break space is white space and a Unicode form.
        return [
            next(
                what
                for number, (what, _) in enumerate(self._steps, 1)
                if self._after(label, number) == self._after(other, number)
            )
        ]

    def _after(self, label: str, steps: int, left_out: int | None = None) -> str:
        """A label after some of the steps, without one of them."""
        for number, (_, step) in enumerate(self._steps[:steps]):
            if number != left_out:
                label = step(label)
        return label


def spelled_alike(labels: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """The known label for each of some labels: itself, or else the only one of its form.

    Args:
        labels: to look up; those without a known label are missing in the result.
        known: labels.
    """
    wanted, listed = list(dict.fromkeys(labels)), list(dict.fromkeys(known))
    found = {label: label for label in wanted if label in set(listed)}
    if len(found) == len(wanted):
        return found
    forms = SpellingForms([*wanted, *listed])
    of_form: dict[str, list[str]] = {}
    for label in listed:
        of_form.setdefault(forms.form(label), []).append(label)
    for label in wanted:
        alike = of_form.get(forms.form(label) or label, [])
        if label not in found and len(alike) == 1:
            found[label] = alike[0]
    return found


def _visible(label: str) -> str:
    """A label without invisible characters; white space stays."""
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
    """A label in lower case; `a` and `A` alone may be two classes, as in handwriting."""
    return label if len(label.strip()) == 1 else label.casefold()
