"""The user's table of images and labels, with every column untouched."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from labelfix.data import atomic, names, records, tables
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError, WorkspaceError

IMAGE_COLUMNS = ("image", "path", "file", "filename", "image_path")
LABEL_COLUMNS = ("label", "given_label", "class", "category")


@dataclass(frozen=True)
class ManifestSource:
    """Where a manifest came from, so that the result can be written in the same form."""

    path: str
    sha256: str
    delimiter: str = ","
    is_folder: bool = False


@dataclass(frozen=True)
class Manifest:
    """N rows, each an image's name and its given label, in the user's order.

    `table` holds every column of the user's; its image column has names as `names.to_text`
    gives them. `images` holds the names as the file system has them.
    """

    table: pa.Table
    image_column: str
    label_column: str
    source: ManifestSource
    images: list[str] = field(repr=False)
    given_labels: list[str] = field(repr=False)

    def __post_init__(self) -> None:
        if not len(self.table) == len(self.images) == len(self.given_labels):
            raise ValueError(
                f"expected {len(self.table)} images and labels, "
                f"found {len(self.images)} and {len(self.given_labels)}"
            )

    def __len__(self) -> int:
        return len(self.images)

    def unique_images(self) -> list[str]:
        """Every image once, in the order of its first row."""
        return list(dict.fromkeys(self.images))

    def rows_without_label(self) -> list[int]:
        """The rows, counted from 0, whose label is empty or blank."""
        return [row for row, label in enumerate(self.given_labels) if not label.strip()]


def read_manifest(
    path: Path,
    csv_format: CsvFormat,
    *,
    image_column: str | None = None,
    label_column: str | None = None,
) -> Manifest:
    """Read a CSV, TSV or Parquet manifest.

    Args:
        path: the file; .parquet is Parquet, .tsv has tabs, anything else is CSV.
        csv_format: how the CSV is written.
        image_column: the column of image names; None takes the first of `IMAGE_COLUMNS`.
        label_column: the column of labels; None takes the first of `LABEL_COLUMNS`.

    Raises:
        InputError: the file is missing or malformed, has no such column, or no rows.
    """
    if not path.is_file():
        raise InputError(
            f"expected a manifest at {path}, found {'a folder' if path.is_dir() else 'no file'}",
            "Name a CSV or Parquet file with an image and a label column, or none at all "
            "for one folder per class.",
        )
    if path.suffix.lower() == ".parquet":
        table = tables.read_parquet(path)
        header = table.column_names
    else:
        delimiter = "\t" if path.suffix.lower() == ".tsv" else csv_format.delimiter
        text = tables.read_csv(path, CsvFormat(delimiter, csv_format.encoding))
        header = text.header
    image_column = _find_column(path, header, image_column, IMAGE_COLUMNS, "image")
    label_column = _find_column(path, header, label_column, LABEL_COLUMNS, "label")
    if image_column == label_column:
        raise InputError(
            f"{path}: expected an image column and a label column, found {image_column!r} for both",
            "Name two columns with --image-column and --label-column.",
        )
    if path.suffix.lower() == ".parquet":
        images = [names.from_text(name) for name in _column_as_text(path, table, image_column)]
        labels = _column_as_text(path, table, label_column)
    else:
        table, images = _text_to_arrow(path, text, image_column)
        labels = text.columns[header.index(label_column)]
    if not images:
        raise InputError(f"{path}: expected rows, found none", "Add a row for every image.")
    source = ManifestSource(str(path), records.fingerprint_file(path), csv_format.delimiter)
    return Manifest(table, image_column, label_column, source, images, labels)


def manifest_from_names(images: Sequence[str], labels: Sequence[str], source: Path) -> Manifest:
    """A manifest of the columns `image` and `label` for images that had none."""
    table = pa.table({"image": [names.to_text(name) for name in images], "label": list(labels)})
    sha256 = records.fingerprint([*images, *labels])
    origin = ManifestSource(str(source), sha256, is_folder=True)
    return Manifest(table, "image", "label", origin, list(images), list(labels))


def save_manifest(target: Path, manifest: Manifest) -> None:
    """Write a manifest into the workspace."""
    about = {
        "image_column": manifest.image_column,
        "label_column": manifest.label_column,
        "source": asdict(manifest.source),
    }
    metadata = {**(manifest.table.schema.metadata or {}), b"labelfix": json.dumps(about).encode()}
    with atomic.replacing(target) as temporary:
        pq.write_table(manifest.table.replace_schema_metadata(metadata), temporary)


def load_manifest(path: Path) -> Manifest:
    """Read back what `save_manifest` wrote; a damaged file is a WorkspaceError."""
    try:
        table = tables.read_parquet(path)
        metadata = dict(table.schema.metadata or {})
        about = json.loads(metadata.pop(b"labelfix"))
    except (InputError, KeyError, ValueError) as error:
        raise WorkspaceError(
            f"{path} is missing or damaged", "Run labelfix embed IMAGES MANIFEST again."
        ) from error
    table = table.replace_schema_metadata(metadata or None)
    image_column, label_column = about["image_column"], about["label_column"]
    images = [names.from_text(name) for name in _column_as_text(path, table, image_column)]
    labels = _column_as_text(path, table, label_column)
    source = ManifestSource(**about["source"])
    return Manifest(table, image_column, label_column, source, images, labels)


def class_names_of(labels: Sequence[str]) -> list[str]:
    """The classes among some labels, sorted; an empty label is of no class."""
    return sorted({label for label in labels if label.strip()})


def label_indices(labels: Sequence[str], class_names: Sequence[str]) -> npt.NDArray[np.int64]:
    """(N,) the position of each label among the class names; -1 for an empty label."""
    position = {name: index for index, name in enumerate(class_names)}
    return np.array([position.get(label, -1) for label in labels], dtype=np.int64)


def check_classes(manifest: Manifest) -> None:
    """See that there are at least two classes to tell apart.

    Raises:
        InputError: all labels are the same.
    """
    classes = class_names_of(manifest.given_labels)
    if len(classes) < 2:
        found = f"only {classes[0]!r}" if classes else "no label at all"
        raise InputError(
            f"{manifest.source.path}, column {manifest.label_column!r}: expected at least "
            f"2 classes, found {found}",
            "Name the right label column with --label-column, or add images of another class.",
        )


def findings_in(manifest: Manifest) -> list[str]:
    """What a person should know of a manifest before its labels are believed, a line each."""
    findings = []
    counts = Counter(label for label in manifest.given_labels if label.strip())
    single = sorted(label for label, count in counts.items() if count == 1)
    if single:
        findings.append(
            f"{_count(single, 'class has', 'classes have')} a single row; "
            f"such a label is never changed: {_some(single)}"
        )
    variants: dict[str, list[str]] = {}
    for label in sorted(counts):
        variants.setdefault(" ".join(label.split()).casefold(), []).append(label)
    for spellings in variants.values():
        if len(spellings) > 1:
            findings.append(
                f"labels that differ in spaces or case alone stay apart: {_some(spellings)}"
            )
    times = Counter(manifest.images)
    labels_of: dict[str, set[str]] = {}
    for image, label in zip(manifest.images, manifest.given_labels, strict=True):
        if times[image] > 1:
            labels_of.setdefault(image, set()).add(label)
    disputed = sorted(image for image, given in labels_of.items() if len(given) > 1)
    agreed = sorted(labels_of.keys() - set(disputed))
    if agreed:
        findings.append(
            f"{_count(agreed, 'image stands', 'images stand')} in several rows "
            f"with the same label: {_some(agreed)}"
        )
    if disputed:
        findings.append(
            f"{_count(disputed, 'image stands', 'images stand')} in several rows "
            f"with different labels: {_some(disputed)}"
        )
    return findings


def _find_column(
    path: Path, header: Sequence[str], wanted: str | None, known: Sequence[str], kind: str
) -> str:
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise InputError(
            f"{path}: expected every column once, found {_some(repeated)} more than once",
            "Give every column a name of its own.",
        )
    for name in [wanted] if wanted is not None else known:
        if name in header and (name == wanted or not _is_evidence(name, header)):
            return name
    expected = repr(wanted) if wanted is not None else f"one of {_some(known, most=9)}"
    found = f"the columns {_some(header, most=20)}" if header else "an empty file"
    hint = f"Name the right one with --{kind}-column."
    for delimiter, option in ((";", "';'"), ("\t", "tab"), ("|", "'|'")):
        if len(header) == 1 and delimiter in header[0]:
            hint = (
                f"The columns look separated by {option}: run it again with --delimiter {option}."
            )
    article = "an" if kind == "image" else "a"
    raise InputError(f"{path}: expected {article} {kind} column, {expected}; found {found}", hint)


def _is_evidence(name: str, header: Sequence[str]) -> bool:
    """Whether a column `given_label` is what labelfix wrote beside the labels, not the labels."""
    if name != "given_label" or not {"suggested_label", "self_confidence"}.issubset(header):
        return False
    following = header[header.index(name) + 1 :]
    # Where the labels themselves stood in `given_label`, ours came after it, with the prefix.
    return "labelfix_given_label" not in header or following[:1] == ["suggested_label"]


def _text_to_arrow(
    path: Path, text: tables.TextTable, image_column: str
) -> tuple[pa.Table, list[str]]:
    """The columns as Arrow text; only an image name may hold bytes that are no UTF-8."""
    arrays = []
    images: list[str] = []
    for name, values in zip(text.header, text.columns, strict=True):
        if name == image_column:
            images = values
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
    return pa.Table.from_arrays(arrays, names=text.header), images


def _column_as_text(path: Path, table: pa.Table, name: str) -> list[str]:
    """The values as text; null and NaN are empty."""
    column = table[name]
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not tables.is_text_or_number(column.type):
        raise InputError(
            f"{path}, column {name!r}: expected text or numbers, found {column.type}",
            "Name another column with --image-column or --label-column.",
        )
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    text: list[str] = pc.fill_null(pc.cast(column, pa.string()), "").to_pylist()
    return text


def _count(items: Sequence[str], one: str, many: str) -> str:
    return f"{len(items)} {one if len(items) == 1 else many}"


def _some(items: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(repr(names.to_text(item)) for item in items[:most])
    return f"{shown} and {len(items) - most} more" if len(items) > most else shown
