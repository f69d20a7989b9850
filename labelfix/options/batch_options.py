"""The options of `check` about one batch: what judges it, where the verdict goes, what is known."""

from dataclasses import dataclass
from pathlib import Path

from labelfix.options.option import option

REFERENCE_PANEL = "Against a reference"
OUTPUT_PANEL = "Output"
BASELINE_PANEL = "Baseline"

OUTPUT_FORMATS = (
    "full",
    "concise",
    "json",
    "json-lines",
    "github",
    "gitlab",
    "junit",
    "sarif",
    "markdown",
    "csv",
    "parquet",
)
"""The names in `check.formats.registry`."""

EXPECTED_WRONG_RATE = 0.2
"""The share of wrong labels that is expected of a batch before a reference has judged it."""


@dataclass(frozen=True, kw_only=True)
class ReferenceOptions:
    """What a batch is judged by, if not by itself.

    Attributes:
        reference: a trained workspace, which is only read.
        embeddings: the batch's vectors, one file for each encoder of precomputed vectors.
        expect_wrong_rate: the share of wrong labels that is expected before looking, as a
            person writes it.
    """

    reference: Path | None = option(
        None,
        "Judge the batch by this trained workspace, which is only read: its encoder, neighbours, "
        "denoisers and noise. Nothing is trained.",
        metavar="WORKSPACE",
        panel=REFERENCE_PANEL,
    )
    embeddings: tuple[Path, ...] = option(
        (),
        "The batch's vectors, if those of the reference came from --encoder precomputed:FILE; "
        "once for each such encoder, in the same order.",
        metavar="FILE",
        panel=REFERENCE_PANEL,
    )
    expect_wrong_rate: str | None = option(
        None,
        f"Wrong labels you expect before looking (default {100 * EXPECTED_WRONG_RATE:.0f} %, or "
        "the reference's rate if that is higher).",
        metavar="RATE",
        panel=REFERENCE_PANEL,
    )


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """Where the verdict goes.

    Attributes:
        output_format: one of `OUTPUT_FORMATS`.
        output_file: None takes the standard output.
        show_all: on a terminal, all findings instead of the likeliest.
        report: the page, if there is to be one.
        history: a file that gets one more line.
    """

    output_format: str = option(
        "full",
        "{choices}.",
        panel=OUTPUT_PANEL,
        choices=OUTPUT_FORMATS,
    )
    output_file: Path | None = option(
        None,
        "Where the findings go; default: the standard output.",
        short="-o",
        panel=OUTPUT_PANEL,
    )
    show_all: bool = option(
        False,
        "On a terminal, show every finding, not just the likeliest 20. A file or a pipe always "
        "gets all.",
        name="all",
        panel=OUTPUT_PANEL,
    )
    report: Path | None = option(
        None,
        "Also write a page to look at, as labelfix report does: .html.",
        metavar="FILE",
        panel=OUTPUT_PANEL,
    )
    history: Path | None = option(
        None,
        "Add a line with the outcome of this check: .jsonl or .csv; with --report, the page also "
        "shows the trend.",
        metavar="FILE",
        panel=OUTPUT_PANEL,
    )


@dataclass(frozen=True, kw_only=True)
class BaselineOptions:
    """What is done with the baseline.

    Attributes:
        baseline: its file; None for no baseline.
        update_baseline: whether it is to hold all findings afterwards.
        baseline_reason: why the new ones are accepted.
        baseline_expires: the last day on which they count, as a person writes it.
    """

    baseline: Path | None = option(
        None, "Accepted findings; only new ones fail.", metavar="FILE", panel=BASELINE_PANEL
    )
    update_baseline: bool = option(
        False,
        "Accept all findings: add the new ones to the baseline, drop entries whose finding is "
        "gone.",
        panel=BASELINE_PANEL,
    )
    baseline_reason: str = option(
        "",
        "With --update-baseline: why the new ones are accepted.",
        metavar="TEXT",
        panel=BASELINE_PANEL,
    )
    baseline_expires: str | None = option(
        None,
        "With --update-baseline: the last day on which they are accepted, such as 2030-01-31.",
        metavar="DAY",
        panel=BASELINE_PANEL,
    )
