"""Labels that stand in the images' names, taken out by a pattern."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from labelfix.data import names
from labelfix.data.columns import LABEL_COLUMNS
from labelfix.data.manifest import Manifest, manifest_from_names
from labelfix.errors import InputError
from labelfix.options.manifest_options import compiled_pattern

OPTION = "--label-pattern"
EXAMPLES_SHOWN = 3


def labels_from_names(images: Sequence[str], pattern: str) -> list[str]:
    """The label in each name; empty if the pattern does not match.

    Args:
        images: paths relative to the image folder, as in the manifest.
        pattern: a regular expression, searched for in each name. The label is its group `label`,
            or its first group.

    Raises:
        InputError: the pattern is unusable, or a label is not valid UTF-8.
    """
    compiled = compiled_pattern(OPTION, pattern)
    group = "label" if "label" in compiled.groupindex else 1
    labels = []
    for row, image in enumerate(images, 1):
        found = compiled.search(image)
        label = (found[group] or "") if found else ""
        if not names.is_valid(label):
            raise InputError(
                f"{OPTION}, row {row}: expected UTF-8 in the label of {names.to_text(image)!r}, "
                "found other bytes",
                "Rename the image, or write a pattern that leaves these bytes out.",
            )
        labels.append(label)
    return labels


def label_by_name(opened: Manifest, pattern: str) -> Manifest:
    """The same images, with labels from their names in the column `label`.

    Raises:
        InputError: the pattern is unusable or matches no name, or the column has labels.
    """
    column = LABEL_COLUMNS[0]
    if column in opened.table.column_names and any(map(str.strip, opened.column_as_text(column))):
        raise InputError(
            f"{opened.source.path}: expected no labels beside {OPTION}, found the column "
            f"{column!r}",
            f"Leave {OPTION} out, or rename the column {column!r}.",
        )
    labels = labels_from_names(opened.images, pattern)
    if not any(label.strip() for label in labels):
        raise InputError(
            f"{opened.source.path}: expected names that {OPTION} '{pattern}' fits, found none "
            f"among {len(labels):,}, for example {_examples(opened.images)}",
            "The pattern is looked for anywhere in the name as it stands there; its group is the "
            "label.",
        )
    if opened.source.is_folder:
        return manifest_from_names(opened.images, labels, Path(opened.source.path))
    kept = opened.table
    if column in kept.column_names:
        kept = kept.drop_columns([column])
    table = kept.append_column(column, pa.array(labels, pa.string()))
    return replace(opened, table=table, label_column=column, given_labels=labels)


def unmatched(opened: Manifest, rows: Sequence[int], pattern: str) -> str:
    """A note about rows without a label, with the first three names."""
    examples = _examples([opened.images[row] for row in rows])
    return f"{len(rows):,} whose name {OPTION} '{pattern}' does not fit, for example {examples}"


def _examples(images: Sequence[str]) -> str:
    return ", ".join(repr(names.to_text(image)) for image in images[:EXAMPLES_SHOWN])
