"""The user's image folder and manifest, opened and checked before any work."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelfix.data import image_paths, label_pattern, manifest, names
from labelfix.data.findings import findings_in
from labelfix.data.manifest import Manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError
from labelfix.options.manifest_options import ManifestOptions
from labelfix.runtime.progress import Progress


@dataclass(frozen=True)
class EmbedInputs:
    """What the user gave: the image folder and, where there is one, the manifest's file."""

    images: Path
    manifest: Path | None = None
    options: ManifestOptions = field(default_factory=ManifestOptions)


def open_manifest(inputs: EmbedInputs, progress: Progress, *, reads_images: bool) -> Manifest:
    """Read and check the user's manifest, or make one of the class folders.

    Args:
        inputs: what the user gave.
        progress: is told what a person should know of the manifest.
        reads_images: whether images will be opened; if not, they need not be there.

    Raises:
        InputError: anything in it is not usable.
    """
    findings: list[str] = []
    if inputs.manifest is None:
        opened, findings = _of_folder(inputs, labelled=True)
    else:
        opened = read_with(inputs.manifest, inputs.options, needs_label=True)
    missing = _rows_without_image(opened, inputs, reads_images=reads_images)
    unlabelled = opened.rows_without_label()
    if inputs.options.missing == "error" or len(missing) == len(opened):
        _check_complete(opened, inputs, missing, unlabelled)
    manifest.check_classes(opened)
    for finding in [*findings, *_unmatched(opened, inputs.options), *findings_in(opened)]:
        progress.say(finding)
    return opened


def open_unseen(
    inputs: EmbedInputs, progress: Progress, *, reads_images: bool, labelled: bool = False
) -> Manifest:
    """Read and check a manifest of images that were not trained on, or list those of a folder.

    Labels may be missing; so may their column, and a folder has none unless they are expected.

    Args:
        inputs: what the user gave.
        progress: is told what a person should know.
        reads_images: whether images will be opened; if not, they need not be there.
        labelled: whether labels are expected: a manifest then has a column of them, and a folder
            without a manifest one folder for each class.

    Raises:
        InputError: anything in it is not usable.
    """
    findings: list[str] = []
    if inputs.manifest is not None:
        opened = read_with(inputs.manifest, inputs.options, needs_label=labelled)
    else:
        opened, findings = _of_folder(inputs, labelled=labelled)
    missing = _rows_without_image(opened, inputs, reads_images=reads_images)
    if inputs.options.missing == "error" or len(missing) == len(opened):
        _check_complete(opened, inputs, missing)
    for finding in [*findings, *_unmatched(opened, inputs.options)]:
        progress.say(finding)
    return opened


def labelled_images(opened: Manifest) -> list[str]:
    """Every image once that has a label in one row at least."""
    rows = zip(opened.images, opened.given_labels, strict=True)
    return list(dict.fromkeys(image for image, label in rows if label.strip()))


def read_with(path: Path, options: ManifestOptions, *, needs_label: bool = True) -> Manifest:
    """Read a manifest as the options say, with labels from names where these have a pattern."""
    pattern = options.label_pattern
    opened = manifest.read_manifest(
        path,
        CsvFormat(options.delimiter, options.encoding, options.has_header, options.columns),
        image_column=options.image_column,
        label_column=options.label_column,
        annotator_column=options.annotator_column,
        verified_column=options.verified_column,
        needs_label=needs_label and pattern is None,
    )
    return opened if pattern is None else label_pattern.label_by_name(opened, pattern)


def _of_folder(inputs: EmbedInputs, *, labelled: bool) -> tuple[Manifest, list[str]]:
    """The images of a folder without a manifest, and findings for a person."""
    pattern = inputs.options.label_pattern
    if labelled and pattern is None:
        return image_paths.folder_manifest(inputs.images)
    opened, findings = image_paths.unlabelled_manifest(inputs.images)
    return opened if pattern is None else label_pattern.label_by_name(opened, pattern), findings


def _unmatched(opened: Manifest, options: ManifestOptions) -> list[str]:
    """A line about names that the pattern for labels does not fit, where there are any."""
    unlabelled = opened.rows_without_label()
    if options.label_pattern is None or not unlabelled:
        return []
    return [f"rows {label_pattern.unmatched(opened, unlabelled, options.label_pattern)}"]


def _rows_without_image(opened: Manifest, inputs: EmbedInputs, *, reads_images: bool) -> list[int]:
    """The rows whose image is not there, once all names are known to be safe."""
    if not reads_images:
        _check_named(opened)
        return []
    image_paths.check_image_names(opened, inputs.images)
    return image_paths.rows_without_image(opened, inputs.images)


def _check_named(opened: Manifest) -> None:
    """See that every row names its image, by which its vector is found."""
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
    """See that no row lacks its image or, unless `unlabelled` is None, its label."""
    problems = []
    if unlabelled:
        shown = _first_five([f"row {row + 1}" for row in unlabelled])
        pattern = inputs.options.label_pattern
        problems.append(
            f"{len(unlabelled)} without a label in the column {opened.label_column!r} ({shown})"
            if pattern is None
            else label_pattern.unmatched(opened, unlabelled, pattern)
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
    if inputs.options.missing != "error":  # it was asked for, and nothing is left
        go_on = ""
    if problems:
        raise InputError(
            f"{opened.source.path}: expected {wanted} in each of the "
            f"{len(opened)} rows, found {' and '.join(problems)}",
            f"{encoding}Mend the manifest or name the right image folder{'; ' * bool(go_on)}"
            f"{go_on or '.'}",
        )


def _first_five(items: Sequence[str]) -> str:
    more = f" and {len(items) - 5} more" if len(items) > 5 else ""
    return ", ".join(items[:5]) + more
