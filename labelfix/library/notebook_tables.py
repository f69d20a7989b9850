"""Tables for notebooks. All text is the user's until it is escaped."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

MOST_CHARACTERS = 80
"""Of a cell; a label may be a whole sentence."""


def as_table(caption: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """An HTML table.

    Args:
        caption: one line above it.
        header: names of the columns.
        rows: cells as text or numbers; None is empty.
    """
    head = "".join(f"<th>{_cell(name)}</th>" for name in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>" for row in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else ""
    return f"<div><p>{escape(caption)}</p>{table}</div>"


def shortened(value: Any) -> str:
    """A value as text, cut where it is long."""
    text = "" if value is None else str(value)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def _cell(value: Any) -> str:
    return escape(shortened(value))
