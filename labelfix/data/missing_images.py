"""Why image files are missing: counted by cause and by folder, with three examples."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from labelfix.data import names
from labelfix.data.folder_files import ANY_CASE, ANY_ENDING, FolderFiles
from labelfix.data.image_endings import is_ignored
from labelfix.data.manifest import Manifest
from labelfix.data.path_forms import forms_of, is_url
from labelfix.errors import InputError

SHOWN = 3


def described(images: Sequence[str], rows: Sequence[int], folder: Path) -> str:
    """Rows whose image file is missing, by cause and by folder.

    Args:
        images: of all rows.
        rows: those that miss, from 0.
        folder: the image folder.
    """
    files = FolderFiles(folder)
    causes = Counter(_cause(images[row], files) for row in rows)
    counted = ", ".join(f"{count:,} {cause}" for cause, count in causes.most_common())
    if len(rows) <= SHOWN:
        return f"{counted} ({examples(images, rows)})"
    return f"{counted}; {by_folder(images, rows)}; for example {examples(images, rows)}"


def by_folder(images: Sequence[str], rows: Sequence[int]) -> str:
    """How many rows are in which written folder, the commonest first."""
    folders = Counter(str(PurePosixPath(images[row].replace("\\", "/")).parent) for row in rows)
    shown = [
        f"{count:,} {'without one' if name == '.' else f'in {names.to_text(name)!r}'}"
        for name, count in folders.most_common(SHOWN)
    ]
    more = len(folders) - SHOWN
    if more > 0:
        rest = len(rows) - sum(count for _, count in folders.most_common(SHOWN))
        shown.append(f"{rest:,} in {f'{more:,} others' if more > 1 else 'another'}")
    return f"by folder {', '.join(shown)}"


def examples(images: Sequence[str], rows: Sequence[int]) -> str:
    """The first rows with their paths."""
    return ", ".join(f"row {row + 1}: {names.to_text(images[row])}" for row in rows[:SHOWN])


def check_complete(
    opened: Manifest,
    folder: Path,
    missing: Sequence[int],
    unlabelled: Sequence[int] | None = None,
    *,
    without_label: str = "",
    may_quarantine: bool = True,
    advice: str = "",
) -> None:
    """Check that no row lacks its image or its label.

    Args:
        opened: the manifest.
        folder: the image folder.
        missing: the rows, from 0, without an image file.
        unlabelled: the rows without a label; None where labels are not needed.
        without_label: what to say of them; empty names the column.
        may_quarantine: whether to name the option that goes on without such rows.
        advice: what else to do about the images, a sentence and a space.

    Raises:
        InputError: a row lacks one of them.
    """
    problems = []
    if unlabelled:
        shown = first_five([f"row {row + 1}" for row in unlabelled])
        problems.append(
            without_label
            or f"{len(unlabelled)} without a label in the column {opened.label_column!r} ({shown})"
        )
    if missing:
        causes = described(opened.images, missing, folder)
        problems.append(f"{len(missing):,} whose image is not in {folder}: {causes}")
    if not problems:
        return
    encoding = ""
    if any(not names.is_valid(opened.images[row]) for row in missing):
        encoding = "If the manifest is not UTF-8, name its --encoding, for example cp1252. "
    wanted = "an image" if unlabelled is None else "a label and an image"
    go_on = "--missing quarantine leaves such rows as they are and goes on with the others."
    raise InputError(
        f"{opened.source.path}: expected {wanted} in each of the {len(opened)} rows, found "
        f"{' and '.join(problems)}",
        f"{encoding}{advice}Fix the manifest or name the right image folder"
        f"{f'; {go_on}' if may_quarantine else '.'}",
    )


def first_five(items: Sequence[str]) -> str:
    """The first five, and how many more there are."""
    more = f" and {len(items) - 5} more" if len(items) > 5 else ""
    return ", ".join(items[:5]) + more


def _cause(image: str, files: FolderFiles) -> str:
    """Why one image is missing."""
    forms = forms_of(image)
    if not forms:
        return "no path of a file"
    form = forms[-1]
    if is_ignored(form.parts[-1]):
        return "no image, as .DS_Store, Thumbs.db and ._ files are none"
    if is_url(image):
        return "URL"
    if form.root:
        return "absolute path"
    if files.at(form.path, ANY_CASE):
        return "there in another case"
    if files.at(form.path, ANY_ENDING):
        return "there with another ending"
    alike = files.ending_in(form.parts[-1])
    if alike:
        return "in another folder" if len(alike) == 1 else "in several other folders"
    folder = str(PurePosixPath(form.path).parent)
    is_there = any(f"{one}/".startswith(f"{folder}/") for one in files.folders) or folder == "."
    return "no such file" if is_there else "no such folder"
