"""Tables of text in and out: CSV strictly by its rules, Parquet, JSON lines."""

import csv
import io
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from labelfix.data import atomic, names
from labelfix.errors import InputError, OutputError

OUTPUT_SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl")
_BYTE_ORDER_MARKS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


@dataclass(frozen=True)
class CsvFormat:
    """How a CSV file is written down."""

    delimiter: str = ","
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n\0':
            raise InputError(
                f"--delimiter takes one character, found {self.delimiter!r}",
                "For example --delimiter ';' or --delimiter tab.",
            )


@dataclass(frozen=True)
class TextTable:
    """A table of text: the header, and a list per column; bytes that are no UTF-8 as surrogates."""

    header: list[str]
    columns: list[list[str]]


def read_csv(path: Path, csv_format: CsvFormat) -> TextTable:
    """Read a CSV file as text, every value as it stands there.

    Raises:
        InputError: the file is no such CSV; the message has the row, counted from 1
            after the header.
    """
    text = _decode(path, csv_format.encoding)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=csv_format.delimiter, strict=True)
    rows: list[list[str]] = []
    try:
        header = next(reader, [])
        for row in reader:
            if len(row) == len(header):
                rows.append(row)
            elif row:  # a blank line is no row
                raise InputError(
                    f"{path}, row {len(rows) + 1} (line {reader.line_num}): expected "
                    f"{len(header)} fields as in the header, found {len(row)}",
                    "Quote the fields that hold the delimiter, or name another with --delimiter.",
                )
    except csv.Error as error:
        raise InputError(
            f"{path}, row {len(rows) + 1} (line {reader.line_num}): not a valid CSV row: {error}",
            "Look for a quotation mark that is never closed.",
        ) from error
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in header]
    return TextTable(header, columns)


def read_parquet(path: Path) -> pa.Table:
    """Read a Parquet file whole.

    Raises:
        InputError: it is no Parquet file.
    """
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path}: expected a Parquet file, found something else ({_first_line(error)})",
            "Name a CSV file with the ending .csv, a Parquet file with .parquet.",
        ) from error


def write_table(target: Path, table: pa.Table, *, image_column: str, delimiter: str = ",") -> None:
    """Write a table as the target's ending says: .csv, .tsv, .parquet or .jsonl.

    Args:
        target: the file; written whole or not at all.
        table: any columns; `image_column` holds names as `names.to_text` gives them.
        image_column: the column whose names get their own bytes back in a CSV file.
        delimiter: between the fields of a .csv file.
    """
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


def check_output(target: Path, source: Path | None = None) -> None:
    """See that a result can be written before any work is done for it.

    Args:
        target: the file that is to be written.
        source: the user's manifest, which is never written to.

    Raises:
        OutputError: the ending is unknown, or the place is a folder, read-only or the source.
    """
    if source is not None and source.exists() and target.exists() and target.samefile(source):
        raise OutputError(
            f"--out {target} is the manifest itself, which is never written to",
            "For example --out fixed.csv.",
        )
    if target.suffix.lower() not in OUTPUT_SUFFIXES:
        raise OutputError(
            f"--out {target}: expected a name that ends in one of {', '.join(OUTPUT_SUFFIXES)}",
            "For example --out fixed.csv.",
        )
    if target.is_dir():
        raise OutputError(f"--out {target} is a folder", f"For example --out {target}/fixed.csv.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise OutputError(
            f"--out {target} cannot be written: {error.strerror or error}",
            "Name a place that you may write to.",
        ) from error


def _decode(path: Path, encoding: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} could not be read: {error.strerror or error}", "Name the manifest's file."
        ) from error
    is_utf8 = encoding.lower().replace("_", "-") in ("utf-8", "utf8")
    for mark, name in _BYTE_ORDER_MARKS.items():
        if is_utf8 and data.startswith(mark):
            raise InputError(
                f"{path}, row 0 (the header): expected UTF-8, found {name.upper()}",
                f"Run it again with --encoding {name}.",
            )
    try:
        if is_utf8:  # a byte order mark is no part of the first column's name
            return data.decode("utf-8-sig", errors="surrogateescape")
        return data.decode(encoding)
    except LookupError as error:
        raise InputError(
            f"--encoding {encoding} is not known", "For example --encoding cp1252 or utf-16."
        ) from error
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n")
        raise InputError(
            f"{path}, row {row}: byte {error.start} is not valid {encoding}",
            "Name the file's own encoding with --encoding, for example cp1252 or utf-16.",
        ) from error


def _write_csv(target: Path, table: pa.Table, image_column: str, delimiter: str) -> None:
    with target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(table.column_names)
        for batch in table.to_batches(max_chunksize=65536):
            columns = [
                _as_text(batch.column(name), is_image=name == image_column)
                for name in table.column_names
            ]
            writer.writerows(zip(*columns, strict=True))


def _write_json_lines(target: Path, table: pa.Table) -> None:
    with target.open("w", encoding="utf-8", newline="\n") as file:
        for batch in table.to_batches(max_chunksize=65536):
            for row in batch.to_pylist():
                file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def _as_text(column: pa.Array, *, is_image: bool) -> Sequence[str]:
    if is_image:
        return [names.from_text(text) for text in column.to_pylist()]
    if pa.types.is_nested(column.type):
        return [
            "" if value is None else json.dumps(value, default=str) for value in column.to_pylist()
        ]
    if pa.types.is_binary(column.type):
        return ["" if value is None else value.hex() for value in column.to_pylist()]
    text: list[str] = pc.fill_null(pc.cast(column, pa.string()), "").to_pylist()
    return text


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
