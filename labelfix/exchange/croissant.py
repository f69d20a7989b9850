"""Croissant: JSON-LD about a table of labels and the images beside it."""

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa

from labelfix.data import names, tables
from labelfix.errors import InputError
from labelfix.exchange.export_place import place_image
from labelfix.exchange.rows import ID, ExportedRow, ExportedRows, ReturnedRow
from labelfix.options.exchange_options import ExportOptions
from labelfix.runtime import atomic
from labelfix.version import __version__

METADATA = "croissant.json"
LABELS = "labels.parquet"
IMAGES = "images"
CONFORMS_TO = "http://mlcommons.org/croissant/1.0"

_TEXT, _NUMBER = "sc:Text", "sc:Float"
COLUMNS = {
    "file": (_TEXT, "The name of the image's file in images/."),
    "label": (_TEXT, "The corrected label."),
    "given_label": (_TEXT, "The label before."),
    "suggested_label": (_TEXT, "What labelfix takes for right."),
    "confidence": (_NUMBER, "The probability that the label is right."),
    "self_confidence": (_NUMBER, "The probability that the given label is right."),
    "action": (_TEXT, "What labelfix has done: keep, relabel, review, predict, verified."),
    "reason": (_TEXT, "Why, where that is not plain."),
    "split": (_TEXT, "The split, if there is one."),
    "image_name": (_TEXT, "Where the image came from."),
    ID: (_TEXT, "The id of the row in labelfix."),
}
"""The columns of the table: type and description."""

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""What the short names stand for, as Croissant 1.0 has it."""


def write(target: Path, rows: ExportedRows, options: ExportOptions) -> dict[str, str]:
    """Write `croissant.json`, `labels.parquet` and the images.

    Args:
        target: the folder.
        rows: a record each.
        options: how images get into the folder.

    Returns:
        Why images were left out, by image.
    """
    left_out: dict[str, str] = {}
    written: list[tuple[ExportedRow, str]] = []
    for row in rows.rows:
        name, reason = place_image(rows.folder, row, target / IMAGES, options.link)
        if reason:
            left_out[row.image] = reason
        else:
            written.append((row, name))
    _write_table(target / LABELS, written)
    atomic.write_json(target / METADATA, _metadata(target, rows, len(written)))
    return left_out


def read(source: Path) -> list[ReturnedRow]:
    """Refuse to read: Croissant describes data and has no labels of its own.

    Raises:
        InputError: always.
    """
    raise InputError(
        f"{source}: expected a format that comes back, found croissant, which only describes data",
        "Import the table that it describes: labelfix import --from csv.",
    )


def _write_table(target: Path, written: list[tuple[ExportedRow, str]]) -> None:
    rows = [row for row, _ in written]
    columns: dict[str, pa.Array] = {"file": pa.array([name for _, name in written], pa.string())}
    for column, (kind, _) in COLUMNS.items():
        if column == "image_name":
            columns[column] = pa.array([names.to_text(row.image) for row in rows], pa.string())
        elif column == ID:
            columns[column] = pa.array([row.row_id for row in rows], pa.string())
        elif column != "file":
            values = [getattr(row, column) for row in rows]
            columns[column] = pa.array(values, pa.float64() if kind == _NUMBER else pa.string())
    tables.write_table(target, pa.table(columns), image_column="image_name")


def _metadata(target: Path, rows: ExportedRows, count: int) -> dict[str, Any]:
    table_hash = hashlib.sha256((target / LABELS).read_bytes()).hexdigest()
    noise = f" {rows.noise}" if rows.noise else ""
    changed = sum(row.is_changed for row in rows.rows)
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": "labels_corrected_with_labelfix",
        "description": f"{count:,} images with labels that labelfix {__version__} has looked "
        f"through; {changed:,} labels were changed.{noise}",
        "conformsTo": CONFORMS_TO,
        "version": "1.0.0",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "labels",
                "name": "labels",
                "description": "The labels, one row for each image.",
                "contentUrl": LABELS,
                "encodingFormat": "application/x-parquet",
                "sha256": table_hash,
            },
            {
                "@type": "cr:FileSet",
                "@id": "image-files",
                "name": "image-files",
                "description": "The images.",
                "encodingFormat": "image/*",
                "includes": f"{IMAGES}/*",
            },
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "labelled-images",
                "name": "labelled-images",
                "description": "An image's file and its labels.",
                "key": {"@id": f"labelled-images/{ID}"},
                "field": [_field(name, *about) for name, about in COLUMNS.items()],
            }
        ],
    }


def _field(name: str, kind: str, text: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"labelled-images/{name}",
        "name": name,
        "description": text,
        "dataType": kind,
        "source": {"fileObject": {"@id": "labels"}, "extract": {"column": name}},
    }
