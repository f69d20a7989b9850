"""`labelfix export`."""

from pathlib import Path
from typing import Annotated

import typer

from labelfix.cli import console
from labelfix.cli.arguments import MovedImages
from labelfix.cli.session import working
from labelfix.cli.signature import Given, with_options, without
from labelfix.data.names import plain, to_text
from labelfix.options.exchange_options import EXPORT_FORMATS, ExportOptions
from labelfix.options.workspace_options import WorkspaceOptions

EXAMPLE = "Example: labelfix export --to label-studio tasks"

LEFT_OUT_SHOWN = 5


def _complete_format(incomplete: str) -> list[str]:
    """The formats with a beginning."""
    return [name for name in EXPORT_FORMATS if name.startswith(incomplete)]


ToFormat = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="FORMAT",
        help=f"{', '.join(EXPORT_FORMATS[:-1])} or {EXPORT_FORMATS[-1]}.",
        show_default=False,
        autocompletion=_complete_format,
    ),
]
ExportTarget = Annotated[
    Path,
    typer.Argument(
        metavar="OUT",
        help="Where the export goes: a folder; with csv a .csv or .tsv file.",
        show_default=False,
    ),
]


@with_options()
def export(
    out: ExportTarget,
    *,
    to: ToFormat,
    options: Given[ExportOptions],
    images: MovedImages = None,
    work: Annotated[WorkspaceOptions, without("frozen")],
) -> None:
    """Write a workspace's labels for an annotation tool, or as a data set for training.

    What people change there comes back with labelfix import. Every row carries our own id, so
    that none is lost on the way.
    """
    chosen = options.made(format=to)
    with working(work) as session:
        from labelfix.exchange import registry
        from labelfix.exchange.workspace_rows import rows_in

        registry.check_target(out, chosen, replace_old=work.force)
        rows = rows_in(session.workspace, moved_to=images)
        written = registry.export(out, rows, chosen)
        session.progress.close()
        for image, reason in list(written.left_out.items())[:LEFT_OUT_SHOWN]:
            session.progress.say(f"left out {to_text(image)}: {reason}")
        if session.as_json:
            left_out = {to_text(image): why for image, why in written.left_out.items()}
            about = {"format": to, "rows": written.rows, "left_out": left_out}
            console.print_json({**about, "out": str(out)})
            return
        console.print_result(f"{'rows':<12}{written.rows:>10,}")
        if written.left_out:
            console.print_result(f"{'left out':<12}{len(written.left_out):>10,}")
        console.print_result(f"written to {plain(out)}")
