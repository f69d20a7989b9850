"""What a recipe is: how the rows of one standard set are read from the layout of its folder."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelfix.data import names
from labelfix.data.text_files import read_text
from labelfix.errors import InputError
from labelfix.progress import Progress

ENTRIES_SHOWN = 8


@dataclass(frozen=True)
class ListLine:
    """One line of a list; never blank."""

    number: int
    text: str


@dataclass(frozen=True)
class Layout:
    """The folder of a set.

    Attributes:
        root: the folder that the user named.
        expects: the expected layout, for errors.
        read: the files that were read; they are never overwritten.
    """

    root: Path
    expects: str
    read: list[Path] = field(default_factory=list, repr=False)

    def has(self, name: str) -> bool:
        """Whether a file or folder of this name exists."""
        return (self.root / name).exists()

    def has_file(self, name: str) -> bool:
        """Whether a file of this name exists."""
        return (self.root / name).is_file()

    def file(self, *choices: str) -> Path:
        """The first of some files that exists.

        Raises:
            InputError: none exists.
        """
        for name in choices:
            if (self.root / name).is_file():
                self.read.append(self.root / name)
                return self.root / name
        raise self.missing("the file", choices)

    def folder(self, *choices: str) -> Path:
        """The first of some folders that exists.

        Raises:
            InputError: none exists.
        """
        for name in choices:
            if (self.root / name).is_dir():
                return self.root / name
        raise self.missing("the folder", choices)

    def missing(self, kind: str, choices: Sequence[str]) -> InputError:
        """The error for a missing file or folder."""
        wanted = " or ".join(choices)
        # The deepest existing folder shows what is wrong.
        where = self.root
        for part in Path(choices[0]).parts[:-1]:
            where = where / part if (where / part).is_dir() else where
        return InputError(
            f"{self.root}: expected {kind} {wanted} in it, found in {where} {_entries(where)}",
            f"The layout: {self.expects}",
        )

    def lines(self, path: Path) -> list[ListLine]:
        """The lines of a list that are not blank, stripped.

        Raises:
            InputError: the file cannot be read or has no such line.
        """
        if path not in self.read:
            self.read.append(path)
        try:
            text = read_text(path)
        except InputError as error:
            raise InputError(error.message, "Copy it again, or save it as UTF-8.") from error
        found = [
            ListLine(number, line.strip())
            for number, line in enumerate(text.split("\n"), 1)
            if line.strip()
        ]
        if not found:
            raise InputError(f"{path}: expected a list, found an empty file", "Copy it again.")
        return found

    def pairs(self, path: Path) -> list[tuple[ListLine, str, str]]:
        """The lines `path value` of a list; the value follows the last space or tab.

        Raises:
            InputError: a line lacks one of the two.
        """
        found = []
        for line in self.lines(path):
            key, *value = line.text.rsplit(maxsplit=1)
            if not value:
                raise wrong_line(path, line, "a path and a value with a space between them")
            found.append((line, key, value[0]))
        return found


def wrong_line(path: Path, line: ListLine, expected: str) -> InputError:
    """The error for a malformed line of a list."""
    found = names.to_text(line.text[:200])
    return InputError(
        f"{path}, line {line.number}: expected {expected}, found {found!r}",
        "Copy the file again from the set as it was published.",
    )


def class_of(path: Path, line: ListLine, index: str, class_names: Sequence[str]) -> str:
    """The class whose number, from 0, a line names.

    Raises:
        InputError: it is not the number of a class.
    """
    if not (index.isascii() and index.isdigit() and int(index) < len(class_names)):
        raise wrong_line(path, line, f"a class from 0 to {len(class_names) - 1}")
    return class_names[int(index)]


def _entries(folder: Path) -> str:
    """The contents of a folder, in a few words."""
    try:
        found = sorted(os.listdir(folder))  # noqa: PTH208 (names alone)
    except OSError as error:
        return f"an unreadable folder ({error.strerror or error})"
    return names.listed(found, most=ENTRIES_SHOWN) if found else "nothing"


LABEL = "label"
TRUE_LABEL = "true_label"
"""The true label if it is known; labelfix does not use it for corrections."""


@dataclass(frozen=True)
class PrepareOptions:
    """The options of a recipe.

    Attributes:
        noise: which noisy labels, if a set has several; None takes the clean ones.
        labels: the file of labels; None looks for it in the set's folder.
        images_out: the folder for images that are not files yet.
    """

    noise: str | None = None
    labels: Path | None = None
    images_out: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of a split.

    Attributes:
        folder: image names are relative to it.
        source: the file or folder that names the images, for errors.
        images: N names, with `/`.
        columns: N values by column name, including `label`; an empty text is unknown.
        notes: lines for a person.
    """

    folder: Path
    source: Path
    images: Sequence[str] = field(repr=False)
    columns: Mapping[str, Sequence[str]] = field(repr=False)
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Sources:
    """What a recipe gets: the set's folder, the user's options, and progress to report to."""

    layout: Layout
    options: PrepareOptions
    progress: Progress


Reader = Callable[[Sources], Rows]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One standard set.

    Attributes:
        name: for the command line.
        summary: a line for the list.
        expects: the layout of its folder.
        train: reads the rows to correct.
        test: reads the test rows; None if the set has none.
        instead_of_test: if there are none, how to get some.
        takes: the fields of `PrepareOptions` that it uses.
    """

    name: str
    summary: str
    expects: str
    train: Reader
    test: Reader | None = None
    instead_of_test: str = ""
    takes: frozenset[str] = frozenset()
