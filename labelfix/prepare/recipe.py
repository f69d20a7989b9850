"""What a recipe is: how the rows of one standard set are read from its layout."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelfix.prepare.layout import Layout
from labelfix.runtime.progress import Progress

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


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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
