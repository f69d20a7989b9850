"""The options that every command has: where it works, what it runs again, how much it says."""

from dataclasses import dataclass
from pathlib import Path

from labelfix.options.option import option

DEFAULT_WORKSPACE = ".labelfix"
CHECK_WORKSPACE = ".labelfix-check"
"""Of `check`, so that a batch never replaces what `run` has trained."""

FORCE_WITH_IMAGES = "Run again what is up to date, and replace another data set in the workspace."
"""The help of `--force` where a command takes images."""


def named_workspace(workspace: Path) -> str:
    """A workspace as the next command has to name it; empty for the default."""
    return "" if workspace == Path(DEFAULT_WORKSPACE) else str(workspace)


@dataclass(frozen=True, kw_only=True)
class WorkspaceOptions:
    """Where a command works, and what it says.

    Attributes:
        workspace: the folder in which the stages keep their artefacts.
        force: run a stage again although it is up to date, and replace another data set.
        frozen: stop where an artefact of other inputs or options would be replaced.
        quiet: print the result only.
        as_json: print the result as JSON.
    """

    workspace: Path = option(
        Path(DEFAULT_WORKSPACE),
        "The folder of intermediate results, which later commands use.",
        short="-w",
        environment="LABELFIX_WORKSPACE",
    )
    force: bool = option(False, "Run every step again, even if it is up to date.")
    frozen: bool = option(False, "Stop instead of replacing results of other inputs or options.")
    quiet: bool = option(False, "Print only the result.", short="-q")
    as_json: bool = option(False, "Print the result as JSON.", name="json")
