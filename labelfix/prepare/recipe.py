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
    """One line of a list that is not blank."""

    number: int
    text: str


@dataclass(frozen=True)
class Layout:
    """The folder of a set.

    Attributes:
        root: what the user named.
        expects: what should lie where, for messages.
        read: the files that were read, which are never written to.
    """

    root: Path
    expects: str
    read: list[Path] = field(default_factory=list, repr=False)

    def has(self, name: str) -> bool:
        """Whether there is a file or folder of this name."""
        return (self.root / name).exists()

    def has_file(self, name: str) -> bool:
        """Whether there is a file of this name, and no folder."""
        return (self.root / name).is_file()

    def file(self, *choices: str) -> Path:
        """The first of some files that is there.

        Raises:
            InputError: none is.
        """
        for name in choices:
            if (self.root / name).is_file():
                self.read.append(self.root / name)
                return self.root / name
        raise self.missing("the file", choices)

    def folder(self, *choices: str) -> Path:
        """The first of some folders that is there.

        Raises:
            InputError: none is.
        """
        for name in choices:
            if (self.root / name).is_dir():
                return self.root / name
        raise self.missing("the folder", choices)

    def missing(self, kind: str, choices: Sequence[str]) -> InputError:
        """The error for something that is not where it should be."""
        wanted = " or ".join(choices)
        # The nearest folder that is there shows what is wrong.
        where = self.root
        for part in Path(choices[0]).parts[:-1]:
            where = where / part if (where / part).is_dir() else where
        return InputError(
            f"{self.root}: expected {kind} {wanted} in it, found in {where} {_entries(where)}",
            f"The layout: {self.expects}",
        )

    def lines(self, path: Path) -> list[ListLine]:
        """The lines of a list that are not blank, without spaces around them.

        Raises:
            InputError: the file cannot be read or has none.
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
        """The lines `path value` of a list, the value behind the last space or tab.

        Raises:
            InputError: a line has no such two parts.
        """
        found = []
        for line in self.lines(path):
            key, *value = line.text.rsplit(maxsplit=1)
            if not value:
                raise wrong_line(path, line, "a path and a value with a space between them")
            found.append((line, key, value[0]))
        return found


def wrong_line(path: Path, line: ListLine, expected: str) -> InputError:
    """The error for a line of a list that is not what it should be."""
    found = names.to_text(line.text[:200])
    return InputError(
        f"{path}, line {line.number}: expected {expected}, found {found!r}",
        "Copy the file again from the set as it was published.",
    )


def class_of(path: Path, line: ListLine, index: str, class_names: Sequence[str]) -> str:
    """The class that a line names by its number, from 0.

    Raises:
        InputError: it is no number of a class.
    """
    if not (index.isascii() and index.isdigit() and int(index) < len(class_names)):
        raise wrong_line(path, line, f"a class from 0 to {len(class_names) - 1}")
    return class_names[int(index)]


def _entries(folder: Path) -> str:
    """What lies in a folder, in a few words."""
    try:
        found = sorted(os.listdir(folder))  # noqa: PTH208 (names alone)
    except OSError as error:
        return f"nothing that can be read ({error.strerror or error})"
    return names.listed(found, most=ENTRIES_SHOWN) if found else "nothing"


LABEL = "label"
TRUE_LABEL = "true_label"
"""The clean label where somebody knows it; labelfix corrects without it."""


@dataclass(frozen=True)
class PrepareOptions:
    """What a recipe may be told.

    Attributes:
        noise: which noisy labels, where a set has several; None takes the clean ones.
        labels: the file of labels; None looks for it in the set's folder.
        images_out: where images go that lie in no files of their own.
    """

    noise: str | None = None
    labels: Path | None = None
    images_out: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of a split.

    Attributes:
        folder: that the images' names are relative to.
        source: the file or folder that names the images, for messages.
        images: N names, with `/`.
        columns: name to N values, `label` among them; an empty text is unknown.
        notes: what a person should know, a line each.
    """

    folder: Path
    source: Path
    images: Sequence[str] = field(repr=False)
    columns: Mapping[str, Sequence[str]] = field(repr=False)
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Sources:
    """What a recipe reads from: the set's folder and what the user said; it tells of its work."""

    layout: Layout
    options: PrepareOptions
    progress: Progress


Reader = Callable[[Sources], Rows]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One standard set.

    Attributes:
        name: what the user calls it.
        summary: a line for the list.
        expects: what lies where in its folder.
        train: reads the rows to correct.
        test: reads the test rows; None where the set has none.
        instead_of_test: where there is none, the way to one.
        takes: the options that say something to it, by their names in `PrepareOptions`.
    """

    name: str
    summary: str
    expects: str
    train: Reader
    test: Reader | None = None
    instead_of_test: str = ""
    takes: frozenset[str] = frozenset()
