"""`labelfix report`."""

from pathlib import Path
from typing import Annotated

import typer

from labelfix.cli import console
from labelfix.cli.arguments import MovedImages
from labelfix.cli.session import working
from labelfix.cli.signature import Given, with_options, without
from labelfix.data.names import plain
from labelfix.options.review_options import ReportOptions
from labelfix.options.rule_options import RuleOptions
from labelfix.options.workspace_options import WorkspaceOptions

EXAMPLE = "Example: labelfix report --out report.html --truth sample_data/truth.csv"

ReportOut = Annotated[
    Path,
    typer.Option(
        "--out", "-o", help="Where the page goes: .html, or a folder.", show_default=False
    ),
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


@with_options()
def report(
    out: ReportOut,
    *,
    truth: TruthFile = None,
    images: MovedImages = None,
    page: ReportOptions,
    rules: Given[RuleOptions],
    work: Annotated[WorkspaceOptions, without("force", "frozen")],
) -> None:
    """Write one page about the labels of a workspace, to look at in a browser.

    The likeliest errors come first, with their images and the neighbours that support them; a
    click enlarges one. Below are classes, pairs, duplicates and the noise. What you decide there
    is exported as a CSV file for --audited. The page loads nothing from elsewhere; beyond 5 MB it
    has a folder of pages and images beside it.
    """
    from labelfix.check.option_texts import rule_options

    chosen = rule_options(rules.made(), **rules.written)
    with working(work) as session:
        from labelfix.check.rules.registry import find
        from labelfix.data.shares import share_as_json
        from labelfix.data.tables import CsvFormat
        from labelfix.judging.own_batch import own_batch
        from labelfix.report.contents import ReportContents
        from labelfix.report.page import write_report
        from labelfix.report.report_place import place_of
        from labelfix.runtime.atomic import check_place
        from labelfix.scoring.truth_table import read_truth

        place = place_of(out)
        check_place("--out", place.page)
        place.check()
        batch = own_batch(session.workspace, chosen.split_column, moved_to=images)
        true_labels = None
        if truth is not None:
            true_labels = read_truth(truth, CsvFormat(), batch.manifest)
        contents = ReportContents(
            batch=batch, findings=find(batch, chosen), truth=true_labels, options=page
        )
        written = write_report(out, contents, session.progress)
        session.progress.close()
        for remark in written.remarks:
            session.progress.say(remark)
        if session.as_json:
            wrong = contents.wrong_share
            console.print_json(
                {
                    "out": str(written.page),
                    "folder": written.folder and str(written.folder),
                    "bytes": written.bytes,
                    "findings": len(contents.findings),
                    "left_out": written.left_out,
                    "labels": contents.labels.as_json(),
                    "wrong_share": None if wrong is None else share_as_json(wrong),
                }
            )
        else:
            beside = f" and {plain(written.folder)}" if written.folder is not None else ""
            console.print_result(f"written to {plain(written.page)}{beside}")
