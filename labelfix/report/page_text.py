"""Numbers and a user's text as the report shows them."""

import unicodedata

MOST_CHARACTERS = 160
"""Of a label or a name; a longer one ends in dots and its length."""

_SPACE = "\N{NO-BREAK SPACE}"
_DASH = "\N{EN DASH}"
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_JOINERS = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
"""Hidden too, but emoji and several scripts need them."""


def visible(text: str, most: int = MOST_CHARACTERS) -> str:
    r"""A user's text without hidden characters: `\n`, `\x1b` or `\u202e` are written out.

    Control characters, direction marks and surrogates are escaped, so that no name can look like
    another one or reverse the text around it.

    Args:
        text: as the user wrote it.
        most: how many characters are shown.
    """
    shown = text[:most]
    if not shown.isprintable():
        shown = "".join(_escaped(character) for character in shown)
    return shown if len(text) <= most else f"{shown}… ({len(text):,} characters)"


def percent(share: float, decimals: int = 1) -> str:
    """A share in [0, 1] in per cent; 0 and 100 only where they are exact."""
    least = 10.0 ** -(decimals + 2)
    if 0 < share < least:
        return f"<{_SPACE}{100 * least:.{decimals}f}{_SPACE}%"
    if 1 - least / 2 < share < 1:
        return f">{_SPACE}{100 * (1 - least):.{decimals}f}{_SPACE}%"
    return f"{100 * share:.{decimals}f}{_SPACE}%"


def span(low: float, high: float, decimals: int = 1) -> str:
    """An interval of shares in per cent."""
    return f"{100 * low:.{decimals}f}{_DASH}{100 * high:.{decimals}f}{_SPACE}%"


def _escaped(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
