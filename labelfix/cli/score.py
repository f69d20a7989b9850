"""`labelfix score`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from labelfix.cli import console
from labelfix.cli.signature import only, with_options
from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.workspace_options import WorkspaceOptions

EXAMPLE = "Example: labelfix score fixed.csv sample_data/truth.csv"

Corrected = Annotated[
    Path,
    typer.Argument(
        metavar="CORRECTED",
        help="A table that labelfix corrected: CSV or Parquet, also the corrections.parquet "
        "of a workspace.",
        show_default=False,
    ),
]
TruthTable = Annotated[
    Path,
    typer.Argument(
        metavar="TRUTH",
        help="CSV or Parquet with an image column and the true labels, of all images or of some.",
        show_default=False,
    ),
]
TruthColumn = Annotated[
    str | None,
    typer.Option(
        "--truth-column",
        help="The column of true labels in TRUTH; default: true_label, or label.",
        show_default=False,
    ),
]
TruthImageColumn = Annotated[
    str | None,
    typer.Option(
        "--truth-image-column",
        help="The column of image paths in TRUTH; default: the first of the names that "
        "--image-column knows.",
        show_default=False,
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="COLUMN=VALUE",
        help="Only the rows of CORRECTED with this value, for example split=test or "
        "action=relabel. May be given several times; then all conditions hold.",
        show_default=False,
    ),
]


@with_options()
def score(
    corrected: Corrected,
    truth: TruthTable,
    *,
    truth_column: TruthColumn = None,
    truth_image_column: TruthImageColumn = None,
    only: Only = None,
    columns: Annotated[
        ManifestOptions, only("image_column", "label_column", "delimiter", "encoding")
    ],
    work: Annotated[WorkspaceOptions, only("as_json")],
) -> None:
    """Measure how good corrected labels are, if true ones are known.

    How many labels are right before and after, which were fixed and which harmed, how well wrong
    ones are found, and whether the confidence holds. Rows without a true label do not count.
    """
    from labelfix.cli.score_text import score_as_json, score_lines
    from labelfix.data.tables import CsvFormat
    from labelfix.errors import InputError
    from labelfix.scoring.corrected_file import check_spelling, read_corrected
    from labelfix.scoring.scored_rows import score_rows
    from labelfix.scoring.truth_table import read_truth

    csv_format = CsvFormat(delimiter=columns.delimiter, encoding=columns.encoding)
    table = read_corrected(
        corrected,
        csv_format,
        image_column=columns.image_column,
        label_column=columns.label_column,
    )
    known = read_truth(
        truth,
        csv_format,
        table.manifest,
        image_column=truth_image_column,
        truth_column=truth_column,
    )
    every = table.rows(known)
    check_spelling(every, known, str(corrected))
    rows = every.of(table.chosen(only or ()))
    found = score_rows(rows)
    if found is None:
        raise InputError(
            f"{corrected}: expected rows with a given and a true label"
            f"{' among those of --only' if only else ''}, found none",
            f"Add true labels of such rows to {truth}.",
        )
    about: dict[str, Any] = {
        "corrected": str(corrected),
        "truth": str(truth),
        "only": list(only or ()),
        "rows_in": len(rows),
    }
    if work.as_json:
        console.print_json(about | score_as_json(found))
        return
    for line in score_lines(found, len(rows)):
        console.print_result(line)
