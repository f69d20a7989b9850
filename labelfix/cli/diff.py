"""`labelfix diff`."""

from pathlib import Path
from typing import Annotated

import typer

from labelfix.cli import console
from labelfix.cli.arguments import TableColumns
from labelfix.cli.signature import only, with_options
from labelfix.options.patch_options import JSON, MARKDOWN, DiffOptions
from labelfix.options.workspace_options import WorkspaceOptions
from labelfix.runtime.bulk import without_collection

EXAMPLE = "Example: labelfix diff sample_data/manifest.csv fixed.csv"

Old = Annotated[
    Path,
    typer.Argument(metavar="OLD", help="The manifest before.", show_default=False),
]
New = Annotated[
    Path,
    typer.Argument(
        metavar="NEW",
        help="The manifest after, or a table that labelfix has corrected.",
        show_default=False,
    ),
]


@with_options()
def diff(
    old: Old,
    new: New,
    *,
    options: DiffOptions,
    columns: TableColumns,
    work: Annotated[WorkspaceOptions, only("as_json")],
) -> None:
    """Show which labels differ between two manifests, by class pair.

    Rows are compared by their image, annotator and place among rows that have both in common, so
    they may stand in another order. NEW may also be a table that labelfix has corrected; then the
    confidence is shown.
    """
    from labelfix.data.manifest_inputs import read_with
    from labelfix.patches.difference_text import difference_lines, difference_markdown
    from labelfix.patches.differences import differences_as_json, find_differences
    from labelfix.patches.sources import read_other

    with without_collection():
        before = read_with(old, columns)
        found = find_differences(before, read_other(new, before, columns))
    if work.as_json or options.format == JSON:
        console.print_json(differences_as_json(found))
        return
    render = difference_markdown if options.format == MARKDOWN else difference_lines
    for line in render(found):
        console.print_result(line)
