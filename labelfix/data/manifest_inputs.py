"""The user's image folder and manifest, opened and checked before any work."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from labelfix.data import image_paths, manifest, names
from labelfix.data.columns import LABEL_COLUMNS
from labelfix.data.manifest import Manifest, manifest_from_names
from labelfix.data.manifest_notes import notes_of
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError
from labelfix.options.manifest_options import ManifestOptions, compiled_pattern
from labelfix.runtime.progress import Progress

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


@dataclass(frozen=True, kw_only=True)
class EmbedInputs:
    """The images and the manifest that the user gave.

    The last three fields matter only for images that a workspace was not trained on.

    Attributes:
        images: the image folder.
        manifest: None takes the folder's own images: one folder per class, or all of them without
            a label where labels are not expected.
        options: how the manifest is read.
        embeddings: files of vectors, where those of the workspace came from files: one for each
            encoder that is a file, in their order.
        labelled: whether the manifest must have a column of labels, and a folder class folders.
        audited: files of what persons have said of these images.
    """

    images: Path
    manifest: Path | None = None
    options: ManifestOptions = field(default_factory=ManifestOptions)
    embeddings: tuple[Path, ...] = ()
    labelled: bool = False
    audited: tuple[Path, ...] = ()


def open_manifest(inputs: EmbedInputs, progress: Progress, *, reads_images: bool) -> Manifest:
    """Read and check the user's manifest, or make one from the class folders.

    Args:
        inputs: what the user gave.
        progress: shows the notes of the manifest.
        reads_images: whether images will be opened; if not, they need not exist.

    Raises:
        InputError: something in it is unusable.
    """
    notes: list[str] = []
    if inputs.manifest is None:
        opened, notes = _of_folder(inputs, labelled=True)
    else:
        opened = read_with(inputs.manifest, inputs.options, needs_label=True)
    missing = _rows_without_image(opened, inputs, reads_images=reads_images)
    unlabelled = opened.rows_without_label()
    if inputs.options.missing == "error" or len(missing) == len(opened):
        _check_complete(opened, inputs, missing, unlabelled)
    check_classes(opened)
    for note in [*opened.notes, *notes, *_unmatched(opened, inputs.options), *notes_of(opened)]:
        progress.say(note)
    return opened


def check_classes(opened: Manifest) -> None:
    """Check that there are at least two classes.

    Raises:
        InputError: there is one class, or none.
    """
    classes = manifest.class_names_of(opened.given_labels)
    if len(classes) < 2:
        found = f"only {classes[0]!r}" if classes else "no label at all"
        raise InputError(
            f"{opened.source.path}, column {opened.label_column!r}: expected at least "
            f"2 classes, found {found}",
            "Name the right label column with --label-column, or add images of another class.",
        )


def open_unseen(inputs: EmbedInputs, progress: Progress, *, reads_images: bool) -> Manifest:
    """Read and check a manifest of new images, or list those of a folder.

    Unless `inputs.labelled`, labels and their column may be missing, and a folder has none.

    Args:
        inputs: what the user gave.
        progress: shows the notes.
        reads_images: whether images will be opened; if not, they need not exist.

    Raises:
        InputError: something in it is unusable.
    """
    notes: list[str] = []
    if inputs.manifest is not None:
        opened = read_with(inputs.manifest, inputs.options, needs_label=inputs.labelled)
    else:
        opened, notes = _of_folder(inputs, labelled=inputs.labelled)
    missing = _rows_without_image(opened, inputs, reads_images=reads_images)
    if inputs.options.missing == "error" or len(missing) == len(opened):
        _check_complete(opened, inputs, missing)
    for note in [*opened.notes, *notes, *_unmatched(opened, inputs.options)]:
        progress.say(note)
    return opened


def labelled_images(opened: Manifest) -> list[str]:
    """Every image with a label in at least one row, without repeats."""
    rows = zip(opened.images, opened.given_labels, strict=True)
    return list(dict.fromkeys(image for image, label in rows if label.strip()))


def read_with(path: Path, options: ManifestOptions, *, needs_label: bool = True) -> Manifest:
    """Read a manifest as the options say, with labels from image names if they say so."""
    pattern = options.label_pattern
    opened = manifest.read_manifest(
        path,
        CsvFormat(
            delimiter=options.delimiter,
            encoding=options.encoding,
            has_header=options.has_header,
            columns=options.columns,
        ),
        image_column=options.image_column,
        label_column=options.label_column,
        annotator_column=options.annotator_column,
        verified_column=options.verified_column,
        needs_label=needs_label and pattern is None,
    )
    return opened if pattern is None else label_by_name(opened, pattern)


def _of_folder(inputs: EmbedInputs, *, labelled: bool) -> tuple[Manifest, list[str]]:
    """The images of a folder without a manifest, and notes."""
    pattern = inputs.options.label_pattern
    if labelled and pattern is None:
        return image_paths.folder_manifest(inputs.images)
    opened, notes = image_paths.unlabelled_manifest(inputs.images)
    return opened if pattern is None else label_by_name(opened, pattern), notes


def _unmatched(opened: Manifest, options: ManifestOptions) -> list[str]:
    """A note about names that the label pattern does not match, if there are any."""
    unlabelled = opened.rows_without_label()
    if options.label_pattern is None or not unlabelled:
        return []
    return [f"rows {unmatched(opened, unlabelled, options.label_pattern)}"]


def _rows_without_image(opened: Manifest, inputs: EmbedInputs, *, reads_images: bool) -> list[int]:
    """The rows whose image is missing, after all names were found safe."""
    if not reads_images:
        _check_named(opened)
        return []
    image_paths.check_image_names(opened, inputs.images)
    return image_paths.rows_without_image(opened, inputs.images)


def _check_named(opened: Manifest) -> None:
    """Check that every row names its image, by which its vector is found."""
    unnamed = [f"row {row + 1}" for row, image in enumerate(opened.images) if not image]
    if unnamed:
        raise InputError(
            f"{opened.source.path}, column {opened.image_column!r}: expected a name in each of "
            f"the {len(opened)} rows, found none in {len(unnamed)} ({_first_five(unnamed)})",
            "Give every image a name of its own.",
        )


def _check_complete(
    opened: Manifest,
    inputs: EmbedInputs,
    missing: Sequence[int],
    unlabelled: Sequence[int] | None = None,
) -> None:
    """Check that no row lacks its image or, unless `unlabelled` is None, its label."""
    problems = []
    if unlabelled:
        shown = _first_five([f"row {row + 1}" for row in unlabelled])
        pattern = inputs.options.label_pattern
        problems.append(
            f"{len(unlabelled)} without a label in the column {opened.label_column!r} ({shown})"
            if pattern is None
            else unmatched(opened, unlabelled, pattern)
        )
    if missing:
        shown = _first_five(
            [f"row {row + 1}: {names.to_text(opened.images[row])}" for row in missing]
        )
        problems.append(f"{len(missing)} whose image is not in {inputs.images} ({shown})")
    encoding = ""
    if any(not names.is_valid(opened.images[row]) for row in missing):
        encoding = "If the manifest is not UTF-8, name its --encoding, for example cp1252. "
    wanted = "an image" if unlabelled is None else "a label and an image"
    go_on = "--missing quarantine leaves such rows as they are and goes on with the others."
    if inputs.options.missing != "error":  # rows may be missing, but not all of them
        go_on = ""
    if problems:
        raise InputError(
            f"{opened.source.path}: expected {wanted} in each of the "
            f"{len(opened)} rows, found {' and '.join(problems)}",
            f"{encoding}Fix the manifest or name the right image folder{'; ' * bool(go_on)}"
            f"{go_on or '.'}",
        )


def _first_five(items: Sequence[str]) -> str:
    more = f" and {len(items) - 5} more" if len(items) > 5 else ""
    return ", ".join(items[:5]) + more
