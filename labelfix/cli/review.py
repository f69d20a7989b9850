"""`labelfix review`."""

import getpass
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labelfix.cli import console
from labelfix.cli.arguments import MovedImages
from labelfix.cli.session import working
from labelfix.cli.signature import with_options, without
from labelfix.data.names import plain
from labelfix.options.review_options import ReviewOptions
from labelfix.options.workspace_options import WorkspaceOptions

if TYPE_CHECKING:
    from labelfix.cli.session import Session
    from labelfix.review.server.desk import Desk
    from labelfix.review.server.serving import Opened

EXAMPLE = "Example: labelfix review --budget 200 --reviewer anna"

RelabelledOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        help="Where a relabel from the page writes the corrected table; default: fixed.csv in the "
        "workspace.",
        show_default=False,
    ),
]


@with_options()
def review(
    *,
    images: MovedImages = None,
    out: RelabelledOut = None,
    page: ReviewOptions,
    work: Annotated[WorkspaceOptions, without("force", "frozen")],
) -> None:
    """Open a page in the browser on which you decide about doubtful labels.

    The page is served on this machine alone, at an address with a secret, until Ctrl-C. Every
    decision is at once in decisions.sqlite in the workspace. Several reviewers may work on one
    workspace at once, each with a name of their own.
    """
    with working(work) as session:  # the lock is held while results are read, not while one decides
        from labelfix.data.decision_store import DecisionStore
        from labelfix.review.random_part import RandomPart
        from labelfix.review.review_data import load_review
        from labelfix.review.server.deck import Deck
        from labelfix.review.server.desk import Desk, Plan
        from labelfix.review.server.serving import open_socket
        from labelfix.runtime.atomic import check_output

        workspace = session.workspace

        def make_deck() -> Deck:
            data = load_review(workspace, moved_to=images)
            return Deck(data, RandomPart.of(data, store, seed=page.seed))

        target = out or workspace.root / "fixed.csv"
        opened = open_socket(page.port)
        store = DecisionStore.open(workspace.decisions)
        plan = Plan(budget=page.budget, seed=page.seed, stop_at=page.stop_at)
        desk = Desk(make_deck, store, plan)
        origin = desk.deck.data.batch.manifest.source
        check_output(target, None if origin.is_folder else Path(origin.path))
        session.progress.close()
    with store:
        _serve(session, desk, opened, page, target)


def _serve(
    session: "Session", desk: "Desk", opened: "Opened", page: ReviewOptions, target: Path
) -> None:
    """Serve the page until the process is asked to end."""
    from labelfix.review.server.application import Review
    from labelfix.review.server.relabel_run import RelabelRun
    from labelfix.review.server.serving import serve

    relabel = RelabelRun(_relabel_command(session, target), desk.reload)
    about = {
        "reviewer": page.reviewer or _login(),
        "run": secrets.token_hex(4),
        "out": plain(target),
        "canRelabel": True,
    }

    def tell_bug(error: Exception) -> None:
        console.show_line(f"error: a request failed: {type(error).__name__}: {plain(error)}")

    def tell_address() -> None:
        if session.as_json:
            console.print_json({"address": opened.address, "port": opened.port})
        else:
            console.print_result(opened.address)
        session.progress.say("Decide in the browser at this address; Ctrl-C here ends it.")
        if page.browser:
            _open_browser(opened.address)

    try:
        serve(Review(desk, relabel, about, tell_bug).application(), opened, tell_address)
    finally:
        relabel.close()


def _relabel_command(session: "Session", target: Path) -> Sequence[str]:
    """The command that runs relabel as it ran last, with the decisions of the workspace."""
    from labelfix.data.records import read_record

    record = read_record(session.workspace.corrections)
    options = {} if record is None else record.options
    words = ["-m", "labelfix", "relabel", "--quiet", "--out", str(target)]
    words += ["--workspace", str(session.workspace.root)]
    for name in ("min_precision", "min_confidence"):
        if options.get(name) is not None:
            words += [f"--{name.replace('_', '-')}", repr(options[name])]
    return [sys.executable, *words]


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "reviewer"


def _open_browser(address: str) -> None:
    """Open a browser without waiting for it; without one, the printed address is there."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
