"""A standard set's manifests: check the targets, read the rows by recipe, write them whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from labelfix.data import atomic, image_paths, names, tables
from labelfix.data.manifest import manifest_from_names, read_manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError, OutputError
from labelfix.prepare.recipe import (
    LABEL,
    TRUE_LABEL,
    Layout,
    PrepareOptions,
    Reader,
    Recipe,
    Rows,
    Sources,
)
from labelfix.prepare.registry import find_recipe
from labelfix.progress import Progress

SUFFIXES = (".csv", ".tsv", ".parquet")
FLAGS = {"noise": "--noise", "labels": "--labels", "images_out": "--images-out"}


@dataclass(frozen=True)
class Targets:
    """The manifests to write.

    Attributes:
        out: the manifest of the rows to correct.
        test_out: the manifest of the test rows.
        classes_of: a manifest; only rows of its classes are written.
    """

    out: Path | None = None
    test_out: Path | None = None
    classes_of: Path | None = None


@dataclass(frozen=True)
class Target:
    """One manifest to write, and the reader of its rows."""

    path: Path
    reader: Reader
    is_test: bool = False

    @property
    def option(self) -> str:
        """Its flag."""
        return "--test-out" if self.is_test else "--out"


def wanted_of(recipe: Recipe, targets: Targets) -> list[Target]:
    """The manifests to write, checked to be writable.

    Raises:
        InputError: none was requested, or one that the set lacks.
        OutputError: one cannot be written in its place.
    """
    wanted: list[Target] = []
    if targets.out is not None:
        wanted.append(Target(targets.out, recipe.train))
    if targets.test_out is not None:
        if recipe.test is None:
            raise InputError(
                f"--test-out: expected a set with test images, found {recipe.name}",
                recipe.instead_of_test,
            )
        wanted.append(Target(targets.test_out, recipe.test, is_test=True))
    if not wanted:
        raise InputError(
            "expected --out FILE, --test-out FILE or both, found neither",
            f"For example labelfix prepare {recipe.name} DIR --out manifest.csv.",
        )
    for target in wanted:
        option, path = target.option, target.path
        if path.suffix.lower() not in SUFFIXES:
            raise OutputError(
                f"{option} {path}: expected a name that ends in one of {', '.join(SUFFIXES)}",
                f"For example {option} manifest.csv.",
            )
        atomic.check_place(option, path)
    if len({target.path.resolve() for target in wanted}) < len(wanted):
        raise OutputError(
            f"--out and --test-out: expected different files, found {targets.out} for both",
            "Name a file for each.",
        )
    return wanted


def check_options(recipe: Recipe, options: PrepareOptions) -> None:
    """Check that the set uses every given option.

    Raises:
        InputError: it does not use one.
    """
    for name, flag in FLAGS.items():
        if getattr(options, name) is not None and name not in recipe.takes:
            raise InputError(
                f"{flag}: expected a set that uses it, found {recipe.name}",
                f"Leave {flag} out.",
            )


IMAGE = "image"


@dataclass(frozen=True, kw_only=True)
class WrittenManifest:
    """A manifest that was written.

    Attributes:
        path: of the manifest.
        images: image names are relative to this folder.
        is_test: whether its rows are the test rows.
        rows, classes: how many.
        missing: how many rows lack their image.
        right_share: among labels whose true label is known; None if none is.
        notes: lines for a person.
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
        folder: the set's folder.
        options: of the recipe.
        targets: at least one manifest to write.
        progress: reports progress.

    Raises:
        InputError: the layout is wrong, or the set does not use an option.
        OutputError: a file cannot be written in its place.
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
    # Nothing is written before everything is read and checked.
    read = [(target, _of_classes(target.reader(sources), classes)) for target in wanted]
    checked = [(target, rows, _check(target.path, rows, layout)) for target, rows in read]
    return [_write(target, rows, missing) for target, rows, missing in checked]


def _check_not_read(path: Path, layout: Layout) -> None:
    """Check that no file of the set is overwritten."""
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
    """Check that rows can be written; return those, from 0, whose image is missing."""
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
        notes.append(f"missing images: {len(missing):,}, for example {shown}")
    return WrittenManifest(
        path=target.path,
        images=rows.folder,
        is_test=target.is_test,
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
