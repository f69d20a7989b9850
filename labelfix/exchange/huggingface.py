"""A Hugging Face data set: Parquet with image bytes and `ClassLabel`, and a card about it."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from labelfix.data import names, parquet_folder, parquet_images
from labelfix.data.answers import LABEL
from labelfix.errors import InputError
from labelfix.exchange.dataset_card import write_card
from labelfix.exchange.export_place import exported_name, image_bytes
from labelfix.exchange.rows import EXPORTED_LABEL, ID, ExportedRow, ExportedRows, ReturnedRow
from labelfix.options.exchange_options import ExportOptions

IMAGE = "image"
DATA = "data"
SPLIT = "split"
"""The column of splits as the user's table names them, if it has any."""

GROUP_ROWS = 100
"""Rows of a row group: one image is found without reading many, as datasets writes them, too."""
SHARD_BYTES = 500_000_000
"""Bytes of images from which on the next file is begun, as on the Hub."""

_TEXTS = ("given_label", "suggested_label", "action", "reason", "image_name", SPLIT, ID)
_NUMBERS = ("confidence", "self_confidence")


def write(target: Path, rows: ExportedRows, options: ExportOptions) -> dict[str, str]:  # noqa: ARG001
    """Write `data/SPLIT-00000-of-00001.parquet` and so on, and `README.md`.

    Args:
        target: the folder.
        rows: an example each; its label is the corrected one.
        options: none of them matters here.

    Returns:
        Why images were left out, by image.
    """
    classes = rows.label_names()
    of_split: dict[str, list[ExportedRow]] = {}
    for row in rows.rows:
        of_split.setdefault(rows.split_of(row), []).append(row)
    folders = _split_names(list(of_split))
    left_out: dict[str, str] = {}
    (target / DATA).mkdir()
    written: list[ExportedRow] = []
    for split, of_one in of_split.items():
        writer = _Shards(target / DATA, folders[split], _schema(classes, rows.has_splits))
        written += _write_split(writer, of_one, rows.folder, classes, left_out)
    if not written:
        raise InputError(
            "expected at least one image that can be read, found none",
            "Name the image folder with --images.",
        )
    write_card(target / "README.md", rows, written, folders, left_out)
    return left_out


def _split_names(splits: Sequence[str]) -> dict[str, str]:
    """A name for each split of letters, digits and `_`, as datasets wants it, all different."""
    found: dict[str, str] = {}
    for split in splits:
        name = re.sub(r"[^A-Za-z0-9_]+", "_", split).strip("_")
        if name != split or name in found.values():
            digits = hashlib.sha256(split.encode("utf-8", "surrogateescape")).hexdigest()[:8]
            name = f"{name or 'split'}_{digits}"
        found[split] = name
    return found


def _schema(classes: Sequence[str], has_splits: bool) -> pa.Schema:
    """The columns, with the metadata by which datasets knows images and class names."""
    texts = [name for name in _TEXTS if has_splits or name != SPLIT]
    features: dict[str, Any] = {
        IMAGE: {"_type": "Image"},
        LABEL: {"names": list(classes), "_type": "ClassLabel"},
        EXPORTED_LABEL: {"dtype": "string", "_type": "Value"},
    }
    features |= {name: {"dtype": "string", "_type": "Value"} for name in texts}
    features |= {name: {"dtype": "float64", "_type": "Value"} for name in _NUMBERS}
    kinds = {
        IMAGE: pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
        LABEL: pa.int64(),
        **dict.fromkeys(_NUMBERS, pa.float64()),
    }
    fields = [(name, kinds.get(name, pa.string())) for name in features]
    return pa.schema(fields, {"huggingface": json.dumps({"info": {"features": features}})})


def _write_split(
    writer: "_Shards",
    rows: Sequence[ExportedRow],
    folder: Path | None,
    classes: Sequence[str],
    left_out: dict[str, str],
) -> Iterator[ExportedRow]:
    """Write the rows of a split; yields those that were written."""
    number = {name: place for place, name in enumerate(classes)}
    with writer:
        for row in rows:
            data, reason = image_bytes(folder, row)
            if reason:
                left_out[row.image] = reason
                continue
            path = exported_name(row, data)
            writer.add(
                {
                    IMAGE: {"bytes": data, "path": path},
                    LABEL: number.get(row.label),
                    EXPORTED_LABEL: row.label,
                    "given_label": row.given_label,
                    "suggested_label": row.suggested_label,
                    "action": row.action,
                    "reason": row.reason,
                    "image_name": names.to_text(row.image),
                    SPLIT: row.split,
                    ID: row.row_id,
                    "confidence": row.confidence,
                    "self_confidence": row.self_confidence,
                },
                len(data),
            )
            yield row


class _Shards:
    """The files of one split, written a row group at a time; named when their number is known."""

    def __init__(self, folder: Path, split: str, schema: pa.Schema) -> None:
        self._folder, self._split, self._schema = folder, split, schema
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0
        self._files: list[Path] = []
        self._writer: pq.ParquetWriter | None = None
        self._opened = ExitStack()

    def __enter__(self) -> "_Shards":
        return self

    def __exit__(self, *_: object) -> None:
        self._end_group()
        self._opened.close()
        count = len(self._files)
        for number, path in enumerate(self._files):
            path.rename(self._folder / f"{self._split}-{number:05d}-of-{count:05d}.parquet")

    def add(self, row: dict[str, Any], size: int) -> None:
        """Add a row whose image has so many bytes."""
        self._rows.append(row)
        self._bytes += size
        if len(self._rows) >= GROUP_ROWS or self._bytes >= SHARD_BYTES:
            self._end_group()

    def _end_group(self) -> None:
        if not self._rows:
            return
        if self._writer is None:
            path = self._folder / f"{self._split}-{len(self._files):05d}.part"
            self._files.append(path)
            self._writer = self._opened.enter_context(pq.ParquetWriter(path, self._schema))
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []
        if self._bytes >= SHARD_BYTES:
            self._opened.close()
            self._writer, self._bytes = None, 0


def read(source: Path) -> list[ReturnedRow]:
    """Read a Parquet file, or a folder of them, as datasets writes it.

    Raises:
        InputError: no file has images, or one has no column of labels.
    """
    if source.is_dir():
        files = [source / name for name in parquet_folder.image_files(source)]
    else:
        files = [source]
    if not files:
        raise InputError(
            f"{source}: expected Parquet files with images, found none",
            "Save the data set with to_parquet, and name that file or its folder.",
        )
    return [row for file in files for row in _rows_in(file)]


def _rows_in(file: Path) -> Iterator[ReturnedRow]:
    try:
        schema = pq.read_schema(file)
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{file}: expected a Parquet file, found something else ({str(error).splitlines()[0]})",
            "Save the data set with to_parquet.",
        ) from error
    label = parquet_folder.label_column_of(schema)
    if label is None:
        raise InputError(
            f"{file}: expected a label column, found the columns "
            f"{names.listed(schema.names, most=20)}",
            "Name it label.",
        )
    wanted = [name for name in (ID, EXPORTED_LABEL, "image_name") if name in schema.names]
    if ID not in wanted and (image := parquet_images.image_column_of(schema)):
        hashes: Sequence[str] = list(_content_hashes(file, image))
    else:
        hashes = ()
    table = pq.read_table(file, columns=[label, *wanted], partitioning=None)
    labels = parquet_folder.label_texts(schema, label, table[label])
    columns = {name: table[name].to_pylist() for name in wanted}
    for row, text in enumerate(labels):
        values = {name: values[row] for name, values in columns.items()}
        yield ReturnedRow(
            where=f"{file.name}, row {row + 1}",
            label=text,
            row_id=str(values.get(ID) or ""),
            image=names.from_text(str(values.get("image_name") or "")),
            content_hash=hashes[row] if hashes else "",
            exported_label=values.get(EXPORTED_LABEL),
        )


def _content_hashes(file: Path, image: str) -> Iterator[str]:
    """The sha256 of each image's bytes; empty where there are none."""
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(GROUP_ROWS, columns=[image]):
            for value in batch.column(image).to_pylist():
                data = value.get("bytes") if isinstance(value, dict) else value
                yield hashlib.sha256(data).hexdigest() if isinstance(data, bytes) else ""
