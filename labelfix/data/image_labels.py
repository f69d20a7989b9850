"""Labels brought to images by name, never by position; several annotators' labels included."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelfix.data import tables
from labelfix.data.manifest import Manifest, class_names_of, label_indices


@dataclass(frozen=True, kw_only=True)
class LabelledImages:
    """N embedded images with one given label each, and the R rows they come from.

    Attributes:
        class_names: C labels, sorted.
        labels: (N,) int64, the class of each image; where its rows disagree the commonest label,
            and the first row's among equally common ones.
        row_images: (R,) int64, the image of each manifest row; -1 for an unused row.
        row_labels: (R,) int64, the class of each row's own label; -1 without one.
    """

    class_names: list[str]
    labels: npt.NDArray[np.int64] = field(repr=False)
    row_images: npt.NDArray[np.int64] = field(repr=False)
    row_labels: npt.NDArray[np.int64] = field(repr=False)


def join(
    manifest: Manifest, images: Sequence[str], class_names: list[str] | None = None
) -> LabelledImages:
    """Join a manifest's rows to the embedded images.

    Args:
        manifest: the rows.
        images: the names of the embedded images.
        class_names: the classes, sorted; None takes those of the manifest's labels.
    """
    position = {name: index for index, name in enumerate(images)}
    row_images = np.array([position.get(name, -1) for name in manifest.images], dtype=np.int64)
    if class_names is None:
        class_names = class_names_of(manifest.given_labels)
    row_labels = label_indices(manifest.given_labels, class_names)
    row_images[row_labels < 0] = -1
    used = np.flatnonzero(row_images >= 0)
    labels = _commonest(row_images[used], row_labels[used], len(images))
    return LabelledImages(
        class_names=class_names, labels=labels, row_images=row_images, row_labels=row_labels
    )


def _commonest(
    row_images: npt.NDArray[np.int64], row_labels: npt.NDArray[np.int64], images: int
) -> npt.NDArray[np.int64]:
    """(N,) the commonest label among the rows of each image, the first row's among equals."""
    classes = row_labels.max(initial=0) + 1
    pairs, first_rows, votes = np.unique(
        row_images * classes + row_labels, return_index=True, return_counts=True
    )
    best_last = np.lexsort((-first_rows, votes))
    labels = np.full(images, -1, dtype=np.int64)
    labels[pairs[best_last] // classes] = pairs[best_last] % classes  # the last one stays
    return labels


BETWEEN_NAMES = "|"


@dataclass(frozen=True, kw_only=True)
class Annotations:
    """A labels that annotators gave to embedded images.

    Attributes:
        images: (A,) int64, the position of the image among the embedded ones.
        labels: (A,) int64, the class that it was given.
        annotators: (A,) int64, who gave it, as a position in `names`.
        names: the annotators of these labels, sorted; `""` stands for all unnamed ones.
    """

    images: npt.NDArray[np.int64] = field(repr=False)
    labels: npt.NDArray[np.int64] = field(repr=False)
    annotators: npt.NDArray[np.int64] = field(repr=False)
    names: list[str]


def annotations_of(
    manifest: Manifest, images: Sequence[str], class_names: Sequence[str]
) -> Annotations | None:
    """Every label of a manifest and who gave it; None without a column of annotators.

    Args:
        manifest: as the user gave it, before `one_row_per_image`.
        images: the embedded images; rows of other images are skipped.
        class_names: the classes; rows without one of these labels are skipped.
    """
    if manifest.annotators is None:
        return None
    position = {name: index for index, name in enumerate(images)}
    row_images = np.array([position.get(name, -1) for name in manifest.images], dtype=np.int64)
    row_labels = label_indices(manifest.given_labels, class_names)
    used = np.flatnonzero((row_images >= 0) & (row_labels >= 0))
    given_by = [_name(manifest.annotators[row]) for row in used]
    names = sorted(set(given_by))
    number = {name: index for index, name in enumerate(names)}
    annotators = np.array([number[name] for name in given_by], dtype=np.int64)
    return Annotations(
        images=row_images[used], labels=row_labels[used], annotators=annotators, names=names
    )


def one_row_per_image(manifest: Manifest) -> Manifest:
    """A manifest with one row per image, in the order of the images' first rows.

    The label is the commonest among the image's rows, as in `join`; the annotators are all of
    theirs, joined by `|`; every other column is taken from the first row. A manifest without
    annotators, or with one row per image already, is returned unchanged.
    """
    images = manifest.unique_images()
    if manifest.annotators is None or len(images) == len(manifest):
        return manifest
    first_row = dict(zip(reversed(manifest.images), reversed(range(len(manifest))), strict=True))
    first_rows = np.array([first_row[image] for image in images], dtype=np.int64)
    label_rows = _rows_with_commonest_label(manifest, images, first_rows)
    annotators = _annotators_of_images(manifest, images, first_rows)
    table = manifest.table
    columns = []
    for column in table.schema:
        rows = label_rows if column.name == manifest.label_column else first_rows
        values = tables.take_rows(table[column.name], rows)
        if column.name == manifest.annotator_column:
            values = _with_annotators(values, annotators, manifest.annotators, first_rows)
        columns.append(values)
    fields = [
        column.with_type(values.type) for column, values in zip(table.schema, columns, strict=True)
    ]
    schema = pa.schema(fields, table.schema.metadata)
    return replace(
        manifest,
        table=pa.Table.from_arrays(columns, schema=schema),
        images=images,
        given_labels=[manifest.given_labels[row] for row in label_rows],
        annotators=annotators,
        lines=manifest.lines and [manifest.lines[row] for row in label_rows],
        rows=label_rows.tolist(),
    )


def _rows_with_commonest_label(
    manifest: Manifest, images: Sequence[str], first_rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """(N,) a row of each image with its commonest label, its first row where none has a label."""
    labelled = join(manifest, images)
    used = np.flatnonzero(labelled.row_images >= 0)
    row_images = labelled.row_images[used]
    agree = labelled.row_labels[used] == labelled.labels[row_images]
    label_rows = first_rows.copy()
    label_rows[row_images[agree]] = used[agree]
    return label_rows


def _annotators_of_images(
    manifest: Manifest, images: Sequence[str], first_rows: npt.NDArray[np.int64]
) -> list[str]:
    """For each image all its annotators' names, or its first row's text if none is named."""
    row_annotators = manifest.annotators or []
    named: dict[str, dict[str, None]] = {image: {} for image in images}
    for image, annotator in zip(manifest.images, row_annotators, strict=True):
        if _name(annotator):
            named[image].setdefault(annotator)
    return [
        BETWEEN_NAMES.join(named[image]) or row_annotators[row]
        for image, row in zip(images, first_rows, strict=True)
    ]


def _with_annotators(
    column: pa.ChunkedArray,
    annotators: Sequence[str],
    row_annotators: Sequence[str],
    first_rows: npt.NDArray[np.int64],
) -> pa.ChunkedArray:
    """The column of the first rows' annotators with all of each image, as text if they differ."""
    if all(name == row_annotators[row] for name, row in zip(annotators, first_rows, strict=True)):
        return column
    is_text = column.type in (pa.string(), pa.large_string(), pa.string_view())
    missing = pc.is_null(column, nan_is_null=True).to_pylist()
    texts = [
        None if is_missing and not name else name
        for name, is_missing in zip(annotators, missing, strict=True)
    ]
    return pa.chunked_array([pa.array(texts, column.type if is_text else pa.string())])


def _name(annotator: str) -> str:
    """The annotator's name; empty for a blank."""
    return annotator if annotator.strip() else ""
