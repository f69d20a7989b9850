"""Renders pages and cards from the numbers of one report."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from labelfix.check.verdict import Finding
from labelfix.report.cards import Card, CardMaker, ImageKey, ranks_of, shown_findings
from labelfix.report.charts import Plot
from labelfix.report.contents import ReportContents
from labelfix.report.decision_data import decision_setup
from labelfix.report.duplicate_groups import DuplicateGroup, group_duplicates
from labelfix.report.figures import RELIABILITY_SIDE, make_figures
from labelfix.report.heat_map import STEPS
from labelfix.report.history_plot import history_plot
from labelfix.report.page_source import (
    DATA_IMAGES,
    TEMPLATES,
    content_security_policy,
    environment,
    source,
)
from labelfix.report.summary import count_all
from labelfix.report.thumbnails import Thumbnails
from labelfix.version import __version__

MOST_LISTED = 100
"""Lines of a list that no option limits."""
MOST_PAIRS = 20
"""Pairs that one file lists; its filter has them all."""
SCRIPTS = ("decisions.js", "viewer.js", "matrix.js", "report.js")
STYLES = ("report.css", "looking.css")


@dataclass(frozen=True, kw_only=True)
class Links:
    """Where the pages of a folder are, as seen from the page that links to them.

    Attributes:
        index: the page to open.
        folder: the name of the folder.
        findings: the first page of all findings.
        number_of_findings: on those pages.
        of_class: by given label.
        of_pair: by the index of the pair.
    """

    index: str
    folder: str
    findings: str
    number_of_findings: int
    of_class: dict[str, str] = field(default_factory=dict, repr=False)
    of_pair: dict[int, str] = field(default_factory=dict, repr=False)

    def moved(self, base: str) -> "Links":
        """The same as seen from the page to open."""
        return Links(
            index=self.index,
            folder=self.folder,
            findings=base + self.findings if self.findings else "",
            number_of_findings=self.number_of_findings,
            of_class={label: base + address for label, address in self.of_class.items()},
            of_pair={index: base + address for index, address in self.of_pair.items()},
        )


@dataclass(frozen=True, kw_only=True)
class ShownCopies:
    """The groups of copies on a page.

    Attributes:
        groups: that are shown.
        number: of all groups.
        left_out: how many have no room in a single file.
        more: where the others are; empty for nowhere.
    """

    groups: Sequence[DuplicateGroup] = field(default=(), repr=False)
    number: int = 0
    left_out: int = 0
    more: str = ""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What a page shows beside its cards.

    Attributes:
        thumbnails: the images, or those of duplicates where cards are rendered already.
        base: what stands before the path of an image.
        copies: groups of copies.
        links: to the pages of a folder; None in a single file.
        images: where the page's images may come from.
        dropped: how findings without room are introduced; empty for the likeliest-first limit.
        extra: further values for the template.
    """

    thumbnails: Thumbnails = field(default_factory=Thumbnails)
    base: str = ""
    copies: ShownCopies = field(default_factory=ShownCopies)
    links: Links | None = None
    images: str = DATA_IMAGES
    dropped: str = ""
    extra: dict[str, Any] = field(default_factory=dict, repr=False)


class PageMaker:
    """The templates, figures and counts of one report.

    Attributes:
        contents: of the report.
        findings: those with a card, the likeliest first.
        groups: of copies.
        counts: of all findings, and of those with a card.
        place_of_pair: the place of the likeliest finding of each pair, by the pair's index.
    """

    def __init__(self, contents: ReportContents) -> None:
        self.contents = contents
        self.findings = shown_findings(contents)
        self.groups = group_duplicates(contents.batch, contents.findings)
        self.counts = count_all(contents.findings, self.findings)
        self.cards = CardMaker(contents)
        self._figures = make_figures(contents)
        self._setup = decision_setup(contents.batch)
        self._templates = environment(TEMPLATES)
        self._card_template = self._templates.get_template("card.html.j2")
        self._style = source(*(TEMPLATES / name for name in STYLES))
        self._script = source(*(TEMPLATES / name for name in SCRIPTS))
        labels = {
            label for one in self.findings for label in (one.given_label, one.suggested_label)
        }
        self._ranks = ranks_of(["", *(label for label in labels if label is not None)])
        self._pairs = {pair.labels: pair.index for pair in self.counts.pairs}
        places = reversed(list(enumerate(self.findings)))
        self.place_of_pair = {self.pair_of(finding): place for place, finding in places}

    def pair_of(self, finding: Finding) -> int:
        """The index of the pair of a finding with a card."""
        return self._pairs[finding.given_label, finding.suggested_label]

    def render_card(
        self,
        card: Card,
        thumbnails: Thumbnails,
        *,
        base: str = "",
        anchor: str = "",
        folder: Path | None = None,
    ) -> Markup:
        """One card as HTML.

        Args:
            card: to render.
            thumbnails: the images that there are.
            base: what stands before the path of an image.
            anchor: its id on the page; empty for none.
            folder: of the page, for links to image files; None for no links.
        """
        text = self._card_template.render(
            card=card,
            thumbnails=thumbnails,
            pair=self.pair_of(card.finding),
            ranks=self._ranks,
            base=base,
            anchor=anchor,
            file_of=lambda key: self._link_to(key, folder),
        )
        return Markup(text)  # noqa: S704 (rendered with autoescape)

    def render_page(self, cards: Sequence[Markup], shown: Sequence[Finding], frame: Frame) -> str:
        """The page with everything: all figures, and some cards."""
        return self._render("page.html.j2", cards, shown, frame)

    def render_listing(
        self, cards: Sequence[Markup], shown: Sequence[Finding], frame: Frame
    ) -> str:
        """A page of cards or groups alone."""
        return self._render("listing.html.j2", cards, shown, frame)

    def _render(
        self, template: str, cards: Sequence[Markup], shown: Sequence[Finding], frame: Frame
    ) -> str:
        # Pages of a folder are many; only a single file says which findings it leaves out.
        everything = self.contents.findings if frame.links is None else shown
        here = count_all(everything, shown, self._pairs)
        counts = self.counts if frame.links else here
        values = {
            "contents": self.contents,
            "figures": self._figures,
            "counts": counts,
            "here": here,
            "ranks": self._ranks,
            "cards": cards,
            "thumbnails": frame.thumbnails,
            "base": frame.base,
            "copies": frame.copies,
            "links": frame.links,
            "dropped": frame.dropped,
            "pages": None,
            "pair_of": self._pairs,
            "setup": self._setup,
            "style": Markup(self._style),  # noqa: S704 (our own files)
            "script": Markup(self._script),  # noqa: S704 (our own files)
            "policy": content_security_policy(self._style, self._script, frame.images),
            "heat_steps": STEPS,
            "most_listed": MOST_LISTED,
            "most_classes": len(counts.classes) if frame.links else MOST_LISTED,
            "most_pairs": len(counts.pairs) if frame.links else MOST_PAIRS,
            "plot": Plot(),
            "reliability_side": RELIABILITY_SIDE,
            "version": __version__,
            "history_plot": history_plot(self.contents.history),
        }
        return self._templates.get_template(template).render({**values, **frame.extra})

    def _link_to(self, key: ImageKey, folder: Path | None) -> str:
        """A relative address of an image's file; empty where there is none."""
        images = self.contents.batch.reference if key.is_reference else self.contents.batch.images
        if folder is None or images is None or images.folder is None:
            return ""
        file = images.folder.absolute() / images.names[key.index]
        try:
            relative = os.path.relpath(file, folder.absolute())
        except ValueError:  # another drive
            return ""
        return quote(os.fsencode(relative.replace(os.sep, "/")))
