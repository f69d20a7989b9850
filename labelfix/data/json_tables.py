"""JSON files as tables: lines, records, one label by image, columns, and COCO."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from labelfix.data import coco, names, text_files
from labelfix.errors import InputError

LINES_SUFFIXES = (".jsonl", ".ndjson")
SUFFIXES = (".json",)
INTEGERS = range(-(2**63), 2**63)
_WANTED = (
    "a list of objects, one for each image; an object with a label for each image; or COCO's "
    "`images` and `annotations`"
)


@dataclass(frozen=True, kw_only=True)
class JsonTable:
    """A table that was read from JSON.

    Attributes:
        table: text, numbers and lists keep their types; objects are JSON text.
        lines: the line of each row, from 1; None where rows are no lines.
        columns: what is known of them, as arguments of `find_columns`.
        notes: what a person should know of how it was read.
    """

    table: pa.Table
    lines: list[int] | None = None
    columns: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_json(path: Path, encoding: str = "utf-8") -> JsonTable:
    """Read a JSON file, or a file with an object on each line.

    Args:
        path: the file.
        encoding: of its text.

    Raises:
        InputError: it is no JSON, or has no form that is known.
    """
    text = text_files.read_text(path, encoding)
    if not names.is_valid(text):
        raise InputError(
            f"{path}: expected UTF-8, found other bytes",
            "Name the file's own encoding with --encoding, for example cp1252 or latin-1.",
        )
    if path.suffix.lower() in LINES_SUFFIXES:
        return _of_lines(path, text)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        try:
            return _of_lines(path, text)
        except InputError:
            raise InputError(
                f"{path}: expected JSON, found something else ({error})", f"Expected is {_WANTED}."
            ) from error
    if coco.is_coco(value):
        found = coco.label_of_each_image(path, value)
        columns = {"image": coco.IMAGE, "label": coco.LABEL}
        return JsonTable(table=_table(path, found.records), columns=columns, notes=found.notes)
    records = _records(value)
    if records is None:
        raise InputError(
            f"{path}: expected {_WANTED}; found {_described(value)}",
            "Write it in one of these forms, or as CSV.",
        )
    return JsonTable(table=_table(path, records))


def _of_lines(path: Path, text: str) -> JsonTable:
    records, lines = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{path}, line {number}: expected a JSON object, found something else ({error})",
                "Write one object on each line; a list of objects has the ending .json.",
            ) from error
        if not isinstance(record, dict):
            raise InputError(
                f"{path}, line {number}: expected a JSON object, found {_described(record)}",
                'Write one object on each line, such as {"image": "a.png", "label": "cat"}.',
            )
        records.append(record)
        lines.append(number)
    return JsonTable(table=_table(path, records), lines=lines)


def _records(value: Any) -> list[dict[str, Any]] | None:
    """The rows of a JSON value in any of its forms; None for another form."""
    if _is_list_of_objects(value):
        records: list[dict[str, Any]] = value
        return records
    if not isinstance(value, dict) or not value:
        return None
    inner: list[list[dict[str, Any]]] = [
        item for item in value.values() if item and _is_list_of_objects(item)
    ]
    if len(inner) == 1 and not any(isinstance(item, dict) for item in value.values()):
        return inner[0]
    if all(isinstance(item, (str, int)) for item in value.values()):
        return [{"image": image, "label": label} for image, label in value.items()]
    columns = {
        name: list(column.values()) if isinstance(column, dict) else column
        for name, column in value.items()
    }
    if not all(isinstance(column, list) for column in columns.values()):
        return None
    if len({len(column) for column in columns.values()}) != 1:
        return None
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _described(value: Any) -> str:
    match value:
        case dict():
            return f"an object with {names.listed(list(value))}" if value else "an empty object"
        case list():
            return "a list of other things than objects"
        case _:
            return f"{json.dumps(value)[:40]}"


def _table(path: Path, records: Sequence[dict[str, Any]]) -> pa.Table:
    """The records as columns, in the order in which their names appear first."""
    header = list(dict.fromkeys(name for record in records for name in record))
    arrays = []
    for name in header:
        values = [record.get(name) for record in records]
        texts = [name, *(value for value in values if isinstance(value, str))]
        if not all(map(names.is_valid, texts)):
            raise InputError(
                f"{path}, column {names.to_text(name)!r}: expected Unicode, found half a character",
                "Look for an escape such as \\ud83d without its second half.",
            )
        arrays.append(_array(values))
    return pa.Table.from_arrays(arrays, names=header)


def _array(values: Sequence[Any]) -> pa.Array:
    """A column of one type where its values have one; else text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} and all(
        value in INTEGERS for value in values if isinstance(value, int)
    ):
        return pa.array(values, pa.float64() if float in kinds else pa.int64())
    if kinds == {list}:
        try:
            column = pa.array(values)
        except (pa.ArrowException, UnicodeError, OverflowError):
            return _as_text(values)
        return column if not _has_objects(column.type) else _as_text(values)
    if kinds in ({str}, {bool}):
        return pa.array(values)
    return _as_text(values)


def _as_text(values: Sequence[Any]) -> pa.Array:
    """Text as it is, null as null, everything else as JSON."""
    return pa.array(
        [
            value if value is None or isinstance(value, str) else json.dumps(value)
            for value in values
        ],
        pa.string(),
    )


def _has_objects(kind: pa.DataType) -> bool:
    while pa.types.is_list(kind):
        kind = kind.value_type
    return bool(pa.types.is_struct(kind))
