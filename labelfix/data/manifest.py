"""The user's table of images and labels; every column is kept as it is."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from labelfix.data import names, records, tables, text_files
from labelfix.data.columns import ManifestColumns, find_columns
from labelfix.data.manifest_tables import plain_type, read_source
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError, WorkspaceError
from labelfix.runtime import atomic

FILE_COLUMN = "labelfix_file"
"""The column of the workspace's copy that names images' files, where the user's does not."""


@dataclass(frozen=True, kw_only=True)
class ManifestSource:
    """Where a manifest came from, and how to write the result in the same form."""

    path: str
    sha256: str
    delimiter: str = ","
    is_folder: bool = False


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """N rows of image name and given label, in the user's order.

    `table` holds every column of the user's; its image column has names as `names.to_text`
    gives them. `images` holds the names as the file system has them, which may be others: a written
    path can be relative to somewhere else. Where a column tells who
    gave the labels, `annotators` holds it as text, empty where nobody is named. `verified_column`
    holds labels that a person has verified, where there is one. Of a manifest that
    was just read from text, `lines` holds the line on which each row begins, from 1. Where some of
    the user's rows were left out, `rows` holds which each was, from 0. `notes` say how the file was
    read, where that is not plain.
    """

    table: pa.Table
    image_column: str
    label_column: str
    source: ManifestSource
    images: list[str] = field(repr=False)
    given_labels: list[str] = field(repr=False)
    annotator_column: str | None = None
    annotators: list[str] | None = field(default=None, repr=False)
    lines: list[int] | None = field(default=None, repr=False, compare=False)
    rows: list[int] | None = field(default=None, repr=False, compare=False)
    verified_column: str | None = None
    notes: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        if not len(self.table) == len(self.images) == len(self.given_labels):
            raise ValueError(
                f"expected {len(self.table)} images and labels, "
                f"found {len(self.images)} and {len(self.given_labels)}"
            )
        if (self.annotator_column is None) != (self.annotators is None):
            raise ValueError("expected both an annotator column and annotators, or neither")
        if self.annotators is not None and len(self.annotators) != len(self.table):
            raise ValueError(f"expected {len(self.table)} annotators, found {len(self.annotators)}")

    def __len__(self) -> int:
        return len(self.images)

    def unique_images(self) -> list[str]:
        """Every image once, in the order of its first row."""
        return list(dict.fromkeys(self.images))

    def written_images(self) -> list[str]:
        """The images as the user's table names them; `images` may have other names for them."""
        column = _column_as_text(Path(self.source.path), self.table, self.image_column)
        return [names.from_text(name) for name in column]

    def row_number(self, row: int) -> int:
        """The number of a row, from 1, in the user's table."""
        return row + 1 if self.rows is None else self.rows[row] + 1

    def column_as_text(self, name: str) -> list[str]:
        """The values of a user's column as text; a missing value is empty.

        Raises:
            InputError: no such column, or it holds neither text nor numbers.
        """
        if name not in self.table.column_names:
            raise InputError(
                f"{self.source.path}: expected a column {name!r}, "
                f"found the columns {names.listed(self.table.column_names, most=20)}"
            )
        return _column_as_text(Path(self.source.path), self.table, name)

    def rows_without_label(self) -> list[int]:
        """The rows, from 0, whose label is blank."""
        return [row for row, label in enumerate(self.given_labels) if not label.strip()]


def read_manifest(
    path: Path,
    csv_format: CsvFormat,
    *,
    image_column: str | None = None,
    label_column: str | None = None,
    annotator_column: str | None = None,
    verified_column: str | None = None,
    needs_label: bool = True,
) -> Manifest:
    """Read a manifest from CSV, Parquet, Excel or JSON.

    Args:
        path: the file, whose ending is one of `manifest_tables.TABLE_SUFFIXES`.
        csv_format: how the CSV is written.
        image_column: None takes the first column with a known name.
        label_column: likewise.
        annotator_column: likewise; it may be absent.
        verified_column: likewise; it may be absent.
        needs_label: whether a label column is required; otherwise a table without one gets an
            empty one at the end.

    Raises:
        InputError: the file is missing or malformed, lacks a column, or has no rows.
        MissingPackageError: it is an Excel file and openpyxl is not installed.
    """
    if not path.is_file():
        raise InputError(
            f"expected a manifest at {path}, found {'a folder' if path.is_dir() else 'no file'}",
            "Name a CSV or Parquet file with an image and a label column, or none at all "
            "for one folder per class.",
        )
    find = partial(
        find_columns,
        image=image_column,
        label=label_column,
        annotator=annotator_column,
        verified=verified_column,
        needs_label=needs_label,
    )
    read = read_source(
        path,
        csv_format,
        find,
        needs_label=needs_label,
        may_guess=image_column is None and label_column is None,
    )
    table, found = read.table, read.found
    if not len(table):
        raise InputError(f"{path}: expected rows, found none", "Add a row for every image.")
    if found.label not in table.column_names:
        table = table.append_column(found.label, pa.array([""] * len(table), pa.string()))
    delimiter = csv_format.delimiter
    if delimiter == " " and not csv_format.has_header:  # several spaces may stand for one delimiter
        delimiter = text_files.DEFAULT_DELIMITER
    source = ManifestSource(
        path=str(path), sha256=records.fingerprint_file(path), delimiter=delimiter
    )
    opened = _from_table(path, table, found, source)
    return replace(opened, lines=read.lines, notes=read.notes)


def manifest_from_names(
    images: Sequence[str],
    labels: Sequence[str],
    source: Path,
    splits: Sequence[str] | None = None,
) -> Manifest:
    """A manifest for images without a file of labels: columns `image`, `label`, maybe `split`."""
    columns = {"image": [names.to_text(name) for name in images], "label": list(labels)}
    if splits is not None:
        columns["split"] = list(splits)
    table = pa.table(columns)
    sha256 = records.fingerprint([*images, *labels])
    origin = ManifestSource(path=str(source), sha256=sha256, is_folder=True)
    return Manifest(
        table=table,
        image_column="image",
        label_column="label",
        source=origin,
        images=list(images),
        given_labels=list(labels),
    )


def save_manifest(target: Path, manifest: Manifest) -> None:
    """Write a manifest into the workspace.

    Where images are not where the user's column says, a column after all others names their files.
    """
    table, file_column = manifest.table, None
    if manifest.images != manifest.written_images():
        file_column = FILE_COLUMN
        while file_column in table.column_names:
            file_column = f"labelfix_{file_column}"
        files = pa.array([names.to_text(image) for image in manifest.images], pa.string())
        table = table.append_column(file_column, files)
    about = {
        "image_column": manifest.image_column,
        "label_column": manifest.label_column,
        "annotator_column": manifest.annotator_column,
        "verified_column": manifest.verified_column,
        "file_column": file_column,
        "source": asdict(manifest.source),
    }
    metadata = {**(table.schema.metadata or {}), b"labelfix": json.dumps(about).encode()}
    with atomic.replacing(target) as temporary:
        pq.write_table(table.replace_schema_metadata(metadata), temporary)


def load_manifest(path: Path) -> Manifest:
    """Read what `save_manifest` wrote; a damaged file is a WorkspaceError."""
    try:
        table = tables.read_parquet(path)
        metadata = dict(table.schema.metadata or {})
        about = json.loads(metadata.pop(b"labelfix"))
    except (InputError, KeyError, ValueError) as error:
        raise WorkspaceError(
            f"{path} is missing or damaged", "Run labelfix embed IMAGES MANIFEST again."
        ) from error
    table = table.replace_schema_metadata(metadata or None)
    file_column = about.get("file_column")
    files = None if file_column is None else table[file_column].to_pylist()
    if file_column is not None:
        table = table.drop_columns([file_column])
    found = ManifestColumns(
        image=about["image_column"],
        label=about["label_column"],
        annotator=about.get("annotator_column"),
        verified=about.get("verified_column"),
    )
    opened = _from_table(path, table, found, ManifestSource(**about["source"]))
    return opened if files is None else replace(opened, images=list(map(names.from_text, files)))


def class_names_of(labels: Sequence[str]) -> list[str]:
    """The classes of some labels, sorted; a blank label has no class."""
    return sorted({label for label in labels if label.strip()})


def label_indices(labels: Sequence[str], class_names: Sequence[str]) -> npt.NDArray[np.int64]:
    """(N,) the position of each label in the class names; -1 for any other label."""
    position = {name: index for index, name in enumerate(class_names)}
    return np.array([position.get(label, -1) for label in labels], dtype=np.int64)


def _from_table(
    path: Path, table: pa.Table, found: ManifestColumns, source: ManifestSource
) -> Manifest:
    images = [names.from_text(name) for name in _column_as_text(path, table, found.image)]
    labels = _column_as_text(path, table, found.label)
    annotators = None if found.annotator is None else _column_as_text(path, table, found.annotator)
    return Manifest(
        table=table,
        image_column=found.image,
        label_column=found.label,
        source=source,
        images=images,
        given_labels=labels,
        annotator_column=found.annotator,
        annotators=annotators,
        verified_column=found.verified,
    )


def _column_as_text(path: Path, table: pa.Table, name: str) -> list[str]:
    """The values as text; null and NaN are empty."""
    column = table[name]
    kind = plain_type(column.type)
    if not tables.is_text_or_number(kind):
        raise InputError(
            f"{path}, column {name!r}: expected text or numbers, found {kind}",
            "Name another column with --image-column, --label-column, --annotator-column or "
            "--verified-column.",
        )
    column = column.cast(kind)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    text: list[str] = pc.fill_null(pc.cast(column, pa.string()), "").to_pylist()
    return text
