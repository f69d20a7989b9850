"""A report in one file: everything if it fits, or what a person needs to see most."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from labelfix.check.verdict import Finding
from labelfix.options.rule_options import ERROR
from labelfix.report.cards import Card, ImageKey
from labelfix.report.duplicate_groups import DuplicateGroup
from labelfix.report.image_reader import ImageReader
from labelfix.report.page_maker import Frame, PageMaker, ShownCopies
from labelfix.report.thumbnails import (
    MARKUP_BYTES,
    ROOMY_SIDES,
    SIDES,
    Sides,
    Thumbnails,
    cost_at,
    read_thumbnails,
)
from labelfix.runtime.progress import Progress

LIKELIEST = 60
"""Findings that are kept before any other: a screen or two of the likeliest errors."""
UNCERTAIN = "uncertain-label"
COPY_BYTES = 420
"""Bytes of markup around one image of a group, about."""
GROUP_BYTES = 500
"""Bytes around a group, about."""
MEASURED_CARDS = 50
"""Cards by which the size of a page is estimated before all are rendered."""


@dataclass(frozen=True)
class SinglePage:
    """The page, how many findings have a card, and the rules of the others."""

    html: str = field(repr=False)
    findings: int
    left_out: Sequence[str] = field(repr=False)


def make_single_page(
    maker: PageMaker, progress: Progress, *, must_fit: bool, folder: Path | None = None
) -> SinglePage | None:
    """The report as one page.

    Args:
        maker: of the page.
        progress: shows the progress of reading images.
        must_fit: leave out findings until it fits.
        folder: of the page, for links to image files.

    Returns:
        None where it does not fit, but need not.
    """
    batch = maker.contents.batch
    # One empty card: with it the page has its filters, and with all findings all their labels.
    frame = maker.render_page([Markup()], maker.findings, Frame())
    room = maker.contents.options.most_bytes - len(frame.encode())
    reader = ImageReader(batch)
    findings, groups = maker.findings, maker.groups
    smallest = SIDES[-1] if must_fit else ROOMY_SIDES[-1]
    if not _may_fit(maker, reader, room, smallest):
        if not must_fit:
            return None
        findings, groups = _kept(maker, reader, room, smallest)
    cards = [maker.cards.make(finding) for finding in findings]
    copies = ShownCopies(
        groups=groups, number=len(maker.groups), left_out=len(maker.groups) - len(groups)
    )
    texts = [maker.render_card(card, Thumbnails(), folder=folder) for card in cards]
    dropped = _DROPPED if must_fit else ""
    without = maker.render_page(texts, findings, Frame(copies=copies, dropped=dropped))
    left = maker.contents.options.most_bytes - len(without.encode())
    if left < 0 and not must_fit:
        return None
    sides = SIDES if must_fit else ROOMY_SIDES
    thumbnails = read_thumbnails(batch, [*cards, *groups], left, progress, sides)
    if not thumbnails.are_all_there and not must_fit:
        return None
    texts = [maker.render_card(card, thumbnails, folder=folder) for card in cards]
    shown = set(map(id, findings))
    return SinglePage(
        html=maker.render_page(
            texts, findings, Frame(thumbnails=thumbnails, copies=copies, dropped=dropped)
        ),
        findings=len(cards),
        left_out=[one.rule for one in maker.findings if id(one) not in shown],
    )


_DROPPED = (
    "There is no room in one file for all, and the uncertain ones are the last to be left out"
)


def _may_fit(maker: PageMaker, reader: ImageReader, room: int, sides: Sides) -> bool:
    """Whether all findings and groups would fit, estimated from a few cards."""
    step = max(1, len(maker.findings) // MEASURED_CARDS)
    sample = [maker.cards.make(one) for one in maker.findings[::step][:MEASURED_CARDS]]
    if not sample and not maker.groups:
        return True
    text, images = _card_costs(maker, reader, sample, sides)
    needed = len(maker.findings) * (text + images)
    copy = _copy_cost(reader, maker.groups, sides)
    needed += sum(GROUP_BYTES + copy * len(group.copies) for group in maker.groups)
    return needed <= room


def _kept(
    maker: PageMaker, reader: ImageReader, room: int, sides: Sides
) -> tuple[list[Finding], list[DuplicateGroup]]:
    """The findings and groups that fit: the likeliest, then the least certain, then the others."""
    order = keeping_order(maker.findings)
    kept: list[Finding] = []
    left = float(room)
    images = 0.0
    for place, finding in enumerate(order):
        card = maker.cards.make(finding)
        if place % MEASURED_CARDS == 0:
            batch = [maker.cards.make(one) for one in order[place : place + MEASURED_CARDS]]
            _, images = _card_costs(maker, reader, batch, sides)
        left -= len(maker.render_card(card, Thumbnails()).encode()) + images
        if left < 0:
            break
        kept.append(finding)
    groups: list[DuplicateGroup] = []
    if left > 0:
        copy = _copy_cost(reader, maker.groups, sides)
        for group in maker.groups:
            left -= GROUP_BYTES + copy * len(group.copies)
            if left < 0:
                break
            groups.append(group)
    shown = set(map(id, kept))
    return [one for one in maker.findings if id(one) in shown], groups


def keeping_order(findings: Sequence[Finding]) -> list[Finding]:
    """The order in which findings are kept where there is no room for all.

    The likeliest come first, for a reader wants to see them. Then come the uncertain labels, and of
    the others those with a probability near a half: the less sure labelfix is, the more a look
    tells. Those without a probability come last, errors before warnings.

    Args:
        findings: the likeliest first.
    """

    def uncertain_first(finding: Finding) -> tuple[bool, float, bool]:
        distance = 1.0 if finding.confidence is None else abs(finding.confidence - 0.5)
        return finding.rule != UNCERTAIN, distance, finding.level != ERROR

    return [*findings[:LIKELIEST], *sorted(findings[LIKELIEST:], key=uncertain_first)]


def _card_costs(
    maker: PageMaker, reader: ImageReader, cards: Sequence[Card], sides: Sides
) -> tuple[float, float]:
    """The bytes of one card's text and of its images, on average."""
    if not cards:
        return 0.0, 0.0
    text = sum(len(maker.render_card(card, Thumbnails()).encode()) for card in cards)
    own = Counter(card.key for card in cards if card.key is not None)
    peers = Counter(peer.key for card in cards for peer in card.peers)
    return text / len(cards), cost_at(reader, own, peers, sides) / len(cards)


def _copy_cost(reader: ImageReader, groups: Sequence[DuplicateGroup], sides: Sides) -> float:
    """The bytes of one image of a group, on average."""
    keys: Counter[ImageKey] = Counter(
        copy.key for group in groups for copy in group.copies if copy.key is not None
    )
    if not keys:
        return float(COPY_BYTES + MARKUP_BYTES)
    return COPY_BYTES + cost_at(reader, Counter(), keys, sides) / keys.total()
