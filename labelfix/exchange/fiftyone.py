"""FiftyOne's image classification folder: `data/` with the images, and `labels.json`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labelfix.data import names
from labelfix.errors import InputError
from labelfix.exchange.export_place import place_image
from labelfix.exchange.json_files import read_json
from labelfix.exchange.rows import EXPORTED_LABEL, ID, ExportedRow, ExportedRows, ReturnedRow
from labelfix.exchange.safe_names import from_plain, id_in, to_plain
from labelfix.options.exchange_options import ExportOptions
from labelfix.runtime import atomic

LABELS = "labels.json"
DATA = "data"


def write(target: Path, rows: ExportedRows, options: ExportOptions) -> dict[str, str]:
    """Write the images and `labels.json`, with each label's confidence and attributes.

    Args:
        target: the folder.
        rows: a sample each.
        options: how images get into the folder.

    Returns:
        Why images were left out, by image.
    """
    labels: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    (target / DATA).mkdir()
    for row in rows.rows:
        name, reason = place_image(rows.folder, row, target / DATA, options.link)
        if reason:
            left_out[row.image] = reason
        else:
            labels[name.rpartition(".")[0] or name] = _label(row)
    written = {"classes": None, "labels": labels}  # labels are texts, no places in a list
    atomic.write_json(target / LABELS, written)
    return left_out


def _label(row: ExportedRow) -> dict[str, Any] | None:
    """FiftyOne's form of a label; its tags are what filters use there."""
    if not row.label.strip():
        return None
    attributes = {
        ID: row.row_id,
        EXPORTED_LABEL: to_plain(row.label),
        "image_name": names.to_text(row.image),
        "given_label": to_plain(row.given_label),
        "self_confidence": row.self_confidence,
        "suggested_label": to_plain(row.suggested_label),
        "reason": to_plain(row.reason),
        "tags": [tag for tag in (row.action, row.split) if tag],
    }
    return {"label": to_plain(row.label), "confidence": row.confidence, "attributes": attributes}


def read(source: Path) -> list[ReturnedRow]:
    """Read `labels.json` as FiftyOne exports it, with attributes or without.

    Raises:
        InputError: it is of another form.
    """
    source = source / LABELS if source.is_dir() else source
    found = read_json(source)
    if not isinstance(found, dict) or not isinstance(found.get("labels"), dict):
        raise InputError(
            f"{source}: expected classes and labels, as FiftyOne writes an image classification "
            "dataset, found something else",
            "Export it with dataset_type=fiftyone.types.FiftyOneImageClassificationDataset.",
        )
    classes = found.get("classes")
    classes = classes if isinstance(classes, list) else []
    return [_row(source, sample, value, classes) for sample, value in found["labels"].items()]


def _row(source: Path, sample: str, value: Any, classes: Sequence[Any]) -> ReturnedRow:
    if isinstance(value, list):
        if len(value) > 1:
            raise InputError(
                f"{source}, sample {names.plain(sample)!r}: expected one label for each image, "
                f"found {len(value)}",
                "Keep one classification for each sample.",
            )
        value = value[0] if value else None
    about = value if isinstance(value, dict) else {"label": value}
    attributes = about.get("attributes")
    attributes = attributes if isinstance(attributes, Mapping) else {}
    exported = attributes.get(EXPORTED_LABEL)
    return ReturnedRow(
        where=f"sample {names.plain(sample)}",
        label=_text(source, sample, about.get("label"), classes),
        row_id=str(attributes.get(ID) or id_in(Path(sample).name)),
        image=names.from_text(str(attributes.get("image_name") or "")),
        exported_label=from_plain(exported) if isinstance(exported, str) else None,
    )


def _text(source: Path, sample: str, label: Any, classes: Sequence[Any]) -> str:
    """A label, which may be its place in the list of classes."""
    if isinstance(label, int) and classes:
        if not 0 <= label < len(classes):
            raise InputError(
                f"{source}, sample {names.plain(sample)!r}: expected one of {len(classes)} "
                f"classes, found number {label}",
                "Export the dataset again.",
            )
        label = classes[label]
    return "" if label is None else from_plain(str(label))
