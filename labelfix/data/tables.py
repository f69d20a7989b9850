"""Tables in and out: strict CSV, Parquet, JSON lines."""

import csv
import io
import itertools
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from labelfix.data import atomic, names, text_files
from labelfix.errors import InputError

_LARGEST_FIELD = 2**31 - 1
_DELIMITERS = {"tab": "\t", "space": " "}


@dataclass(frozen=True, kw_only=True)
class CsvFormat:
    """The format of a CSV file; the delimiters `tab` and `space` stand for these characters.

    Without a header, `columns` names the columns; None takes image, label, column_3 and so on.
    """

    delimiter: str = text_files.DEFAULT_DELIMITER
    encoding: str = "utf-8"
    has_header: bool = True
    columns: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.delimiter in _DELIMITERS:
            object.__setattr__(self, "delimiter", _DELIMITERS[self.delimiter])
        if self.columns is not None:
            object.__setattr__(self, "has_header", False)
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n\0':
            raise InputError(
                f"--delimiter takes one character, found {self.delimiter!r}",
                "For example --delimiter ';' or --delimiter tab.",
            )


@dataclass(frozen=True)
class TextTable:
    """A table of text: a header and one list per column; bytes that are not UTF-8 are surrogates.

    `lines` holds the file's line on which each row begins, from 1.
    """

    header: list[str]
    columns: list[list[str]]
    lines: list[int] = field(default_factory=list, compare=False)


def read_csv(path: Path, csv_format: CsvFormat) -> TextTable:
    """Read a CSV file as text; values are not interpreted.

    Raises:
        InputError: the file is not valid CSV; the message names the row, from 1 after the
            header.
    """
    text = text_files.read_text(path, csv_format.encoding)
    csv.field_size_limit(_LARGEST_FIELD)  # Python's limit is 128 KiB; an outline may be longer
    delimiter = csv_format.delimiter
    if not csv_format.has_header:
        delimiter = text_files.delimiter_of(text, delimiter, csv_format.columns)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        header, numbered = _header_and_rows(path, reader, csv_format, delimiter)
        for row, begins in numbered:
            if len(row) == len(header):
                rows.append(row)
                lines.append(begins)
            elif row:  # a blank line is not a row
                like = "the header" if csv_format.has_header else "row 1"
                like = "--columns" if csv_format.columns is not None else like
                raise InputError(
                    f"{path}, row {len(rows) + 1} (line {reader.line_num}): expected "
                    f"{len(header)} fields as in {like}, found {len(row)}",
                    "Quote the fields that hold the delimiter, or name another with --delimiter.",
                )
    except csv.Error as error:
        raise InputError(
            f"{path}, row {len(rows) + 1} (line {reader.line_num}): not a valid CSV row: {error}",
            "Look for a quotation mark that is never closed.",
        ) from error
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in header]
    return TextTable(header, columns, lines)


def _header_and_rows(
    path: Path, reader: Any, csv_format: CsvFormat, delimiter: str
) -> tuple[list[str], Iterable[tuple[list[str], int]]]:
    """The column names, and each row with the line on which it begins."""
    if csv_format.has_header:
        rows = _numbered(reader)
        return next(rows, ([], 0))[0], rows
    rows = _numbered(reader, is_padded=delimiter == " ")
    first = next(((row, line) for row, line in rows if row), None)
    if first is None:
        return list(csv_format.columns or ()), ()
    return text_files.header_for(path, first[0], csv_format.columns), itertools.chain([first], rows)


def _numbered(reader: Any, *, is_padded: bool = False) -> Iterator[tuple[list[str], int]]:
    before = 0
    for row in reader:
        yield text_files.without_padding(row) if is_padded else row, before + 1
        before = reader.line_num


def read_parquet(path: Path) -> pa.Table:
    """Read a Parquet file whole.

    Raises:
        InputError: it is not a Parquet file, or holds text that is not UTF-8.
    """
    try:
        table = pq.read_table(path)
        table.validate(full=True)
    except (OSError, pa.ArrowException, UnicodeError) as error:
        raise InputError(
            f"{path}: expected a Parquet file, found something else ({_first_line(error)})",
            "Name a CSV file with the ending .csv, a Parquet file with .parquet.",
        ) from error
    return table


def write_table(target: Path, table: pa.Table, *, image_column: str, delimiter: str = ",") -> None:
    """Write a table in the format of the target's ending: .csv, .tsv, .parquet or .jsonl.

    Args:
        target: the file, written whole or not at all.
        table: any columns; `image_column` holds names as `names.to_text` gives them.
        image_column: the column whose names are written with their original bytes in a CSV file.
        delimiter: of a .csv file.
    """
    atomic.remove_leftovers_of(target)
    with atomic.replacing(target) as temporary:
        match target.suffix.lower():
            case ".parquet":
                pq.write_table(table, temporary)
            case ".jsonl":
                _write_json_lines(temporary, table)
            case ".tsv":
                _write_csv(temporary, table, image_column, "\t")
            case _:
                _write_csv(temporary, table, image_column, delimiter)


def is_text_or_number(kind: pa.DataType) -> bool:
    """Whether a column's values have one obvious text form: no bytes, lists or structs."""
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_primitive(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    )


def holds_lists(kind: pa.DataType) -> bool:
    """Whether a column's entries are lists, of fixed length or not."""
    list_types = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(is_type(kind) for is_type in list_types)


def spelled_as(texts: Sequence[str], kind: pa.DataType) -> pa.Array | None:
    """Texts as values of a type, or None if they would not read back as the same texts."""
    written = pa.array(texts, pa.string())
    try:
        values = written.cast(kind)
        again = values.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return values if again.equals(written) else None


def take_rows(column: pa.ChunkedArray, rows: npt.NDArray[np.int64]) -> pa.ChunkedArray:
    """The values of some rows, in that order and of the same type."""
    try:
        return column.take(rows)
    except pa.ArrowNotImplementedError:  # views, also within lists
        values = column.to_pylist()
        return pa.chunked_array([pa.array([values[row] for row in rows], column.type)])


def _write_csv(target: Path, table: pa.Table, image_column: str, delimiter: str) -> None:
    with target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        # Before Python 3.13 a lone \r is quoted only where it is in the line terminator.
        writer = csv.writer(_EndingInNewline(file), delimiter=delimiter, lineterminator="\r\n")
        writer.writerow(table.column_names)
        for batch in table.to_batches(max_chunksize=65536):
            columns = [
                _as_text(batch.column(name), is_image=name == image_column)
                for name in table.column_names
            ]
            writer.writerows(zip(*columns, strict=True))


@dataclass(frozen=True)
class _EndingInNewline:
    r"""A file that turns the \r\n at the end of every row into \n."""

    file: TextIO

    def write(self, row: str) -> None:
        self.file.write(row.removesuffix("\r\n") + "\n")


def _write_json_lines(target: Path, table: pa.Table) -> None:
    encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
    with target.open("w", encoding="utf-8", newline="\n") as file:
        for batch in table.to_batches(max_chunksize=65536):
            for row in batch.to_pylist():
                file.write(encoder.encode(_jsonable(row)) + "\n")


def _as_text(column: pa.Array, *, is_image: bool) -> Sequence[str]:
    """The values as CSV text: null is empty, bytes are hexadecimal, lists are JSON."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    text: list[str]
    if is_text_or_number(column.type):
        text = pc.fill_null(pc.cast(column, pa.string()), "").to_pylist()
    else:
        values = [_jsonable(value) for value in column.to_pylist()]
        text = [
            "" if value is None else value if isinstance(value, str) else json.dumps(value)
            for value in values
        ]
    return [names.from_text(name) for name in text] if is_image else text


def _jsonable(value: Any) -> Any:
    """A value for JSON: null for NaN and infinity, hexadecimal for bytes."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case bytes():
            return value.hex()
        case list() | tuple():
            return [_jsonable(item) for item in value]
        case dict():
            return {key: _jsonable(item) for key, item in value.items()}
        case _:
            return str(value)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
