"""The report: one self-contained HTML file."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from labelfix.check.message_text import count
from labelfix.report import page_text
from labelfix.report.cards import Card, make_cards, ranks_of
from labelfix.report.charts import Plot
from labelfix.report.contents import ReportContents
from labelfix.report.figures import RELIABILITY_SIDE, make_figures
from labelfix.report.heat_map import STEPS
from labelfix.report.history_plot import history_plot
from labelfix.report.summary import count_all
from labelfix.report.thumbnails import Thumbnails, read_thumbnails
from labelfix.runtime import atomic
from labelfix.runtime.progress import Progress, Silent
from labelfix.version import __version__

TEMPLATES = Path(__file__).with_name("templates")

TEXT_SHARE = 0.6
"""The share of the page's remaining bytes that cards may take without their images."""
MOST_LISTED = 100
"""Lines of a list that no option limits."""


def write_report(target: Path, contents: ReportContents, progress: Progress | None = None) -> int:
    """Write the page atomically.

    Returns:
        Its size in bytes.

    Raises:
        OutputError: the file cannot be written.
    """
    page = render_report(contents, progress)
    atomic.write_text(target, page)
    return len(page.encode())


def render_report(contents: ReportContents, progress: Progress | None = None) -> str:
    """One self-contained HTML page; equal contents and image files give equal text.

    Images are read again from the folders of the batch and the reference. Those that are missing,
    or that the page has no room for, get a placeholder, and the page says how many.

    Args:
        contents: of the report.
        progress: shows the progress of reading images.
    """
    page = _Page(contents)
    cards = page.cards_with_room(make_cards(contents))
    without = page.render(cards, Thumbnails())
    room = contents.options.most_bytes - len(without.encode())
    thumbnails = read_thumbnails(contents.batch, cards, room, progress or Silent())
    return page.render(cards, thumbnails)


class _Page:
    """The templates and the figures of one page."""

    def __init__(self, contents: ReportContents) -> None:
        self._contents = contents
        self._figures = make_figures(contents)
        self._templates = environment(TEMPLATES)

    def cards_with_room(self, cards: Sequence[Card]) -> Sequence[Card]:
        """The first cards, as many as fit without their images.

        The length of a card depends on its labels, so it is rendered to be measured.
        """
        rest = len(self.render([], Thumbnails()).encode())
        left = TEXT_SHARE * (self._contents.options.most_bytes - rest)
        for place, text in enumerate(self._rendered(cards, Thumbnails())):
            left -= len(text.encode())
            if left < 0:
                return cards[:place]
        return cards

    def render(self, cards: Sequence[Card], thumbnails: Thumbnails) -> str:
        """The page with some cards and images."""
        style, script = source(TEMPLATES / "report.css"), source(TEMPLATES / "report.js")
        return self._templates.get_template("page.html.j2").render(
            contents=self._contents,
            figures=self._figures,
            counts=count_all(self._contents.findings, cards),
            cards=list(self._rendered(cards, thumbnails)),
            thumbnails=thumbnails,
            style=Markup(style),  # noqa: S704 (our own file)
            script=Markup(script),  # noqa: S704 (our own file)
            policy=content_security_policy(style, script),
            heat_steps=STEPS,
            most_listed=MOST_LISTED,
            plot=Plot(),
            reliability_side=RELIABILITY_SIDE,
            version=__version__,
            history_plot=history_plot(self._contents.history),
        )

    def _rendered(self, cards: Sequence[Card], thumbnails: Thumbnails) -> Iterator[Markup]:
        """Each card as HTML."""
        template = self._templates.get_template("card.html.j2")
        pairs = {
            (pair.given, pair.suggested): pair.index
            for pair in count_all(self._contents.findings, cards).pairs
        }
        ranks = ranks_of([label or "" for card in cards for label in card.pair])
        for card in cards:
            text = template.render(
                card=card, thumbnails=thumbnails, pair=pairs[card.pair], ranks=ranks
            )
            yield Markup(text)  # noqa: S704 (rendered with autoescape)


def source(path: Path) -> str:
    """A file of the package, with line ends as a browser normalises them before it hashes."""
    return path.read_text(encoding="utf-8").replace("\r\n", "\n")


def environment(*folders: Path) -> Environment:
    """The templates of some folders; they escape a user's text."""
    templates = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "visible": page_text.visible,
        "percent": page_text.percent,
        "span": page_text.span,
    }
    templates.filters.update(filters)
    templates.globals["counted"] = count
    return templates


def content_security_policy(style: str, script: str | None = None) -> str:
    """The policy of a page with one inline style and at most one inline script.

    Nothing is loaded, sent or embedded; any other script or style has no effect.

    Args:
        style: the text inside of the page's `style` element.
        script: the text inside of its `script` element; None where it has none.
    """
    return "; ".join(
        [
            "default-src 'none'",
            "img-src data:",
            f"style-src '{_hash(style)}'",
            "script-src 'none'" if script is None else f"script-src '{_hash(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        ]
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
