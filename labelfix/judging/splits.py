"""The split, such as train or test, of rows and of images."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from labelfix.data.columns import known_column
from labelfix.data.manifest import Manifest
from labelfix.errors import InputError

SPLIT_COLUMNS = ("split", "subset")


def splits_of_rows(manifest: Manifest, column: str | None) -> list[str] | None:
    """The split of each row, empty where it has none; None without a column of splits.

    Args:
        manifest: R rows.
        column: its name; None takes the first of `SPLIT_COLUMNS` in the manifest.

    Raises:
        InputError: the column does not exist, or is the label or image column.
    """
    others = (manifest.image_column, manifest.label_column)
    if column is None:
        free = [name for name in manifest.table.column_names if name not in others]
        column = known_column(free, SPLIT_COLUMNS)
    if column is None:
        return None
    if column in others:
        raise InputError(
            f"--split-column: expected a column of splits, found {column!r}, which is the "
            f"{'image' if column == manifest.image_column else 'label'} column",
            "Name another one.",
        )
    return [value.strip() for value in manifest.column_as_text(column)]


def splits_of_images(
    splits: Sequence[str] | None, row_images: npt.NDArray[np.int64], images: int
) -> list[str] | None:
    """The split of each image: that of its first row; empty where it has none.

    Args:
        splits: of R rows; None where they are unknown.
        row_images: (R,) the image of each row; -1 for none.
        images: how many images there are.
    """
    if splits is None:
        return None
    found = [""] * images
    for split, image in zip(reversed(splits), reversed(row_images.tolist()), strict=True):
        if image >= 0:
            found[image] = split
    return found
