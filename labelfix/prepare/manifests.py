"""A standard set's manifests: read by its recipe, checked against the images, written whole."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from labelfix.data import image_paths, names, outputs, tables
from labelfix.data.manifest import manifest_from_names, read_manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError, OutputError
from labelfix.prepare.available import find_recipe
from labelfix.prepare.layout import Layout
from labelfix.prepare.recipe import LABEL, TRUE_LABEL, PrepareOptions, Reader, Recipe, Rows, Sources
from labelfix.progress import Progress

SUFFIXES = (".csv", ".tsv", ".parquet")
IMAGE = "image"
FLAGS = {"noise": "--noise", "labels": "--labels", "images_out": "--images-out"}


@dataclass(frozen=True)
class Targets:
    """What is to be written.

    Attributes:
        out: the manifest of the rows to correct.
        test_out: the manifest of the test rows.
        classes_of: a manifest; rows of other classes than its are left out.
    """

    out: Path | None = None
    test_out: Path | None = None
    classes_of: Path | None = None


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
    wanted = _wanted(recipe, targets)
    _check_options(recipe, options)
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
    sources = Sources(layout, options, progress)
    written = []
    for path, reader, is_test in wanted:
        rows = _of_classes(reader(sources), classes)
        _check_not_read(path, layout)
        written.append(_write(path, rows, is_test))
    return written


def _wanted(recipe: Recipe, targets: Targets) -> list[tuple[Path, Reader, bool]]:
    """The manifests to write, each with its reader, once it is sure that they can be written."""
    wanted: list[tuple[Path, Reader, bool]] = []
    if targets.out is not None:
        wanted.append((targets.out, recipe.train, False))
    if targets.test_out is not None:
        if recipe.test is None:
            raise InputError(
                f"--test-out: expected a set with test images, found {recipe.name}",
                recipe.instead_of_test,
            )
        wanted.append((targets.test_out, recipe.test, True))
    if not wanted:
        raise InputError(
            "expected --out FILE, --test-out FILE or both, found neither",
            f"For example labelfix prepare {recipe.name} DIR --out manifest.csv.",
        )
    for path, _, is_test in wanted:
        option = "--test-out" if is_test else "--out"
        if path.suffix.lower() not in SUFFIXES:
            raise OutputError(
                f"{option} {path}: expected a name that ends in one of {', '.join(SUFFIXES)}",
                f"For example {option} manifest.csv.",
            )
        outputs.check_place(option, path)
    if len({path.resolve() for path, _, _ in wanted}) < len(wanted):
        raise OutputError(
            f"--out and --test-out: expected different files, found {targets.out} for both",
            "Name a file for each.",
        )
    return wanted


def _check_options(recipe: Recipe, options: PrepareOptions) -> None:
    for name, flag in FLAGS.items():
        if getattr(options, name) is not None and name not in recipe.takes:
            raise InputError(
                f"{flag}: expected a set that has a use for it, found {recipe.name}",
                f"Leave {flag} out.",
            )


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


def _write(path: Path, rows: Rows, is_test: bool) -> WrittenManifest:
    labels = list(rows.columns[LABEL])
    manifest = manifest_from_names(rows.images, labels, rows.source)
    image_paths.check_image_names(manifest, rows.folder)
    missing = image_paths.rows_without_image(manifest, rows.folder)
    shown = names.listed([rows.images[row] for row in missing], most=3)
    if len(missing) == len(labels):
        raise InputError(
            f"{rows.source}: expected its images in {rows.folder}, found none of "
            f"{len(missing):,}, for example {shown}",
            "Unpack the images where the list expects them.",
        )
    notes = list(rows.notes)
    if missing:
        notes.append(f"images that are not there: {len(missing):,}, for example {shown}")
    table = pa.table(
        {
            IMAGE: [names.to_text(name) for name in rows.images],
            **{name: pa.array(values, pa.string()) for name, values in rows.columns.items()},
        }
    )
    tables.write_table(path, table, image_column=IMAGE)
    return WrittenManifest(
        path,
        rows.folder,
        is_test,
        rows=len(labels),
        classes=len(set(labels)),
        missing=len(missing),
        right_share=_right_share(rows),
        notes=notes,
    )


def _right_share(rows: Rows) -> float | None:
    """The share of right labels among those whose true label is known."""
    pairs = zip(rows.columns[LABEL], rows.columns.get(TRUE_LABEL, ()), strict=False)
    known = [given == true for given, true in pairs if true]
    return sum(known) / len(known) if known else None
