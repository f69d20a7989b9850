"""A self-contained HTML page with the images of questions, on which a person answers them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from labelfix.check.message_text import count
from labelfix.data import names
from labelfix.data.answers import CANNOT_TELL, NO_CLASS
from labelfix.judging.batch import Batch
from labelfix.options.review_options import ReportOptions
from labelfix.report.cards import ImageKey, Peer
from labelfix.report.decision_data import decision_facts, decision_setup
from labelfix.report.page_maker import STYLES
from labelfix.report.page_source import TEMPLATES as REPORT_TEMPLATES
from labelfix.report.page_source import content_security_policy, environment, source
from labelfix.report.thumbnails import Thumbnails, read_thumbnails
from labelfix.review.question_choice import Question
from labelfix.runtime import atomic
from labelfix.runtime.progress import Progress, Silent
from labelfix.version import __version__

TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class QuestionCard:
    """A question with its image and the nearest ones.

    Attributes:
        asked: the question.
        key: its image; None where that is unreadable.
        peers: the most similar images, the nearest first.
        row_number: of its row in the manifest.
    """

    asked: Question
    key: ImageKey | None
    peers: Sequence[Peer] = field(repr=False)
    row_number: int

    @property
    def facts(self) -> dict[str, Any]:
        """What an answer is made of."""
        asked = self.asked
        candidates = [one.label for one in asked.candidates if one.label != asked.given_label]
        return decision_facts(
            names.to_text(asked.image),
            asked.given_label,
            candidates,
            row=self.row_number,
            chance=asked.chance,
        )

    @property
    def has_long_labels(self) -> bool:
        """Whether the neighbours' labels need room below their images."""
        return any(len(peer.label) > 5 for peer in self.peers)


def write_page(
    target: Path,
    batch: Batch,
    questions: Sequence[Question],
    options: ReportOptions,
    progress: Progress | None = None,
) -> int:
    """Write the page atomically.

    Returns:
        Its size in bytes.

    Raises:
        OutputError: the file cannot be written.
    """
    page = render_page(batch, questions, options, progress)
    atomic.write_text(target, page)
    return len(page.encode())


def render_page(
    batch: Batch,
    questions: Sequence[Question],
    options: ReportOptions,
    progress: Progress | None = None,
) -> str:
    """One self-contained HTML page; it loads and sends nothing.

    Answers stay in the browser and are exported as a table for `--audited`, as in the report.

    Args:
        batch: of the questions; its images are read again from their folder.
        questions: in the order of the table.
        options: how many neighbours are shown, and how large the page may get. Images that do not
            fit get a placeholder.
        progress: shows the progress of reading images.
    """
    cards = [_card(batch, asked, options.most_neighbours) for asked in questions]
    without = _render(batch, cards, Thumbnails())
    room = max(0, options.most_bytes - len(without.encode()))
    progress = progress or Silent()
    thumbnails = read_thumbnails(batch, cards, room, progress)
    unseen = [card for card in cards if card.key is None or card.key in thumbnails.unreadable]
    if unseen:
        image, key = unseen[0].asked.image, unseen[0].key
        reason = thumbnails.unreadable.get(key, "") if key is not None else "it was not embedded"
        progress.say(
            f"{count(len(unseen), 'image')} in question cannot be shown, "
            f"for example {names.to_text(image)}: {reason}"
        )
    return _render(batch, cards, thumbnails)


def _card(batch: Batch, asked: Question, most_neighbours: int) -> QuestionCard:
    index = int(batch.row_images[asked.row])
    number = batch.manifest.row_number(asked.row)
    if index < 0:
        return QuestionCard(asked, None, [], number)
    peers = list(_neighbours(batch, index, asked))[:most_neighbours]
    return QuestionCard(asked, ImageKey(is_reference=False, index=index), peers, number)


def _neighbours(batch: Batch, index: int, asked: Question) -> Iterator[Peer]:
    """The most similar images of an image, the nearest first."""
    known, nearest = batch.judges
    likeliest = asked.candidates[0].label if asked.candidates else ""
    for place in np.flatnonzero(nearest.indices[index] >= 0).tolist():
        peer = int(nearest.indices[index, place])
        label = known.labels[peer]
        yield Peer(
            key=ImageKey(is_reference=known is batch.reference, index=peer),
            name=names.to_text(known.names[peer]),
            label=label,
            similarity=float(nearest.similarities[index, place]),
            has_suggested_label=bool(label) and label == likeliest,
            has_given_label=bool(label) and label == asked.given_label,
        )


def _render(batch: Batch, cards: Sequence[QuestionCard], thumbnails: Thumbnails) -> str:
    style = source(*(REPORT_TEMPLATES / name for name in STYLES), TEMPLATES / "questions.css")
    script = source(*(REPORT_TEMPLATES / name for name in ("decisions.js", "viewer.js")))
    return (
        environment(TEMPLATES, REPORT_TEMPLATES)
        .get_template("questions.html.j2")
        .render(
            source=batch.manifest.source.path,
            cards=cards,
            thumbnails=thumbnails,
            specials=(NO_CLASS, CANNOT_TELL),
            style=Markup(style),  # noqa: S704 (our own files)
            script=Markup(script),  # noqa: S704 (our own files)
            policy=content_security_policy(style, script),
            setup=decision_setup(batch, is_whole_data_set=False),
            version=__version__,
        )
    )
