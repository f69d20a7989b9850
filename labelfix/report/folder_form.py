"""A report of any size: a page, and beside it a folder of pages by class and pair, and images."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote_from_bytes

from markupsafe import Markup

from labelfix.report.duplicate_groups import DuplicateGroup
from labelfix.report.folder_images import write_images
from labelfix.report.page_maker import Frame, Links, PageMaker, ShownCopies
from labelfix.report.page_source import FILE_IMAGES
from labelfix.report.report_place import ReportPlace
from labelfix.report.summary import Pair
from labelfix.report.thumbnails import Thumbnails
from labelfix.runtime.progress import Progress

FIRST_CARDS = 60
"""Cards on the page to open; the others are one click away."""
CARDS_OF_PAGE = 100
FIRST_GROUPS = 12
GROUPS_OF_PAGE = 60


@dataclass(frozen=True, kw_only=True)
class PageRange:
    """Where a page stands among those of one list.

    Attributes:
        first, last: the findings on it, counted from 1.
        findings: on all pages of the list.
        links: the number of each page and its address; empty for this one.
    """

    first: int
    last: int
    findings: int
    links: Sequence[tuple[int, str]] = field(repr=False)


class _Spool:
    """Rendered cards in a temporary file: they stand on several pages and fit in no memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._ends = [0]

    def add(self, card: str) -> None:
        self._file.write(card.encode())
        self._ends.append(self._file.tell())

    def cards(self, places: Iterable[int]) -> list[Markup]:
        self._file.flush()
        return [Markup(text) for text in self._read(places)]  # noqa: S704 (rendered with autoescape)

    def _read(self, places: Iterable[int]) -> Iterator[str]:
        for place in places:
            start, end = self._ends[place], self._ends[place + 1]
            self._file.seek(start)
            yield self._file.read(end - start).decode()


def write_folder(maker: PageMaker, folder: Path, place: ReportPlace, progress: Progress) -> str:
    """Write all pages and images but the page to open.

    Args:
        maker: of the pages.
        folder: an empty one, which will be renamed to that of the place.
        place: of the report.
        progress: advances with images and pages.

    Returns:
        The page to open.
    """
    thumbnails = write_images(maker, folder, progress)
    with tempfile.TemporaryFile() as file:
        writer = _FolderWriter(maker, folder, place, thumbnails, _Spool(file))
        return writer.write(progress)


class _FolderWriter:
    """Writes the pages of one folder."""

    def __init__(
        self,
        maker: PageMaker,
        folder: Path,
        place: ReportPlace,
        thumbnails: Thumbnails,
        spool: _Spool,
    ) -> None:
        self._maker = maker
        self._folder = folder
        self._place = place
        self._thumbnails = thumbnails
        self._spool = spool
        self._lists = _lists(maker)
        single = {pair.index: self._address_of_one(pair) for pair in maker.counts.pairs}
        self._links = Links(
            index=f"../{_quoted(place.page.name)}",
            folder=place.folder.name,
            findings="findings-1.html" if maker.findings else "",
            number_of_findings=len(maker.findings),
            of_class={
                one.label: f"{one.stem}-1.html" for one in self._lists if one.label is not None
            },
            of_pair=single,
        )

    def write(self, progress: Progress) -> str:
        maker = self._maker
        progress.begin("pages", len(maker.findings), "findings")
        for number, finding in enumerate(maker.findings):
            card = maker.cards.make(finding)
            anchor = f"finding-{number + 1}"
            text = maker.render_card(
                card, self._thumbnails, anchor=anchor, folder=self._place.folder
            )
            self._spool.add(text)
            progress.advance(1)
        for one in self._lists:
            self._write_list(one)
        self._write_groups()
        return self._index()

    def _address_of_one(self, pair: Pair) -> str:
        """The page of a pair; of a single finding that page of its class on which it stands."""
        if pair.cards > 1:
            return f"pair-{pair.index}-1.html"
        of_label = next((one for one in self._lists if one.label == pair.given), self._lists[0])
        place = self._maker.place_of_pair[pair.index]
        page = of_label.places.index(place) // CARDS_OF_PAGE + 1
        return f"{of_label.stem}-{page}.html#finding-{place + 1}"

    def _write_list(self, one: "_List") -> None:
        pages = -(-len(one.places) // CARDS_OF_PAGE)
        addresses = [f"{one.stem}-{page + 1}.html" for page in range(pages)]
        for page, address in enumerate(addresses):
            first = page * CARDS_OF_PAGE
            places = one.places[first : first + CARDS_OF_PAGE]
            extra = {
                "heading": one.heading,
                "pair": one.pair,
                "of_class": one if one.kind == "class" else None,
                "ways": self._ways(),
                "related": self._related(one),
                "pages": PageRange(
                    first=first + 1,
                    last=first + len(places),
                    findings=len(one.places),
                    links=[
                        (number + 1, "" if number == page else other)
                        for number, other in enumerate(addresses)
                    ],
                ),
            }
            frame = Frame(links=self._links, images=FILE_IMAGES, extra=extra)
            shown = [self._maker.findings[place] for place in places]
            text = self._maker.render_listing(self._spool.cards(places), shown, frame)
            (self._folder / address).write_text(text, encoding="utf-8", newline="\n")

    def _ways(self) -> list[tuple[str, str]]:
        ways = [("All findings", self._links.findings)] if self._maker.findings else []
        return [*ways, ("Duplicates", "duplicates-1.html")] if self._maker.groups else ways

    def _related(self, one: "_List") -> list[tuple[str, Pair, str, int]]:
        """The pairs that a class is in, the commonest first."""
        if one.kind != "class":
            return []
        return [
            (f"{pair.given} → {pair.suggested}", pair, self._links.of_pair[pair.index], pair.cards)
            for pair in self._maker.counts.pairs
            if one.label in (pair.given, pair.suggested) and pair.suggested != pair.given
        ][:20]

    def _write_groups(self) -> None:
        groups = self._maker.groups
        pages = -(-len(groups) // GROUPS_OF_PAGE)
        addresses = [f"duplicates-{page + 1}.html" for page in range(pages)]
        for page, address in enumerate(addresses):
            here = groups[page * GROUPS_OF_PAGE : (page + 1) * GROUPS_OF_PAGE]
            frame = Frame(
                thumbnails=self._thumbnails,
                copies=ShownCopies(groups=here, number=len(groups)),
                links=self._links,
                images=FILE_IMAGES,
                extra={
                    "heading": "Duplicates",
                    "pair": None,
                    "of_class": None,
                    "ways": self._ways(),
                    "related": [],
                    "group_pages": [
                        (number + 1, "" if number == page else other)
                        for number, other in enumerate(addresses)
                    ],
                },
            )
            text = self._maker.render_listing([], [], frame)
            (self._folder / address).write_text(text, encoding="utf-8", newline="\n")

    def _index(self) -> str:
        base = f"{_quoted(self._place.folder.name)}/"
        shown = self._maker.findings[:FIRST_CARDS]
        cards = [
            self._maker.render_card(
                self._maker.cards.make(one),
                self._thumbnails,
                base=base,
                folder=self._place.page.parent,
            )
            for one in shown
        ]
        frame = Frame(
            thumbnails=self._thumbnails,
            base=base,
            copies=self._first_groups(base),
            links=self._links.moved(base),
            images=FILE_IMAGES,
        )
        return self._maker.render_page(cards, shown, frame)

    def _first_groups(self, base: str) -> ShownCopies:
        groups: Sequence[DuplicateGroup] = self._maker.groups
        more = f"{base}duplicates-1.html" if len(groups) > FIRST_GROUPS else ""
        return ShownCopies(groups=groups[:FIRST_GROUPS], number=len(groups), more=more)


@dataclass(frozen=True, kw_only=True)
class _List:
    """Findings that have pages together.

    Attributes:
        kind: `all`, `class` or `pair`.
        stem: of its files.
        heading: of its pages.
        places: of its findings among all, the likeliest first.
        label: of a class; None for other lists.
        pair: None for other lists.
    """

    kind: str
    stem: str
    heading: str
    places: Sequence[int] = field(repr=False)
    label: str | None = None
    pair: Pair | None = None


def _lists(maker: PageMaker) -> list[_List]:
    """All findings, then those of each given label, then those of each pair with several."""
    by_label: dict[str, list[int]] = {}
    by_pair: dict[int, list[int]] = {}
    for place, finding in enumerate(maker.findings):
        by_label.setdefault(finding.given_label, []).append(place)
        by_pair.setdefault(maker.pair_of(finding), []).append(place)
    everything = range(len(maker.findings))
    lists = [_List(kind="all", stem="findings", heading="All findings", places=everything)]
    for rank, label in enumerate(sorted(one for one in by_label if one.strip())):
        lists.append(
            _List(
                kind="class",
                stem=f"class-{rank}",
                heading=f"Labelled {label}",
                places=by_label[label],
                label=label,
            )
        )
    for pair in maker.counts.pairs:
        if pair.cards > 1:
            lists.append(
                _List(
                    kind="pair",
                    stem=f"pair-{pair.index}",
                    heading=f"{pair.given} → {pair.suggested or 'no suggestion'}",
                    places=by_pair[pair.index],
                    pair=pair,
                )
            )
    return lists


def _quoted(name: str) -> str:
    """A file's name as a part of an address."""
    return quote_from_bytes(os.fsencode(name))
