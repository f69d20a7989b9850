"""What is to be written of a standard set, checked before anything is read."""

from dataclasses import dataclass
from pathlib import Path

from labelfix.data import outputs
from labelfix.errors import InputError, OutputError
from labelfix.prepare.recipe import PrepareOptions, Reader, Recipe

SUFFIXES = (".csv", ".tsv", ".parquet")
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
class Target:
    """One manifest to write, and what reads its rows."""

    path: Path
    reader: Reader
    is_test: bool = False

    @property
    def option(self) -> str:
        """How the user names it."""
        return "--test-out" if self.is_test else "--out"


def wanted_of(recipe: Recipe, targets: Targets) -> list[Target]:
    """The manifests to write, once it is sure that they can be written.

    Raises:
        InputError: none is asked for, or one that the set has not.
        OutputError: one cannot be written where it was asked for.
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
        outputs.check_place(option, path)
    if len({target.path.resolve() for target in wanted}) < len(wanted):
        raise OutputError(
            f"--out and --test-out: expected different files, found {targets.out} for both",
            "Name a file for each.",
        )
    return wanted


def check_options(recipe: Recipe, options: PrepareOptions) -> None:
    """See that every option says something to the set.

    Raises:
        InputError: one does not.
    """
    for name, flag in FLAGS.items():
        if getattr(options, name) is not None and name not in recipe.takes:
            raise InputError(
                f"{flag}: expected a set that has a use for it, found {recipe.name}",
                f"Leave {flag} out.",
            )
