"""`labelfix report`."""

from pathlib import Path
from typing import Annotated

import typer

from labelfix.check_config import ReportOptions, RuleOptions
from labelfix.cli import check_options as options
from labelfix.cli import console
from labelfix.cli import options as cli
from labelfix.cli.session import working
from labelfix.config import DEFAULT_WORKSPACE
from labelfix.data.names import plain

EXAMPLE = "Example: labelfix report --out report.html --truth sample_data/truth.csv"

ReportOut = Annotated[
    Path,
    typer.Option("--out", "-o", help="Where the page goes: .html.", show_default=False),
]
TruthFile = Annotated[
    Path | None,
    typer.Option(
        "--truth",
        metavar="FILE",
        help="A table with an image column and a column true_label or label: shows how many "
        "labels are right, and whether the confidence is calibrated.",
        show_default=False,
    ),
]
MovedImages = Annotated[
    Path | None,
    typer.Option(
        "--images",
        metavar="DIR",
        help="Where the image folder is now, if it has moved since embed.",
        show_default=False,
    ),
]
MostCards = Annotated[
    int,
    typer.Option("--most-cards", help="Findings that are shown with their images."),
]


def report(
    out: ReportOut,
    truth: TruthFile = None,
    images: MovedImages = None,
    most_cards: MostCards = ReportOptions.most_cards,
    select: options.Select = None,
    ignore: options.Ignore = None,
    level: options.Level = None,
    min_confidence: options.MinWrong = None,
    near_duplicate: options.NearDuplicate = RuleOptions.near_duplicate,
    rare_class_images: options.RareClassImages = RuleOptions.rare_class_images,
    max_annotator_wrong_rate: options.MaxAnnotatorWrongRate = None,
    split_column: options.SplitColumn = RuleOptions.split_column,
    workspace: cli.WorkspaceFolder = Path(DEFAULT_WORKSPACE),
    quiet: cli.Quiet = False,
    as_json: cli.AsJson = False,
) -> None:
    """Write one page about the labels of a workspace, to look at in a browser.

    It is a single file that loads nothing from elsewhere: the noise, the likeliest errors with
    their images and the neighbours that speak for them, filters. What it shows is what relabel
    has found.
    """
    from labelfix.check.option_texts import rule_options

    rules = rule_options(
        RuleOptions(
            near_duplicate=near_duplicate,
            rare_class_images=rare_class_images,
            split_column=split_column,
        ),
        select=select or (),
        ignore=ignore or (),
        level=level or (),
        min_confidence=min_confidence or (),
        max_annotator_wrong_rate=max_annotator_wrong_rate or (),
    )
    with working(workspace, quiet=quiet, as_json=as_json) as session:
        from labelfix.check.finders.every import find
        from labelfix.data.atomic import check_place
        from labelfix.data.tables import CsvFormat
        from labelfix.judging.own_batch import own_batch
        from labelfix.report.contents import ReportContents
        from labelfix.report.page import write_report
        from labelfix.scoring.truth import read_truth

        check_place("--out", out)
        batch = own_batch(session.workspace, split_column, moved_to=images)
        true_labels = None
        if truth is not None:
            true_labels = read_truth(truth, CsvFormat(), batch.manifest)
        contents = ReportContents(
            batch, find(batch, rules), truth=true_labels, options=ReportOptions(most_cards)
        )
        size = write_report(out, contents, session.progress)
        session.progress.close()
        if session.as_json:
            console.print_json({"out": str(out), "bytes": size, "findings": len(contents.findings)})
        else:
            console.print_result(f"written to {plain(out)}")
