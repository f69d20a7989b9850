"""A table of the rows that need work, and any table of images and labels back."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from labelfix.data import names, tables
from labelfix.data.answers import ANSWER_COLUMNS, LABEL
from labelfix.data.manifest import Manifest, read_manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError
from labelfix.exchange.rows import EXPORTED_LABEL, ID, ExportedRows, ReturnedRow
from labelfix.options.exchange_options import ExportOptions

ANSWER = ANSWER_COLUMNS[0]
CANDIDATES = 3
MOST_HEADER_BYTES = 65536
ESCAPED = "labelfix_escaped"
"""The column that says that cells were marked as text for a spreadsheet."""

_RISKY = ("=", "+", "-", "@", "\t", "\r", "'")
"""Beginnings of cells that spreadsheets run as formulas, and the mark itself."""


def write(target: Path, rows: ExportedRows, options: ExportOptions) -> dict[str, str]:
    """Write a table with a blank column of answers.

    Args:
        target: .csv or .tsv.
        rows: as many rows.
        options: whether formulas are escaped.
    """
    text = _escaped if options.escape_formulas else _same
    listed = rows.rows
    columns: dict[str, pa.Array] = {
        "image": pa.array([names.to_text(text(row.image)) for row in listed], pa.string()),
        ANSWER: pa.array([""] * len(listed), pa.string()),
        "given_label": pa.array([text(row.given_label) for row in listed], pa.string()),
        "suggested_label": pa.array([text(row.suggested_label) for row in listed], pa.string()),
        "confidence": pa.array([row.confidence for row in listed], pa.float64()),
        "self_confidence": pa.array([row.self_confidence for row in listed], pa.float64()),
    }
    for place in range(CANDIDATES):
        labels = [
            row.candidates[place].label if place < len(row.candidates) else "" for row in listed
        ]
        columns[f"candidate_{place + 1}"] = pa.array([text(label) for label in labels], pa.string())
    columns |= {
        name: pa.array([text(getattr(row, name)) for row in listed], pa.string())
        for name in ("action", "reason", "split", "annotator")
    }
    columns[ID] = pa.array([row.row_id for row in listed], pa.string())
    if options.escape_formulas:
        columns[ESCAPED] = pa.array(["yes"] * len(listed), pa.string())
    tables.write_table(target, pa.table(columns), image_column="image")
    return {}


def read(source: Path) -> list[ReturnedRow]:
    """Read a table with a column of images, or of our ids, and one of labels.

    Raises:
        InputError: it is no table, has no such columns, or holds corrected labels.
    """
    if source.is_dir():
        raise InputError(f"{source}: expected a table, found a folder", "Name the file in it.")
    opened = read_manifest(source, _format_of(source), needs_label=False)
    header = opened.table.column_names
    answers = _answer_column(source, opened)
    are_answers = answers in ANSWER_COLUMNS and answers != LABEL
    columns = {name: opened.column_as_text(name) for name in (ID, EXPORTED_LABEL) if name in header}
    unmarked = _unescaped if ESCAPED in header else _same
    blank = [""] * len(opened)
    ids = columns.get(ID, blank)
    exported = columns.get(EXPORTED_LABEL)
    return [
        ReturnedRow(
            where=f"row {opened.row_number(row)}",
            row_id=ids[row].strip(),
            image=unmarked(image),
            label=unmarked(label),
            exported_label=None if exported is None else unmarked(exported[row]),
            is_looked_at=are_answers and bool(label.strip()),
        )
        for row, (image, label) in enumerate(
            zip(opened.images, opened.column_as_text(answers), strict=True)
        )
    ]


def _format_of(source: Path) -> CsvFormat:
    """How a table is written: spreadsheets put a semicolon or a tab where it has no comma."""
    with source.open("rb") as file:
        header = file.readline(MOST_HEADER_BYTES)
    if b"," not in header:
        for delimiter in (";", "\t"):
            if delimiter.encode() in header:
                return CsvFormat(delimiter=delimiter)
    return CsvFormat()


def _answer_column(source: Path, opened: Manifest) -> str:
    """The column of labels, of which answers of people go first."""
    header: Sequence[str] = opened.table.column_names
    found = next((name for name in ANSWER_COLUMNS if name in header), opened.label_column)
    is_corrected = {"suggested_label", "self_confidence"}.issubset(header)
    if found == LABEL and is_corrected and EXPORTED_LABEL not in header:
        raise InputError(
            f"{source}, column {found!r}: expected labels that a person has given, found what "
            "labelfix has corrected",
            f"Write people's answers into a column {ANSWER}.",
        )
    return found


def _same(text: str) -> str:
    return text


def _escaped(text: str) -> str:
    return f"'{text}" if text.startswith(_RISKY) else text


def _unescaped(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_RISKY) else text
