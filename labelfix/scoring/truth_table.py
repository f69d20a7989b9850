"""The true labels of images, where they are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelfix.data import names
from labelfix.data.manifest import Manifest, read_manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError

TRUE_LABEL = "true_label"
LABEL = "label"


@dataclass(frozen=True)
class Truth:
    """The known true labels.

    Attributes:
        path: of the file, as the user gave it.
        labels: by image name.
    """

    path: str
    labels: Mapping[str, str] = field(repr=False)


def read_truth(
    path: Path,
    csv_format: CsvFormat,
    manifest: Manifest,
    *,
    image_column: str | None = None,
    truth_column: str | None = None,
) -> Truth:
    """Read the true labels from a CSV, TSV or Parquet file.

    Args:
        path: a table with a column of image names and one of true labels.
        csv_format: how the CSV is written.
        manifest: the rows that the labels belong to.
        image_column: the column of image names; None takes the first with a known name.
        truth_column: the column of true labels; None takes `true_label`, or else `label`.

    Raises:
        InputError: the file is unusable, gives an image two true labels, or has none of the
            manifest's images.
    """
    table = read_manifest(path, csv_format, image_column=image_column, needs_label=False)
    labels = _truth_by_image(table.images, _true_labels(table, path, truth_column), path)
    for image, written in zip(manifest.images, manifest.written_images(), strict=True):
        if image not in labels and written in labels:
            labels[image] = labels[written]
    if not any(image in labels for image in manifest.images):
        raise InputError(
            f"{path}, column {table.image_column!r}: expected the images of "
            f"{manifest.source.path}, for example {names.to_text(manifest.images[0])!r}, "
            f"found none of them but, for example, {names.to_text(table.images[0])!r}",
            "Write the image names as the manifest has them.",
        )
    return Truth(str(path), labels)


def _true_labels(table: Manifest, path: Path, column: str | None) -> Sequence[str]:
    """The values of the column of true labels."""
    if column is not None:
        return table.column_as_text(column)
    if TRUE_LABEL in table.table.column_names:
        return table.column_as_text(TRUE_LABEL)
    if table.label_column == LABEL and any(label.strip() for label in table.given_labels):
        return table.given_labels
    raise InputError(
        f"{path}: expected true labels in a column {TRUE_LABEL!r} or {LABEL!r}, "
        f"found the columns {names.listed(table.table.column_names)}",
        f"Rename the column of the true labels to {TRUE_LABEL}.",
    )


def _truth_by_image(
    images: Sequence[str], true_labels: Sequence[str], path: Path
) -> dict[str, str]:
    labels: dict[str, str] = {}
    for row, (image, label) in enumerate(zip(images, true_labels, strict=True), 1):
        if not label.strip():
            continue
        if labels.setdefault(image, label) != label:
            raise InputError(
                f"{path}, row {row}: expected one true label of {names.to_text(image)!r}, "
                f"found {labels[image]!r} and {label!r}",
                "Keep the row that is right.",
            )
    return labels
