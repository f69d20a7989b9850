"""The options that every command has: where it works, what it runs again, how much it says."""

from dataclasses import dataclass
from pathlib import Path

from labelfix.options.option import option

DEFAULT_WORKSPACE = ".labelfix"


@dataclass(frozen=True, kw_only=True)
class WorkspaceOptions:
    """Where a command works, and what it says.

    Attributes:
        workspace: the folder in which the stages keep their artefacts.
        force: run a stage again although it is up to date.
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
