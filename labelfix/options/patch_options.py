"""The options of patches: whose changes, of which splits, and what happens to later edits."""

from dataclasses import dataclass

from labelfix.errors import OptionError
from labelfix.options.option import PROBABILITY, check_options, option

TEXT, JSON, MARKDOWN = "text", "json", "markdown"
DIFF_FORMATS = (TEXT, JSON, MARKDOWN)


@dataclass(frozen=True, kw_only=True)
class DiffOptions:
    """How differences are shown.

    Attributes:
        format: one of `DIFF_FORMATS`.
    """

    format: str = option(TEXT, "{choices}.", choices=DIFF_FORMATS)

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """Which splits' labels may be changed.

    Attributes:
        only: these alone; empty takes all but test splits.
        all_splits: test splits, too.
    """

    only: tuple[str, ...] = option(
        (),
        "Change labels of this split alone, such as train; may be given several times. Default: "
        "all but test splits, whose rows go to a list for review.",
        metavar="SPLIT",
    )
    all_splits: bool = option(False, "Change labels of test splits, too.")

    def __post_init__(self) -> None:
        check_options(self)
        if self.only and self.all_splits:
            raise OptionError(
                "{only}: expected it without {all_splits}, found both", "Leave one of them out."
            )


@dataclass(frozen=True, kw_only=True)
class PatchOptions:
    """What a new patch says of its changes, and which of them it takes.

    Attributes:
        who: the author; None takes what the source says.
        why: the reason; None takes what the source says.
        sure_from: changes of a smaller confidence go to review.
    """

    who: str | None = option(None, "Who made the changes; default: what the source says.")
    why: str | None = option(None, "Why they were made; default: what the source says.")
    sure_from: float = option(
        0.0,
        "Take changes that are right with at least this probability; others go to the list for "
        "review.",
        metavar="P",
        range=PROBABILITY,
    )

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True, kw_only=True)
class MergeOptions:
    """What happens where a row is not what the patch says.

    Attributes:
        theirs: keep labels that somebody else has changed since, without naming them.
        ours: overwrite them.
        skip_refused: leave out rows that are refused, and change the others.
    """

    theirs: bool = option(
        False,
        "Keep labels that somebody else has changed since. This is what happens anyway; with it "
        "they are only counted.",
    )
    ours: bool = option(False, "Overwrite labels that somebody else has changed since.")
    skip_refused: bool = option(
        False, "Leave out rows that are refused and change the others, instead of none."
    )

    def __post_init__(self) -> None:
        check_options(self)
        if self.theirs and self.ours:
            raise OptionError(
                "{theirs}: expected it without {ours}, found both", "Leave one of them out."
            )


@dataclass(frozen=True, kw_only=True)
class TargetOptions:
    """Where a changed manifest goes.

    Attributes:
        in_place: over the manifest itself.
        dry_run: nowhere; only check.
    """

    in_place: bool = option(False, "Write over MANIFEST itself instead of --out.")
    dry_run: bool = option(False, "Check every row and say what would happen; write nothing.")
