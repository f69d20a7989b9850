"""A standard set's manifests: read by its recipe, checked against the images, written whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from labelfix.data import image_paths, names, tables
from labelfix.data.manifest import manifest_from_names, read_manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError, OutputError
from labelfix.prepare.available import find_recipe
from labelfix.prepare.layout import Layout
from labelfix.prepare.recipe import LABEL, TRUE_LABEL, PrepareOptions, Rows, Sources
from labelfix.prepare.targets import Target, Targets, check_options, wanted_of
from labelfix.runtime.progress import Progress

IMAGE = "image"


@dataclass(frozen=True)
class WrittenManifest:
    """A manifest that was written.

    Attributes:
        path: of the manifest.
        images: the folder that its names are relative to.
        is_test: whether its rows are the test rows.
        rows, classes: how many.
        missing: rows whose image is not there.
        right_share: of the labels whose true label is known; None where none is.
        notes: what a person should know.
    """

    path: Path
    images: Path
    is_test: bool
    rows: int
    classes: int
    missing: int
    right_share: float | None
    notes: list[str] = field(default_factory=list)


def prepare(
    name: str, folder: Path, options: PrepareOptions, targets: Targets, progress: Progress
) -> list[WrittenManifest]:
    """Write the manifests of a standard set.

    Args:
        name: of its recipe.
        folder: where the set lies.
        options: what the recipe may be told.
        targets: what is to be written, at least one manifest.
        progress: is told of images that are written.

    Raises:
        InputError: the layout is another one, or an option says nothing to this set.
        OutputError: something cannot be written where it was asked for.
    """
    recipe = find_recipe(name)
    wanted = wanted_of(recipe, targets)
    check_options(recipe, options)
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing"
        raise InputError(
            f"expected the folder of {name} at {folder}, found {found}",
            f"Unpack the set. The layout: {recipe.expects}",
        )
    layout = Layout(folder, recipe.expects)
    if "images_out" in recipe.takes and options.images_out is None:
        beside = (targets.out or targets.test_out or Path()).parent
        options = replace(options, images_out=beside / f"{name}-images")
    classes = _classes_of(targets.classes_of)
    if targets.classes_of is not None:
        layout.read.append(targets.classes_of)
    sources = Sources(layout, options, progress)
    # Nothing is written before all is read and found right.
    read = [(target, _of_classes(target.reader(sources), classes)) for target in wanted]
    checked = [(target, rows, _check(target.path, rows, layout)) for target, rows in read]
    return [_write(target, rows, missing) for target, rows, missing in checked]


def _check_not_read(path: Path, layout: Layout) -> None:
    """See that nothing of the set is written over."""
    for read in layout.read:
        if path.exists() and read.exists() and path.samefile(read):
            raise OutputError(
                f"{path} is a file of the set itself, which is never written to",
                "Name another place for the manifest.",
            )


def _classes_of(path: Path | None) -> set[str] | None:
    if path is None:
        return None
    return set(read_manifest(path, CsvFormat()).given_labels)


def _of_classes(rows: Rows, classes: set[str] | None) -> Rows:
    if classes is None:
        return rows
    kept = [row for row, label in enumerate(rows.columns[LABEL]) if label in classes]
    if not kept:
        raise InputError(
            f"--classes-of: expected rows of its classes, for example "
            f"{names.listed(sorted(classes), most=3)}, found none in {rows.source}, but for "
            f"example {rows.columns[LABEL][0]!r}",
            "Name the manifest of a set with the same classes.",
        )
    columns = {name: [values[row] for row in kept] for name, values in rows.columns.items()}
    return replace(rows, images=[rows.images[row] for row in kept], columns=columns)


def _check(path: Path, rows: Rows, layout: Layout) -> list[int]:
    """See that rows can be written; the rows, from 0, whose image is not there."""
    _check_not_read(path, layout)
    for name, values in rows.columns.items():
        bad = next((value for value in values if not names.is_valid(value)), None)
        if bad is not None:
            raise InputError(
                f"{rows.source}: expected UTF-8 in {name}, found {names.to_text(bad)!r}",
                "Save the set's lists as UTF-8, or rename the folders.",
            )
    manifest = manifest_from_names(rows.images, rows.columns[LABEL], rows.source)
    image_paths.check_image_names(manifest, rows.folder)
    missing = image_paths.rows_without_image(manifest, rows.folder)
    if len(missing) == len(rows.images):
        raise InputError(
            f"{rows.source}: expected its images in {rows.folder}, found none of "
            f"{len(missing):,}, for example {_first_images(rows, missing)}",
            "Unpack the images where the list expects them.",
        )
    return missing


def _write(target: Target, rows: Rows, missing: Sequence[int]) -> WrittenManifest:
    table = pa.table(
        {
            IMAGE: [names.to_text(name) for name in rows.images],
            **{name: pa.array(values, pa.string()) for name, values in rows.columns.items()},
        }
    )
    tables.write_table(target.path, table, image_column=IMAGE)
    notes = list(rows.notes)
    if missing:
        shown = _first_images(rows, missing)
        notes.append(f"images that are not there: {len(missing):,}, for example {shown}")
    return WrittenManifest(
        target.path,
        rows.folder,
        target.is_test,
        rows=len(rows.images),
        classes=len(set(rows.columns[LABEL])),
        missing=len(missing),
        right_share=_right_share(rows),
        notes=notes,
    )


def _first_images(rows: Rows, which: Sequence[int]) -> str:
    return names.listed([rows.images[row] for row in which], most=3)


def _right_share(rows: Rows) -> float | None:
    """The share of right labels among those whose true label is known."""
    pairs = zip(rows.columns[LABEL], rows.columns.get(TRUE_LABEL, ()), strict=False)
    known = [given == true for given, true in pairs if true]
    return sum(known) / len(known) if known else None
