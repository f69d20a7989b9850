"""Images inside of Parquet files, as Hugging Face writes them: names, bytes and label names.

An image has a name as if its file were a folder: `data/train-00000-of-00001.parquet/12_cat.png` is
row 12, from 0; what stands after the number is for people.
"""

import json
import os
import re
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SUFFIX = ".parquet"
KNOWN_IMAGE_COLUMNS = ("image", "img", "picture")
KEPT_GROUPS = 4
"""Row groups in memory: threads that read ahead are in two or three of them."""
_ROW = re.compile(r"(\d+)(?:_|$)")


def features_of(schema: pa.Schema) -> Mapping[str, Any]:
    """The features that Hugging Face describes in a schema's metadata; none where there is none."""
    try:
        about = json.loads((schema.metadata or {})[b"huggingface"])
        features = about["info"]["features"]
    except (KeyError, TypeError, ValueError):
        return {}
    return features if isinstance(features, dict) else {}


def image_column_of(schema: pa.Schema) -> str | None:
    """The column of image bytes: what the metadata call an image, else one that looks like it."""
    features = features_of(schema)
    for name in schema.names:
        feature = features.get(name)
        if (
            isinstance(feature, dict)
            and feature.get("_type") == "Image"
            and _has_bytes(schema, name)
        ):
            return str(name)
    return next((name for name in KNOWN_IMAGE_COLUMNS if _has_bytes(schema, name)), None)


def class_names_in(schema: pa.Schema, column: str) -> list[str] | None:
    """The names of a column's classes by their numbers; None where it is no `ClassLabel`."""
    feature = features_of(schema).get(column)
    if not isinstance(feature, dict) or feature.get("_type") != "ClassLabel":
        return None
    found = feature.get("names")
    return [str(name) for name in found] if isinstance(found, list) else None


def _has_bytes(schema: pa.Schema, name: str) -> bool:
    if name not in schema.names:
        return False
    kind = schema.field(name).type
    if pa.types.is_struct(kind):
        return bool(kind.get_field_index("bytes") >= 0)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def member_name(file: str, row: int, path: str | None) -> str:
    """An image's name.

    Args:
        file: the Parquet file, relative to the image folder.
        row: from 0.
        path: what the file itself calls the image, or None.
    """
    base = PurePosixPath((path or "").replace("\\", "/")).name
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", base)[:80].lstrip(".")
    return f"{file}/{row}_{readable}" if readable else f"{file}/{row}"


def file_of(path: Path) -> Path | None:
    """The Parquet file that holds an image by its name; None where it is not in one."""
    file = path.parent
    return file if file.suffix.lower() == SUFFIX and file.is_file() else None


def is_there(path: str) -> bool:
    """Whether a path names a row of a Parquet file."""
    file = file_of(Path(path))
    row = _row_of(path)
    if file is None or row is None:
        return False
    try:
        return row < _starts_of(str(file), file.stat().st_mtime_ns)[-1]
    except (OSError, pa.ArrowException):
        return False


def status(path: str) -> os.stat_result:
    """The status of the Parquet file that an image is in.

    Raises:
        OSError: it is in none.
    """
    if not is_there(path):
        raise FileNotFoundError(path)
    return Path(path).parent.stat()


def read_bytes(path: Path) -> bytes | None:
    """The bytes of an image in a Parquet file; None where the row has none.

    Raises:
        OSError: the file cannot be read, or is damaged.
        LookupError: it has no such row, or no images.
    """
    file, row = file_of(path), _row_of(str(path))
    if file is None or row is None:
        raise LookupError("no such row")
    changed = file.stat().st_mtime_ns
    try:
        starts = _starts_of(str(file), changed)
        if row >= starts[-1]:
            raise LookupError(f"row {row} of {starts[-1]}")
        group = bisect_right(starts, row) - 1
        value = _GROUPS.column(str(file), changed, group)[row - starts[group]].as_py()
    except pa.ArrowException as error:
        raise OSError(f"damaged Parquet file: {error}") from error
    found = value.get("bytes") if isinstance(value, dict) else value
    return found if isinstance(found, bytes) else None


def _row_of(path: str) -> int | None:
    found = _ROW.match(path.rpartition("/")[2] if os.sep == "/" else Path(path).name)
    return int(found[1]) if found and len(found[1]) < 19 else None


class _RowGroups:
    """The image columns of the row groups that were read last, for all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int, int], pa.ChunkedArray] = OrderedDict()
        self._starts: OrderedDict[tuple[str, int], list[int]] = OrderedDict()

    def starts(self, file: str, changed: int) -> list[int]:
        """The first row of each group, and behind them the number of rows."""
        with self._lock:
            found = self._starts.get((file, changed))
            if found is None:
                about = pq.read_metadata(file)
                sizes = (about.row_group(group).num_rows for group in range(about.num_row_groups))
                found = list(accumulate(sizes, initial=0))
                self._starts[file, changed] = found
            return found

    def column(self, file: str, changed: int, group: int) -> pa.ChunkedArray:
        """The images of a row group."""
        key = (file, changed, group)
        with self._lock:
            found = self._kept.pop(key, None)
            if found is None:
                with pq.ParquetFile(file) as opened:
                    column = image_column_of(opened.schema_arrow)
                    if column is None:
                        raise LookupError("no column of images")
                    found = opened.read_row_group(group, columns=[column])[column]
            self._kept[key] = found
            while len(self._kept) > KEPT_GROUPS:
                self._kept.popitem(last=False)
            return found


_GROUPS = _RowGroups()


def _starts_of(file: str, changed: int) -> list[int]:
    return _GROUPS.starts(file, changed)
