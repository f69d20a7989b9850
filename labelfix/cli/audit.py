"""`labelfix audit`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labelfix.cli import console
from labelfix.cli.session import working
from labelfix.cli.signature import with_options, without
from labelfix.data.names import plain
from labelfix.errors import OutputError
from labelfix.options.review_options import AuditOptions, ReportOptions
from labelfix.options.workspace_options import WorkspaceOptions

if TYPE_CHECKING:
    from labelfix.cli.session import Session

EXAMPLE = "Example: labelfix audit --budget 50 --out questions.csv --html questions.html"

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
MovedImages = Annotated[
    Path | None,
    typer.Option(
        "--images",
        metavar="DIR",
        help="With --html: where the image folder is now, if it has moved since embed.",
        show_default=False,
    ),
]


@with_options()
def audit(
    out: QuestionsOut,
    *,
    questions: AuditOptions,
    html: PageOut = None,
    images: MovedImages = None,
    work: Annotated[WorkspaceOptions, without("force", "frozen")],
) -> None:
    """Choose the images whose true labels would help most, and write a table to fill in.

    A person writes what each image shows into its column verified_label. Given back with
    --audited, the answers are final for their images and improve the estimate for all others.
    """
    with working(work) as session:
        from labelfix.data.corrections import VERIFIED
        from labelfix.judging.own_batch import own_batch
        from labelfix.review.question_choice import choose_questions
        from labelfix.review.questions_file import check_questions_file, write_questions

        batch = own_batch(session.workspace, moved_to=images)
        origin = batch.manifest.source
        source = None if origin.is_folder else Path(origin.path)
        check_questions_file(out, source, origin.delimiter)
        _check_page(html, out, source)
        chosen = choose_questions(
            batch.manifest.images, batch.corrections, questions.budget, seed=questions.seed
        )
        write_questions(out, chosen, origin.delimiter)
        if html is not None:
            from labelfix.review.question_page import write_page

            write_page(html, batch, chosen, ReportOptions(), session.progress)
        session.progress.close()
        verified = batch.corrections.count(VERIFIED)
        _print(session, {"questions": len(chosen), "verified": verified}, out, html)


def _check_page(html: Path | None, out: Path, source: Path | None) -> None:
    """Check that the page can be written, and not over the table."""
    from labelfix.runtime.atomic import check_place

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
