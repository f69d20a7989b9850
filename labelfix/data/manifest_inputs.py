"""The user's image folder and manifest, opened and checked before any work."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from labelfix.data import class_folders, image_paths, manifest
from labelfix.data.folder_metadata import metadata_manifest
from labelfix.data.image_places import ImagePlaces, place_images
from labelfix.data.labels_in_names import label_by_name, unmatched
from labelfix.data.manifest import Manifest
from labelfix.data.manifest_notes import notes_of
from labelfix.data.missing_images import check_complete, first_five
from labelfix.data.parquet_folder import parquet_manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError
from labelfix.options.manifest_options import AUTO, ManifestOptions
from labelfix.runtime.progress import Progress


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
        opened: the manifest as `read_with` reads it, where that was done already.
    """

    images: Path
    manifest: Path | None = None
    options: ManifestOptions = field(default_factory=ManifestOptions)
    embeddings: tuple[Path, ...] = ()
    labelled: bool = False
    audited: tuple[Path, ...] = ()
    opened: Manifest | None = None

    def read(self, *, needs_label: bool) -> Manifest | None:
        """The manifest, read once; None where there is none.

        An image folder's Parquet files are one if they hold the images, and where labels are
        needed its own metadata file.

        Raises:
            InputError: it is not usable.
        """
        if self.opened is not None:
            return self.opened
        options = self.options
        if self.manifest is not None:
            return read_with(self.manifest, options, needs_label=needs_label)
        if options.label_pattern is not None or options.folders != AUTO:
            return None
        inside = parquet_manifest(self.images, options.label_column, needs_label=needs_label)
        if inside is not None or not needs_label:
            return inside
        read = partial(read_with, options=options, needs_label=False)
        return metadata_manifest(self.images, read)


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
    opened = inputs.read(needs_label=True)
    if opened is None:
        opened, notes = _of_folder(inputs, labelled=True)
    places, missing = _placed(opened, inputs, reads_images=reads_images)
    opened = places.manifest
    _check_complete(places, inputs, missing, opened.rows_without_label())
    check_classes(opened)
    for note in [
        *opened.notes,
        *places.notes,
        *notes,
        *_unmatched(opened, inputs.options),
        *notes_of(opened),
    ]:
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
    opened = inputs.read(needs_label=inputs.labelled)
    if opened is None:
        opened, notes = _of_folder(inputs, labelled=inputs.labelled)
    places, missing = _placed(opened, inputs, reads_images=reads_images)
    opened = places.manifest
    _check_complete(places, inputs, missing)
    for note in [*opened.notes, *places.notes, *notes, *_unmatched(opened, inputs.options)]:
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
        return class_folders.folder_manifest(inputs.images, inputs.options.folders)
    opened, notes = class_folders.unlabelled_manifest(inputs.images)
    return opened if pattern is None else label_by_name(opened, pattern), notes


def _unmatched(opened: Manifest, options: ManifestOptions) -> list[str]:
    """A note about names that the label pattern does not match, if there are any."""
    unlabelled = opened.rows_without_label()
    if options.label_pattern is None or not unlabelled:
        return []
    return [f"rows {unmatched(opened, unlabelled, options.label_pattern)}"]


def _placed(
    opened: Manifest, inputs: EmbedInputs, *, reads_images: bool
) -> tuple[ImagePlaces, list[int]]:
    """The images' files, and the rows without one; no name leads out of the image folder."""
    if not reads_images:
        _check_named(opened)
        return ImagePlaces(manifest=opened), []
    places = place_images(opened, inputs.images, inputs.options.paths)
    image_paths.check_image_names(places.manifest, inputs.images, places.advice)
    missing = image_paths.rows_without_image(places.manifest, inputs.images)
    if missing and places.advice:  # said where such rows are quarantined; an error names it too
        note = f"{len(missing):,} rows have no image file: {places.advice.strip()}"
        places = replace(places, notes=(*places.notes, note))
    return places, missing


def _check_complete(
    places: ImagePlaces,
    inputs: EmbedInputs,
    missing: Sequence[int],
    unlabelled: Sequence[int] | None = None,
) -> None:
    """Check that no row lacks its image or its label, unless such rows are quarantined.

    Rows may be missing then, but not all of them.
    """
    opened, pattern = places.manifest, inputs.options.label_pattern
    none_left = len(missing) == len(opened)
    if inputs.options.missing == "error" or none_left:
        check_complete(
            opened,
            inputs.images,
            missing,
            unlabelled,
            without_label=unmatched(opened, unlabelled or [], pattern) if pattern else "",
            may_quarantine=not none_left,
            advice=places.advice,
        )


def _check_named(opened: Manifest) -> None:
    """Check that every row names its image, by which its vector is found."""
    unnamed = [f"row {row + 1}" for row, image in enumerate(opened.images) if not image]
    if unnamed:
        raise InputError(
            f"{opened.source.path}, column {opened.image_column!r}: expected a name in each of "
            f"the {len(opened)} rows, found none in {len(unnamed)} ({first_five(unnamed)})",
            "Give every image a name of its own.",
        )
