"""A folder of Parquet files with images, as Hugging Face lays it out: a manifest of their rows."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from labelfix.data import names, parquet_images
from labelfix.data.columns import LABEL_COLUMNS, known_column
from labelfix.data.image_endings import is_ignored
from labelfix.data.manifest import Manifest, manifest_from_names
from labelfix.errors import InputError

IMAGE, LABEL, SPLIT = "image", "label", "split"
DEEPEST = 2
"""Folders below the image folder that are looked into: `default/train/0000.parquet`."""
_SHARD = re.compile(r"(.+?)-\d+-of-\d+")
_NUMBER = re.compile(r"\d+")


def parquet_manifest(
    folder: Path, label_column: str | None = None, *, needs_label: bool = True
) -> Manifest | None:
    """The rows of all Parquet files with images below a folder.

    The label of a `ClassLabel` is its name. Columns of texts and numbers are kept; the image column
    holds the names that `parquet_images` reads.

    Args:
        folder: the image folder.
        label_column: None takes the first known name, or else the only `ClassLabel`.
        needs_label: whether a column of labels must be there; labels are blank without one.

    Returns:
        None where no file holds images.

    Raises:
        InputError: a file is damaged, or the files have different columns.
    """
    files = image_files(folder)
    if not files:
        return None
    parts = [_rows_of(folder, file, label_column, needs_label) for file in files]
    header = parts[0].column_names
    for file, part in zip(files, parts, strict=True):
        if part.column_names != header:
            raise InputError(
                f"{folder}: expected the same columns in every Parquet file, found "
                f"{names.listed(header)} in {files[0]} and {names.listed(part.column_names)} in "
                f"{file}",
                "Name the folder of one configuration.",
            )
    try:
        table = pa.concat_tables(parts, promote_options="permissive")
    except pa.ArrowException as error:
        raise InputError(
            f"{folder}: expected the same columns in every Parquet file, found other types "
            f"({error})",
            "Name the folder of one configuration.",
        ) from error
    images, labels = table[IMAGE].to_pylist(), table[LABEL].to_pylist()
    opened = manifest_from_names([names.from_text(image) for image in images], labels, folder)
    splits = ""
    if SPLIT in header:
        counts = Counter(table[SPLIT].to_pylist())
        splits = ": " + ", ".join(
            f"{count:,} in {name or 'none'}" for name, count in counts.items()
        )
    inside = "1 Parquet file" if len(files) == 1 else f"{len(files):,} Parquet files"
    note = f"the images of {len(table):,} rows are inside of {inside}{splits}"
    return replace(opened, table=table, notes=(note,))


def image_files(folder: Path) -> list[str]:
    """The Parquet files below a folder that hold images, by their names relative to it, sorted.

    Raises:
        InputError: such a file is damaged.
    """
    found: list[str] = []
    damaged: list[InputError] = []
    for path in sorted(_parquet_below(folder, DEEPEST)):
        try:
            if parquet_images.image_column_of(_schema(path)) is not None:
                found.append(path.relative_to(folder).as_posix())
        except InputError as error:
            damaged.append(error)
    if found and damaged:  # without images in any, they are other files beside images
        raise damaged[0]
    return found


def _parquet_below(folder: Path, deepest: int) -> Iterator[Path]:
    """The Parquet files in a folder and in the folders below it, down to so many levels."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return  # whoever reads the folder next says why
    for entry in entries:
        if is_ignored(entry.name):
            continue
        if entry.name.lower().endswith(parquet_images.SUFFIX) and entry.is_file():
            yield Path(entry.path)
        elif deepest and entry.is_dir(follow_symlinks=False):
            yield from _parquet_below(Path(entry.path), deepest - 1)


def split_of(file: str) -> str:
    """A file's split: `train` of `data/train-00000-of-00002.parquet`, or `train/0000.parquet`."""
    path = Path(file)
    shard = _SHARD.fullmatch(path.stem)
    if shard:
        return shard[1]
    if _NUMBER.fullmatch(path.stem):
        return path.parent.name
    return path.stem


def label_column_of(schema: pa.Schema, wanted: str | None = None) -> str | None:
    """The column of labels: what the user named, a known name, or the only `ClassLabel`."""
    if wanted is not None:
        return wanted if wanted in schema.names else None
    image = parquet_images.image_column_of(schema)
    free = [name for name in schema.names if name != image]
    known = known_column(free, LABEL_COLUMNS)
    classes = [name for name in free if parquet_images.class_names_in(schema, name) is not None]
    if known in classes or len(classes) != 1:
        return known
    return str(classes[0])


def label_texts(schema: pa.Schema, column: str, values: pa.ChunkedArray) -> list[str]:
    """Labels as texts: names of classes by their numbers; null and -1 are empty.

    Raises:
        InputError: the column is of another kind, or a number is no class.
    """
    classes = parquet_images.class_names_in(schema, column)
    if classes is None:
        try:
            texts = values.cast(pa.string()).to_pylist()
        except pa.ArrowException as error:
            raise InputError(
                f"column {column!r}: expected labels that are texts or numbers, "
                f"found {values.type}",
                "Name another column with --label-column.",
            ) from error
        return ["" if text is None else text for text in texts]
    found = values.to_pylist()
    bad = [
        value
        for value in found
        if value is not None and not (isinstance(value, int) and -1 <= value < len(classes))
    ]
    if bad:
        raise InputError(
            f"column {column!r}: expected numbers of its {len(classes)} classes, found {bad[0]}",
            "Write the data set again.",
        )
    return ["" if value is None or value < 0 else classes[value] for value in found]


def _schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path}: expected a Parquet file, found something else ({str(error).splitlines()[0]})",
            "Download or write it again, or move it out of the image folder.",
        ) from error


def _rows_of(folder: Path, file: str, label_column: str | None, needs_label: bool) -> pa.Table:
    """The rows of one file: image names, labels, the split, and all other plain columns."""
    path = folder / file
    schema = _schema(path)
    image = parquet_images.image_column_of(schema)
    label = label_column_of(schema, label_column)
    if image is None or (label is None and (needs_label or label_column is not None)):
        wanted = "a label column" if label_column is None else f"a column {label_column!r}"
        raise InputError(
            f"{path}: expected {wanted}, found the columns {names.listed(schema.names, most=20)}",
            "Name the right one with --label-column.",
        )
    others = [
        name for name in schema.names if name not in (image, label) and _is_plain(schema, name)
    ]
    is_struct = pa.types.is_struct(schema.field(image).type)
    has_paths = is_struct and schema.field(image).type.get_field_index("path") >= 0
    read = [*([label] if label else []), *others, *([f"{image}.path"] if has_paths else [])]
    with pq.ParquetFile(path) as opened:  # keeps a struct of which one field is read
        table = opened.read(columns=read)
    paths: Sequence[str | None] = [None] * len(table)
    if has_paths:
        paths = [value and value["path"] for value in table[image].to_pylist()]
    images = [
        names.to_text(parquet_images.member_name(file, row, name)) for row, name in enumerate(paths)
    ]
    labels = label_texts(schema, label, table[label]) if label else [""] * len(table)
    found: dict[str, pa.Array | pa.ChunkedArray] = {
        IMAGE: pa.array(images, pa.string()),
        LABEL: pa.array(labels, pa.string()),
    }
    if SPLIT not in others:
        found[SPLIT] = pa.array([split_of(file)] * len(table), pa.string())
    return pa.table({**found, **{name: table[name] for name in others if name not in found}})


def _is_plain(schema: pa.Schema, name: str) -> bool:
    """Whether a column holds texts or numbers that a table of text can hold."""
    kind = schema.field(name).type
    return not (
        pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    )
