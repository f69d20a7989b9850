"""The options of `check` alone, each written once."""

from pathlib import Path
from typing import Annotated

import typer

REFERENCE_PANEL = "Against a reference"
RULES_PANEL = "Rules"
THRESHOLDS_PANEL = "Thresholds"
OUTPUT_PANEL = "Output"
BASELINE_PANEL = "Baseline"

Reference = Annotated[
    Path | None,
    typer.Option(
        "--reference",
        metavar="WORKSPACE",
        help="Judge the batch by this trained workspace, which is only read: by its encoder, its "
        "neighbours, its denoisers and its noise. Nothing is trained.",
        show_default=False,
        rich_help_panel=REFERENCE_PANEL,
    ),
]
BatchEmbeddings = Annotated[
    list[Path] | None,
    typer.Option(
        "--embeddings",
        metavar="FILE",
        help="The batch's vectors, where those of the reference came from "
        "--encoder precomputed:FILE; once for each such encoder, in their order.",
        show_default=False,
        rich_help_panel=REFERENCE_PANEL,
    ),
]
ExpectWrongRate = Annotated[
    str | None,
    typer.Option(
        "--expect-wrong-rate",
        metavar="RATE",
        help="The share of wrong labels that each row is judged with; left out: 20%, or that of "
        "the reference where it is higher.",
        show_default=False,
        rich_help_panel=REFERENCE_PANEL,
    ),
]

Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="RULES",
        help="Only these, with commas between them; left out: all.",
        show_default=False,
        rich_help_panel=RULES_PANEL,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="RULES",
        help="Without these.",
        show_default=False,
        rich_help_panel=RULES_PANEL,
    ),
]
Level = Annotated[
    list[str] | None,
    typer.Option(
        "--level",
        metavar="RULE=LEVEL",
        help="Make a rule an error, a warning, or off.",
        show_default=False,
        rich_help_panel=RULES_PANEL,
    ),
]
MinWrong = Annotated[
    list[str] | None,
    typer.Option(
        "--min-confidence",
        metavar="P",
        help="A label is a finding where it is wrong with at least this probability; also "
        "RULE=P or CLASS=P. Left out: 0.5, and 0.2 for uncertain-label.",
        show_default=False,
        rich_help_panel=RULES_PANEL,
    ),
]
NearDuplicate = Annotated[
    float,
    typer.Option(
        "--near-duplicate",
        help="Cosine similarity from which two images are nearly the same.",
        rich_help_panel=RULES_PANEL,
    ),
]
RareClassImages = Annotated[
    int,
    typer.Option(
        "--rare-class-images",
        help="A class of fewer images is rare.",
        rich_help_panel=RULES_PANEL,
    ),
]
MaxAnnotatorWrongRate = Annotated[
    list[str] | None,
    typer.Option(
        "--max-annotator-wrong-rate",
        metavar="RATE",
        help="An annotator is noisy whose rate of wrong labels is above this even at the lower "
        "end of its 95 % interval. Left out: 10%.",
        show_default=False,
        rich_help_panel=RULES_PANEL,
    ),
]
SplitColumn = Annotated[
    str | None,
    typer.Option(
        "--split-column",
        help="The column that tells train from test; else split or subset, if there is one.",
        show_default=False,
        rich_help_panel=RULES_PANEL,
    ),
]

MaxWrongRate = Annotated[
    list[str] | None,
    typer.Option(
        "--max-wrong-rate",
        metavar="RATE",
        help="The share of wrong labels that passes, such as 2%; also CLASS=5%. Then single wrong "
        "labels do not fail the batch.",
        show_default=False,
        rich_help_panel=THRESHOLDS_PANEL,
    ),
]
On = Annotated[
    str,
    typer.Option(
        "--on",
        help="Which end of the rate's 95 % interval decides: lower, estimate or upper.",
        rich_help_panel=THRESHOLDS_PANEL,
    ),
]
MaxFindings = Annotated[
    list[str] | None,
    typer.Option(
        "--max-findings",
        metavar="N",
        help="The findings that pass; also RULE=N. Left out: none.",
        show_default=False,
        rich_help_panel=THRESHOLDS_PANEL,
    ),
]
MaxUnreadable = Annotated[
    list[str] | None,
    typer.Option(
        "--max-unreadable",
        metavar="N",
        help="The rows that pass without an image that can be read: a number, or a share as 1%.",
        show_default=False,
        rich_help_panel=THRESHOLDS_PANEL,
    ),
]
FailOn = Annotated[
    str,
    typer.Option(
        "--fail-on",
        help="The level from which findings fail the batch: error, warning or never.",
        rich_help_panel=THRESHOLDS_PANEL,
    ),
]

OutputFormat = Annotated[
    str,
    typer.Option(
        "--output-format",
        help="full, concise, json, json-lines, github, gitlab, junit, sarif or markdown.",
        rich_help_panel=OUTPUT_PANEL,
    ),
]
OutputFile = Annotated[
    Path | None,
    typer.Option(
        "--output-file",
        "-o",
        help="Where the findings go; left out: to the standard output.",
        show_default=False,
        rich_help_panel=OUTPUT_PANEL,
    ),
]
ReportFile = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Also write a page to look at, as labelfix report does: .html.",
        show_default=False,
        rich_help_panel=OUTPUT_PANEL,
    ),
]

BaselineFile = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="Findings that were accepted; only new ones fail.",
        show_default=False,
        rich_help_panel=BASELINE_PANEL,
    ),
]
UpdateBaseline = Annotated[
    bool,
    typer.Option(
        "--update-baseline",
        help="Accept all findings: write them into the baseline, without those that are no more.",
        rich_help_panel=BASELINE_PANEL,
    ),
]
BaselineReason = Annotated[
    str,
    typer.Option(
        "--baseline-reason",
        metavar="TEXT",
        help="With --update-baseline: why the new ones are accepted.",
        show_default=False,
        rich_help_panel=BASELINE_PANEL,
    ),
]
BaselineExpires = Annotated[
    str | None,
    typer.Option(
        "--baseline-expires",
        metavar="DAY",
        help="With --update-baseline: the last day on which they are, such as 2030-01-31.",
        show_default=False,
        rich_help_panel=BASELINE_PANEL,
    ),
]
