"""The options that say how the user's tables of images and labels are read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelfix.errors import OptionError
from labelfix.options.option import check_options, option, refused

MANIFEST_PANEL = "The manifest"

AUTO = "auto"
AS_WRITTEN = "as-written"
RELATIVE_TO_MANIFEST = "relative-to-manifest"
MOVED_PREFIX = "moved-prefix"
BY_NAME = "by-name"
ANY_CASE = "any-case"
ANY_ENDING = "any-ending"
PATHS = (
    AUTO,
    AS_WRITTEN,
    RELATIVE_TO_MANIFEST,
    MOVED_PREFIX,
    BY_NAME,
    ANY_CASE,
    ANY_ENDING,
)
"""How image paths are read that do not fit as they are written."""
CLASS = "class"
SPLIT = "split"
FOLDERS = (AUTO, CLASS, SPLIT)
"""What the folders below an image folder without a manifest are."""


def column_names(text: str) -> tuple[str, ...]:
    """The names in `image,label`."""
    return tuple(name.strip() for name in text.split(","))


@dataclass(frozen=True, kw_only=True)
class ManifestOptions:
    """How the user's manifest is read.

    Attributes:
        image_column, label_column: None takes the first known name.
        annotator_column: the same; a manifest need not have one.
        verified_column: the same, for labels that a person has verified.
        delimiter, encoding: of a CSV file.
        has_header: whether a CSV file's first row names its columns.
        columns: their names where it has none; None takes `image`, `label`, `column_3` ...
        label_pattern: a regular expression that takes the label out of the image's name.
        paths: how image paths are read that do not fit as they are written; one of `PATHS`.
        folders: what the folders are where there is no manifest; one of `FOLDERS`.
        missing: what a row without an image file or a label does: `error` or `quarantine`.
        label_map: a CSV file that says which labels to read as others.
        merge_spellings: whether the corrected table has one spelling of each class.
    """

    image_column: str | None = option(
        None,
        "The column of image paths; default: the first with a usual name, such as image, path or "
        "file_name.",
        panel=MANIFEST_PANEL,
    )
    label_column: str | None = option(
        None,
        "The column of labels; default: the first with a usual name, such as label, class or "
        "category.",
        panel=MANIFEST_PANEL,
    )
    annotator_column: str | None = option(
        None,
        "The column that says who gave the label; default: the first of annotator, annotator_id, "
        "worker, worker_id, if there is one.",
        panel=MANIFEST_PANEL,
    )
    verified_column: str | None = option(
        None,
        "The column of labels that a person has verified, blank for all others; default: "
        "verified_label, if there is one.",
        panel=MANIFEST_PANEL,
    )
    delimiter: str = option(
        ",", "Between the fields of a CSV: a character, tab or space.", panel=MANIFEST_PANEL
    )
    encoding: str = option(
        "utf-8", "Encoding of a CSV, for example cp1252 or utf-16.", panel=MANIFEST_PANEL
    )
    has_header: bool = option(
        True,
        "The CSV's first row is an image already; its columns are image, label, column_3 ...",
        name="no_header",
        panel=MANIFEST_PANEL,
        to_line=lambda has_header: not has_header,
        from_line=lambda no_header: {"has_header": not no_header},
    )
    columns: tuple[str, ...] | None = option(
        None,
        "The names of a CSV's columns if it has no header, such as image,label; also for lists "
        "with spaces or tabs between the fields.",
        metavar="NAMES",
        panel=MANIFEST_PANEL,
        kind=str,
        from_line=lambda text: {"columns": column_names(text)},
    )
    label_pattern: str | None = option(
        None,
        "Take the label out of the image's path: the group named label, or the first one; for a "
        "list of images, or for the folder alone.",
        metavar="REGEX",
        panel=MANIFEST_PANEL,
    )
    paths: str = option(
        AUTO,
        "How image paths are read that do not fit as written: {choices}. {default} takes the one "
        "reading that fits all of them, and says so.",
        panel=MANIFEST_PANEL,
        choices=PATHS,
    )
    folders: str = option(
        AUTO,
        "Without a manifest, what the folders are: {choices}. class is class/image, split is "
        "split/class/image; {default} takes what they look like and refuses what can be both.",
        panel=MANIFEST_PANEL,
        choices=FOLDERS,
    )
    missing: str = option(
        "error",
        "What to do with a row that has no image file or no label: {choices}.",
        panel=MANIFEST_PANEL,
        choices=("error", "quarantine"),
    )
    label_map: Path | None = option(
        None,
        "A CSV with the columns from and to: each label in from is read, and written, as the one "
        "in to. A label that is mapped to itself stays a class, however alike another is spelt.",
        metavar="FILE",
        panel=MANIFEST_PANEL,
    )
    merge_spellings: bool = option(
        False,
        "Rewrite other spellings of a label to the commonest one; they are learned as one class "
        "anyway, but are kept as they are written.",
        panel=MANIFEST_PANEL,
    )

    def __post_init__(self) -> None:
        check_options(self)
        if self.columns is not None:
            check_columns("columns", self.columns)
        if self.label_pattern is None:
            return
        compiled_pattern("label_pattern", self.label_pattern)
        if self.label_column is not None:
            raise OptionError(
                "{label_pattern} cannot be combined with {label_column} {_found!r}",
                "Labels are either in a column or in the names: leave one of them out.",
                _found=self.label_column,
            )


def check_columns(name: str, columns: Sequence[str]) -> None:
    """Check that names of columns are different and not blank.

    Args:
        name: of the option's field.
        columns: what it was given.
    """
    found = repr(",".join(columns))
    if not columns or not all(column.strip() for column in columns):
        raise refused(
            name, "names with commas between them", found, f"For example {{{name}}} image,label."
        )
    if len(set(columns)) < len(columns):
        raise refused(name, "different names", found)


def compiled_pattern(name: str, pattern: str) -> re.Pattern[str]:
    """Compile a regular expression with a group that a user wrote.

    Args:
        name: of the option's field.
        pattern: what it was given.
    """
    example = (
        f"For example {{{name}}} '([^/]+)/[^/]+$', which takes the name of the image's folder."
    )
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise refused(name, "a regular expression", f"{pattern!r}: {error}", example) from error
    if not compiled.groups:
        raise refused(name, "a group in parentheses for the label", f"none in {pattern!r}", example)
    return compiled
