"""`labelfix audit`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labelfix.check_config import ReportOptions
from labelfix.cli import console
from labelfix.cli import options as cli
from labelfix.cli.session import working
from labelfix.config import DEFAULT_WORKSPACE, AuditOptions
from labelfix.data.names import plain
from labelfix.errors import OutputError

if TYPE_CHECKING:
    from labelfix.cli.session import Session

EXAMPLE = "Example: labelfix audit --budget 50 --out questions.csv --html questions.html"

Budget = Annotated[int, typer.Option("--budget", help="How many images to ask about, at most.")]
QuestionsOut = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        help="Where the table to fill in goes: .csv, .tsv or .parquet.",
        show_default=False,
    ),
]
PageOut = Annotated[
    Path | None,
    typer.Option(
        "--html",
        metavar="FILE",
        help="Also write a page with the images, to look at in a browser.",
        show_default=False,
    ),
]
DrawSeed = Annotated[
    int, typer.Option("--seed", help="Of the draw; another one asks about other images.")
]
MovedImages = Annotated[
    Path | None,
    typer.Option(
        "--images",
        metavar="DIR",
        help="With --html: where the image folder is now, if it has moved since embed.",
        show_default=False,
    ),
]


def audit(
    out: QuestionsOut,
    budget: Budget = AuditOptions.budget,
    html: PageOut = None,
    images: MovedImages = None,
    seed: DrawSeed = AuditOptions.seed,
    workspace: cli.WorkspaceFolder = Path(DEFAULT_WORKSPACE),
    quiet: cli.Quiet = False,
    as_json: cli.AsJson = False,
) -> None:
    """Choose the images whose true labels tell most, and write a table to fill in.

    A person writes what each image shows into its column verified_label. Given back with
    --audited, the answers are final for their images and correct the estimate for all others.
    """
    options = AuditOptions(budget, seed)
    with working(workspace, quiet=quiet, as_json=as_json) as session:
        from labelfix.data.corrections import VERIFIED
        from labelfix.judging.own_batch import own_batch
        from labelfix.review.questions import choose_questions
        from labelfix.review.questions_file import check_questions_file, write_questions

        batch = own_batch(session.workspace, moved_to=images)
        origin = batch.manifest.source
        source = None if origin.is_folder else Path(origin.path)
        check_questions_file(out, source, origin.delimiter)
        _check_page(html, out, source)
        questions = choose_questions(
            batch.manifest.images, batch.corrections, options.budget, seed=options.seed
        )
        write_questions(out, questions, origin.delimiter)
        if html is not None:
            from labelfix.review.page import write_page

            write_page(html, batch, questions, ReportOptions(), session.progress)
        session.progress.close()
        verified = batch.corrections.count(VERIFIED)
        _print(session, {"questions": len(questions), "verified": verified}, out, html)


def _check_page(html: Path | None, out: Path, source: Path | None) -> None:
    """See that the page can be written, and not over the table."""
    from labelfix.data.atomic import check_place

    if html is None:
        return
    if html.resolve() == out.resolve():
        raise OutputError(
            f"--out and --html: expected different files, found {html} for both",
            "Name a file for each.",
        )
    check_place("--html", html, source)


def _print(session: "Session", counts: dict[str, int], out: Path, html: Path | None) -> None:
    """What was written and what to do next, on stdout."""
    from labelfix.data.answers import CANNOT_TELL, NO_CLASS

    if session.as_json:
        console.print_json({**counts, "out": str(out), "html": html and str(html)})
        return
    console.print_result(f"{'questions':<18}{counts['questions']:>8,}")
    console.print_result(f"{'verified already':<18}{counts['verified']:>8,}")
    console.print_result(f"written to {plain(out)}")
    if html is not None:
        console.print_result(f"to look at: {plain(html)}")
    if counts["questions"]:
        console.print_result(
            f"next: write a class, {NO_CLASS!r} or {CANNOT_TELL!r} into the column "
            "verified_label,\n"
            f"then run labelfix run IMAGES MANIFEST --out fixed.csv --audited {plain(out)}"
        )
