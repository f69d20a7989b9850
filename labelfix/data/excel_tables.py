"""Excel files as tables of text; openpyxl, which reads them, is an extra."""

import datetime
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labelfix.data import names, text_files
from labelfix.data.columns import IMAGE_COLUMNS, known_column
from labelfix.data.tables import CsvFormat, TextTable
from labelfix.errors import InputError, MissingPackageError

SUFFIXES = (".xlsx", ".xlsm")


def read_excel(path: Path, csv_format: CsvFormat) -> tuple[TextTable, list[str]]:
    """Read one sheet: the first whose header names an image column, or else the first.

    Rows and columns without any value are skipped.

    Args:
        path: the file.
        csv_format: whether there is a header, and the names of the columns if not.

    Returns:
        The table, and a note if there are other sheets.

    Raises:
        InputError: it is no Excel file, or every sheet is empty.
        MissingPackageError: openpyxl is not installed.
    """
    sheets = {name: rows for name, rows in _sheets(path).items() if rows}
    if not sheets:
        raise InputError(f"{path}: expected rows, found none", "Add a row for every image.")
    named = (name for name, rows in sheets.items() if known_column(rows[0], IMAGE_COLUMNS))
    chosen = next(named, next(iter(sheets)))
    others = [name for name in sheets if name != chosen]
    notes = [f"{path}: the sheet {chosen!r} is read, {names.listed(others)} not"] if others else []
    return _table(path, sheets[chosen], csv_format), notes


def _sheets(path: Path) -> dict[str, list[list[str]]]:
    """The rows of each sheet as text, without empty ones."""
    try:
        import openpyxl
    except ImportError as error:
        raise MissingPackageError(
            f"{path}: Excel files need openpyxl, which is not installed",
            'Install it: pip install "labelfix[excel]". Or save the sheet as CSV.',
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which nobody needs here
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                return {sheet.title: _rows(sheet) for sheet in book.worksheets}
            finally:
                book.close()
    except (OSError, KeyError, ValueError, TypeError, SyntaxError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path}: expected an Excel file, found something else ({error})",
            "Save the sheet as CSV.",
        ) from error


def _rows(sheet: Any) -> list[list[str]]:
    rows = [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    return [row for row in rows if any(row)]


def _table(path: Path, rows: Sequence[list[str]], csv_format: CsvFormat) -> TextTable:
    width = max(map(len, rows))
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    kept = [place for place in range(width) if any(row[place] for row in padded)]
    cells = [[row[place] for place in kept] for row in padded]
    if csv_format.has_header:
        header = [name or f"column_{place + 1}" for place, name in zip(kept, cells[0], strict=True)]
        cells = cells[1:]
    else:
        header = text_files.header_for(path, cells[0], csv_format.columns)
        if len(header) != len(kept):
            raise InputError(
                f"{path}: expected {len(header)} columns as in --columns, found {len(kept)}",
                "Name every column of the sheet.",
            )
    columns = [list(column) for column in zip(*cells, strict=True)] or [[] for _ in header]
    return TextTable(header, columns)


def _text(value: Any) -> str:
    """A cell as a person reads it: whole numbers without a point, days without a time."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case float() if value.is_integer():
            return str(int(value))
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case _:
            return str(value)
