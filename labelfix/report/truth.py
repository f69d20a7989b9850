"""The true labels of some images, where somebody knows them, and what comes out against them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from labelfix.check.finding import Finding
from labelfix.data import names
from labelfix.data.manifest import Manifest, read_manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError
from labelfix.judging.batch import Batch
from labelfix.report.reliability import ReliabilityBin, calibration_error, reliability_bins

TRUE_LABEL = "true_label"
LABEL = "label"


@dataclass(frozen=True)
class Truth:
    """The true label of each image that has one.

    Attributes:
        path: of the file, as the user gave it.
        labels: by image name.
    """

    path: str
    labels: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class TruthFigures:
    """How labels do against the truth.

    Attributes:
        rows: how many rows have a given and a true label.
        right_before: the share of given labels that are right.
        right_after: the same of the labels as corrected.
        wrong: how many given labels are wrong.
        named: how many `wrong-label` findings are of rows whose truth is known.
        found: how many of these rows have in fact a wrong label.
        bins: rows by confidence.
        calibration_error: of the confidences; None where no row has one.
    """

    rows: int
    right_before: float
    right_after: float
    wrong: int
    named: int
    found: int
    bins: Sequence[ReliabilityBin] = field(repr=False)
    calibration_error: float | None


def read_truth(
    path: Path, csv_format: CsvFormat, manifest: Manifest, *, image_column: str | None = None
) -> Truth:
    """Read the true labels from a CSV, TSV or Parquet file.

    Args:
        path: a table with a column of image names and a column `true_label` or `label`.
        csv_format: how the CSV is written.
        manifest: the rows that the truth is about.
        image_column: the column of image names; None takes the first with a known name.

    Raises:
        InputError: the file is not usable, tells two truths of one image, or none of the
            manifest's images.
    """
    table = read_manifest(path, csv_format, image_column=image_column, needs_label=False)
    true_labels = table.given_labels
    if TRUE_LABEL in table.table.column_names:
        true_labels = table.column_as_text(TRUE_LABEL)
    elif table.label_column != LABEL or not any(label.strip() for label in table.given_labels):
        raise InputError(
            f"{path}: expected true labels in a column {TRUE_LABEL!r} or {LABEL!r}, "
            f"found the columns {names.listed(table.table.column_names)}",
            f"Rename the column of the true labels to {TRUE_LABEL}.",
        )
    labels = _truth_by_image(table.images, true_labels, path)
    if not any(image in labels for image in manifest.images):
        raise InputError(
            f"{path}, column {table.image_column!r}: expected the images of "
            f"{manifest.source.path}, for example {names.to_text(manifest.images[0])!r}, "
            f"found none of them, but for example {names.to_text(table.images[0])!r}",
            "Write the image names as the manifest has them.",
        )
    return Truth(str(path), labels)


def against_truth(batch: Batch, findings: Sequence[Finding], truth: Truth) -> TruthFigures | None:
    """Compare the rows of a batch with the truth; None where no row has both labels.

    Args:
        batch: R rows.
        findings: of the batch.
        truth: by image name; rows without a given or a true label are passed over.
    """
    corrections = batch.corrections
    true = np.array([truth.labels.get(image, "") for image in batch.manifest.images], dtype=object)
    given = [str(label).strip() != "" for label in corrections.given_label]
    known = np.array([label != "" for label in true]) & np.array(given)
    rows = int(known.sum())
    if not rows:
        return None
    is_wrong = known & (corrections.given_label != true)
    is_right_now = known & (corrections.label == true)
    rows_named = (
        batch.position(finding.row)
        for finding in findings
        if finding.rule == "wrong-label" and finding.row is not None
    )
    named = [row for row in rows_named if known[row]]
    sure = known & ~np.isnan(corrections.confidence)
    bins = reliability_bins(corrections.confidence[sure], is_right_now[sure])
    return TruthFigures(
        rows=rows,
        right_before=1 - float(is_wrong.sum()) / rows,
        right_after=float(is_right_now.sum()) / rows,
        wrong=int(is_wrong.sum()),
        named=len(named),
        found=int(sum(bool(is_wrong[row]) for row in named)),
        bins=bins,
        calibration_error=calibration_error(bins) if bins else None,
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
