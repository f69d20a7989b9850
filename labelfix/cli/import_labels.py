"""`labelfix import`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from labelfix.cli import console
from labelfix.cli.session import working
from labelfix.cli.signature import Given, with_options, without
from labelfix.options.exchange_options import IMPORT_FORMATS, ImportOptions
from labelfix.options.workspace_options import WorkspaceOptions

EXAMPLE = "Example: labelfix import --from label-studio project-1.json"

STRANGERS_SHOWN = 10
COUNTS = ("rows", "added", "already_there", "unchanged", "without_label")
"""What is counted in a summary, in this order."""


def _complete_format(incomplete: str) -> list[str]:
    """The formats with a beginning."""
    return [name for name in IMPORT_FORMATS if name.startswith(incomplete)]


FromFormat = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="FORMAT",
        help=f"{', '.join(IMPORT_FORMATS[:-1])} or {IMPORT_FORMATS[-1]}.",
        show_default=False,
        autocompletion=_complete_format,
    ),
]
ImportSource = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="The file or folder that the tool has exported.", show_default=False
    ),
]


@with_options()
def import_labels(
    file: ImportSource,
    *,
    from_format: FromFormat,
    options: Given[ImportOptions],
    work: Annotated[WorkspaceOptions, without("force", "frozen")],
) -> None:
    """Take what people have decided in another tool as decisions of this workspace.

    Rows are joined by our own id, else by image name, else by content. Rows that belong to no row
    of the workspace are counted and named. The same file twice adds nothing.
    """
    chosen = options.made(format=from_format)
    with working(work) as session:
        from labelfix.exchange.importing import import_decisions
        from labelfix.exchange.workspace_rows import rows_in

        rows = rows_in(session.workspace)
        done = import_decisions(session.workspace.decisions, file, rows, chosen)
        session.progress.close()
        if session.as_json:
            console.print_json({"format": from_format, **asdict(done)})
            return
        for where in done.strangers[:STRANGERS_SHOWN]:
            session.progress.say(f"not in this workspace: {where}")
        if len(done.strangers) > STRANGERS_SHOWN:
            session.progress.say(f"and {len(done.strangers) - STRANGERS_SHOWN:,} more rows")
        counts = {name: getattr(done, name) for name in COUNTS}
        counts["not in this workspace"] = len(done.strangers)
        for name, count in counts.items():
            if count or name in ("rows", "added"):
                console.print_result(f"{name.replace('_', ' '):<24}{count:>8,}")
        if done.added:
            console.print_result("next: labelfix relabel --out fixed.csv")
