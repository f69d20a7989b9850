"""New labels in a Parquet manifest: by value, for the bytes of such a file are not text."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from labelfix.data import names
from labelfix.data.manifest import Manifest
from labelfix.data.manifest_tables import PARQUET_SUFFIXES, plain_type
from labelfix.errors import InputError
from labelfix.patches.label_cells import is_text


def check_changeable(path: Path) -> None:
    """Check that labels can be written into a manifest of this kind.

    Raises:
        InputError: it is Excel or JSON.
    """
    if not is_text(path) and path.suffix.lower() not in PARQUET_SUFFIXES:
        raise InputError(
            f"{path}: expected a manifest as text (.csv, .tsv, .txt) or Parquet, "
            f"found {path.suffix}",
            "Save it as CSV: only there can a change be taken back byte for byte. "
            "labelfix diff reads this file, too.",
        )


def write_labels(target: Path, opened: Manifest, labels: Mapping[int, str]) -> None:
    """Write a Parquet manifest with other labels: same columns, types, order and metadata.

    Args:
        target: the file; the caller replaces the old one.
        opened: the manifest.
        labels: by row.

    Raises:
        InputError: a label is no value of the column's type.
    """
    place = opened.table.column_names.index(opened.label_column)
    field = opened.table.schema.field(place)
    texts: list[str | None] = list(opened.given_labels)
    column = opened.table.column(place)
    missing = column.is_null().to_pylist()
    for row, is_missing in enumerate(missing):
        if is_missing:
            texts[row] = None
    for row, label in labels.items():
        texts[row] = label
    kind = plain_type(field.type)
    try:
        written = pa.array(texts, pa.string()).cast(kind)
        again = written.cast(pa.string()).to_pylist()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        written, again = None, []
    if written is None or any(again[row] != label for row, label in labels.items()):
        raise InputError(
            f"{opened.source.path}, column {opened.label_column!r}: expected labels that are "
            f"{kind}, found {names.listed(sorted(set(labels.values())))}",
            "Store the labels as text and make the patch again.",
        )
    if pa.types.is_dictionary(field.type):
        written = written.dictionary_encode().cast(field.type)
    pq.write_table(opened.table.set_column(place, field, written), target)
