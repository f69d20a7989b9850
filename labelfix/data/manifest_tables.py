"""The user's table as its file has it: the ending decides how it is read."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from labelfix.data import excel_tables, json_tables, names, tables, text_files
from labelfix.data.columns import ManifestColumns
from labelfix.data.tables import CsvFormat, TextTable
from labelfix.errors import InputError

TAB_SUFFIXES = (".tsv", ".tab")
TEXT_SUFFIXES = (".csv", *TAB_SUFFIXES, ".txt", ".lst", ".list", ".dat", "")
PARQUET_SUFFIXES = (".parquet", ".pq")
TABLE_SUFFIXES = (
    *TEXT_SUFFIXES[:-1],
    *PARQUET_SUFFIXES,
    *excel_tables.SUFFIXES,
    *json_tables.LINES_SUFFIXES,
    *json_tables.SUFFIXES,
)
"""The endings of files that are read; a file without an ending is text."""

FindColumns = Callable[..., ManifestColumns]
"""`find_columns` with what the user named; further arguments are those of the file."""


@dataclass(frozen=True, kw_only=True)
class SourceTable:
    """A user's table, and which columns are which.

    Attributes:
        table: every column; image names as `names.to_text` gives them.
        found: the columns.
        lines: the line on which each row begins, from 1; None where the file has no lines.
        notes: how the file was read, one sentence each, where that is not plain.
    """

    table: pa.Table
    found: ManifestColumns
    lines: list[int] | None = None
    notes: tuple[str, ...] = ()


def read_source(
    path: Path, csv_format: CsvFormat, find: FindColumns, *, needs_label: bool, may_guess: bool
) -> SourceTable:
    """Read a table of the user's.

    Args:
        path: the file.
        csv_format: how a text file is written.
        find: finds the columns.
        needs_label: whether a list of one column is refused.
        may_guess: whether the user named no column, so that a missing header may be noticed.

    Raises:
        InputError: the file is malformed, of another kind, or lacks a column.
        MissingPackageError: it is an Excel file and openpyxl is not installed.
    """
    suffix = path.suffix.lower()
    if suffix in (*TEXT_SUFFIXES, *excel_tables.SUFFIXES):
        return _of_text(path, csv_format, find, needs_label=needs_label, may_guess=may_guess)
    if suffix not in TABLE_SUFFIXES:
        raise InputError(
            f"{path}: expected a table with one of the endings {', '.join(TABLE_SUFFIXES)}, "
            f"found {path.suffix}",
            "Save it as CSV. If it is text with a character between the columns already, rename "
            "it to .csv.",
        )
    kind = "Parquet" if suffix in PARQUET_SUFFIXES else "JSON"
    if not csv_format.has_header:
        raise InputError(
            f"{path}: expected a CSV file beside --no-header and --columns, found {kind}",
            f"The columns of a {kind} file have names: leave these options out.",
        )
    if kind == "Parquet":
        table = tables.read_parquet(path)
        return SourceTable(table=table, found=find(path, table.column_names, _with_text(table)))
    read = json_tables.read_json(path, csv_format.encoding)
    known = read.columns if may_guess else {}
    found = find(path, read.table.column_names, _with_text(read.table), **known)
    return SourceTable(table=read.table, found=found, lines=read.lines, notes=read.notes)


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type of a column's values, also of dictionary-encoded ones."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _of_text(
    path: Path, csv_format: CsvFormat, find: FindColumns, *, needs_label: bool, may_guess: bool
) -> SourceTable:
    """A table of text, from CSV or Excel."""
    notes: list[str] = []

    def read(csv_format: CsvFormat) -> TextTable:
        if path.suffix.lower() in excel_tables.SUFFIXES:
            text, notes[:] = excel_tables.read_excel(path, csv_format)
            return text
        return tables.read_csv(path, csv_format)

    if path.suffix.lower() in TAB_SUFFIXES:
        csv_format = replace(csv_format, delimiter="\t")
    text = read(csv_format)
    said = ""
    if csv_format.has_header and may_guess:
        columns = text_files.columns_without_header(path, text.header)
        if columns is not None:
            said = f"{path} has no header: its columns are taken as {', '.join(columns)}"
            csv_format = replace(csv_format, columns=columns, has_header=False)
            text = read(csv_format)
    if needs_label and not csv_format.has_header and len(text.header) == 1 and text.columns[0]:
        raise text_files.no_label(path, text.columns[0][0])
    found = find(path, text.header, text.header)
    if said:
        notes.append(said)
    return SourceTable(
        table=_to_arrow(path, text, found.image),
        found=found,
        lines=text.lines or None,
        notes=tuple(notes),
    )


def _to_arrow(path: Path, text: TextTable, image_column: str) -> pa.Table:
    """The columns as Arrow text; only image names may hold bytes that are not UTF-8."""
    arrays = []
    for name, values in zip(text.header, text.columns, strict=True):
        if name == image_column:
            values = [names.to_text(value) for value in values]  # noqa: PLW2901
        bad = next(
            (row for row, value in enumerate([name, *values]) if not names.is_valid(value)), None
        )
        if bad is not None:
            raise InputError(
                f"{path}, row {bad}, column {names.to_text(name)!r}: expected UTF-8, "
                "found other bytes",
                "Name the file's own encoding with --encoding, for example cp1252 or latin-1.",
            )
        arrays.append(pa.array(values, pa.string()))
    return pa.Table.from_arrays(arrays, names=text.header)


def _with_text(table: pa.Table) -> list[str]:
    """The columns whose values can be written as text."""
    kinds = {field.name: plain_type(field.type) for field in table.schema}
    return [name for name, kind in kinds.items() if tables.is_text_or_number(kind)]
