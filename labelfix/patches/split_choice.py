"""Which splits' labels may be changed: those asked for, and never a test split by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from labelfix.data.manifest import Manifest
from labelfix.errors import InputError
from labelfix.judging.splits import splits_of_rows

TEST_SPLITS = ("test", "testing", "eval", "evaluation", "holdout", "hold-out", "held-out")
"""In any case. What a model is measured by is changed only where somebody has asked for it."""


@dataclass(frozen=True, kw_only=True)
class SplitChoice:
    """The splits whose rows may be changed.

    Attributes:
        only: these alone; empty takes all but `TEST_SPLITS`.
        everything: rows of every split.
    """

    only: tuple[str, ...] = ()
    everything: bool = False

    def __post_init__(self) -> None:
        if self.only and self.everything:
            raise InputError(
                "--only and --all-splits: expected one of them, found both",
                "Leave one of them out.",
            )

    def takes(self, split: str) -> bool:
        """Whether a row of this split may be changed; a row without one always may."""
        if self.everything:
            return True
        if self.only:
            return split in self.only
        return split.casefold() not in TEST_SPLITS


@dataclass(frozen=True)
class RowSplits:
    """The split of each of R rows; empty texts where there are none."""

    of_rows: Sequence[str] = field(repr=False)

    def check(self, choice: SplitChoice, opened: Manifest) -> None:
        """Check that every split that was asked for exists.

        Raises:
            InputError: the manifest has no such split, or no splits at all.
        """
        present = sorted(set(self.of_rows) - {""})
        unknown = [split for split in choice.only if split not in present]
        if unknown:
            found = ", ".join(map(repr, present[:10])) or "no column of splits"
            raise InputError(
                f"--only {unknown[0]}: expected a split of {opened.source.path}, found {found}",
                "Name one of its splits, or its column with --split-column.",
            )


def row_splits(opened: Manifest, column: str | None) -> RowSplits:
    """The splits of a manifest's rows.

    Args:
        opened: the manifest.
        column: its column of splits; None takes a known one, if there is one.

    Raises:
        InputError: there is no such column.
    """
    found = splits_of_rows(opened, column)
    return RowSplits([""] * len(opened) if found is None else found)
