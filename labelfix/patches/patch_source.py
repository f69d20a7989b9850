"""The manifest that a patch is made for, or made to: rows, cells, splits, contents."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from labelfix.data.manifest import Manifest
from labelfix.data.manifest_inputs import read_with
from labelfix.errors import InputError
from labelfix.options.manifest_options import ManifestOptions
from labelfix.patches.change import Origin
from labelfix.patches.content_hashes import NOTHING_KNOWN, KnownContents
from labelfix.patches.label_cells import LabelCells, find_cells, is_text
from labelfix.patches.row_keys import fingerprint_rows
from labelfix.patches.split_choice import RowSplits, row_splits


@dataclass(frozen=True, kw_only=True)
class PatchSource:
    """The manifest that a patch is for.

    Attributes:
        opened: its rows.
        cells: its label cells, if it is text.
        splits: of its rows.
        contents: of its images.
    """

    opened: Manifest
    cells: LabelCells | None
    splits: RowSplits
    contents: KnownContents

    @cached_property
    def written(self) -> list[str]:
        """The images as the manifest writes them."""
        return self.opened.written_images()

    @cached_property
    def rows_sha256(self) -> str:
        """Of the images and annotators of all rows in their order."""
        return fingerprint_rows(self.opened)

    @property
    def sha256(self) -> str:
        """Of the manifest's bytes."""
        return self.opened.source.sha256 if self.cells is None else self.cells.sha256

    def knowing(self, contents: KnownContents) -> "PatchSource":
        """The same with known contents of its images."""
        return replace(self, contents=contents)


def open_source(
    path: Path,
    options: ManifestOptions,
    split_column: str | None,
    origin: Origin | None = None,
) -> PatchSource:
    """Read a manifest whose labels are to be changed.

    Args:
        path: of any kind; only text has cells.
        options: how it is read.
        split_column: None takes a known one, if there is one.
        origin: of the patch, whose columns are taken where the options name none.

    Raises:
        InputError: it cannot be read.
    """
    opened = read_with(path, options)
    if origin is not None and _has_others(opened, options, origin):
        options = replace(
            options,
            image_column=options.image_column or origin.image_column,
            label_column=options.label_column or origin.label_column,
        )
        opened = read_with(path, options)
    return PatchSource(
        opened=opened,
        cells=find_cells(opened, options) if is_text(path) else None,
        splits=row_splits(opened, split_column),
        contents=NOTHING_KNOWN,
    )


def _has_others(opened: Manifest, options: ManifestOptions, origin: Origin) -> bool:
    """Whether other columns were found than the patch was made from.

    Raises:
        InputError: the patch's column of labels is not there, and the options name no other.
    """
    columns = opened.table.column_names
    if options.label_column is None and origin.label_column not in columns:
        raise InputError(
            f"{opened.source.path}: expected the label column {origin.label_column!r} that the "
            f"patch was made from, found the columns {', '.join(map(repr, columns[:20]))}",
            "Name the column of labels with --label-column.",
        )
    has_images = origin.image_column in columns
    return (options.label_column is None and opened.label_column != origin.label_column) or (
        options.image_column is None and has_images and opened.image_column != origin.image_column
    )
