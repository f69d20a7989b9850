"""How messages show what a user wrote, and counts; `data.share_text` has shares."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

_LONGEST = 60
_COMPARED = 200
"""Characters compared at most: the time grows with their square, and a file may hold any text."""


def shown(value: Any) -> str:
    """A value from a file or a command line: quoted, on one line, and short."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]!r}… ({len(value):,} characters)"
    return repr(value)


def listed(items: Sequence[str], of: int) -> str:
    """Some items, and how many more there are."""
    more = of - len(items)
    return f"{', '.join(items)} and {more:,} more" if more > 0 else ", ".join(items)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message that names the known name most like an unknown one."""
    candidates = [candidate for candidate in known if len(candidate) <= _COMPARED]
    nearest = difflib.get_close_matches(name[:_COMPARED], candidates, n=1)
    return f"; did you mean {shown(nearest[0])}?" if nearest else ""


def count(number: int, one: str, more: str = "") -> str:
    """`1 finding`, `1,200 findings`."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"
