"""Numbers and a user's text as the report shows them."""

import unicodedata

from labelfix.data import share_text

MOST_CHARACTERS = 160
"""Of a label or a name; a longer one ends in dots and its length."""

_SPACE = "\N{NO-BREAK SPACE}"
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
    """A share as `share_text.percent` writes it, which no line break splits."""
    return share_text.percent(share, decimals).replace(" ", _SPACE)


def span(low: float, high: float, decimals: int = 1) -> str:
    """An interval of shares as `share_text.interval` writes it."""
    return f"{percent(low, decimals)} to {percent(high, decimals)}"


def _escaped(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
