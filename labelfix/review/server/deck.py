"""The cards of a queue, in the form that the page reads, and which of them a filter shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from labelfix.data import names
from labelfix.judging.batch import Batch
from labelfix.report.decision_data import data_set_key
from labelfix.report.page_text import visible
from labelfix.review.server.stand_in import Peer, Queue

SHOWN_CHARACTERS = 80
MOST_CONFUSIONS = 200
"""Offered as a filter, and as groups."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which cards to show; what is empty or None shows all."""

    status: str = "open"
    reviewer: str = ""
    given: str | None = None
    suggested: str | None = None
    rule: str = ""
    annotator: str = ""
    text: str = ""
    least: float = 0.0
    most: float = 1.0


class Deck:
    """The rows of a batch as cards; a card's number is its row."""

    def __init__(self, batch: Batch, budget: int, seed: int) -> None:
        self.batch = batch
        self.queue = Queue(batch, budget, seed)
        self.folder: Path | None = batch.images.folder
        self.images: Sequence[str] = batch.manifest.images
        self.number_of = {image: row for row, image in reversed(list(enumerate(self.images)))}

    @property
    def source(self) -> str:
        """What is reviewed, for the page's title."""
        return visible(self.batch.manifest.source.path)

    @cached_property
    def key(self) -> str:
        """The same for the same images, whatever their labels are by now."""
        return data_set_key(self.batch)

    @cached_property
    def facets(self) -> dict[str, Any]:
        """What the filters offer."""
        pairs = self.batch.corrections.commonest_confusions(MOST_CONFUSIONS)
        return {"pairs": [list(pair) for pair in pairs], "rules": [], "annotators": []}

    @cached_property
    def classes(self) -> list[str]:
        """The classes that may be chosen, sorted."""
        batch = self.batch
        labels = {
            *batch.support,
            *batch.noise.class_names,
            *batch.manifest.given_labels,
            *(label for label in batch.corrections.suggested_label if label is not None),
        }
        return sorted(label for label in labels if label.strip())

    @cached_property
    def class_set(self) -> frozenset[str]:
        """The same, to look up."""
        return frozenset(self.classes)

    @cached_property
    def lower_names(self) -> list[str]:
        """The names of the images as a search compares them."""
        return [names.to_text(image).casefold() for image in self.images]

    def given(self, number: int) -> str:
        """The given label of a card; empty where there is none."""
        return str(self.batch.corrections.given_label[number] or "")

    def content_hash(self, number: int) -> str:
        """The sha256 of a card's file when it was embedded; empty if unknown."""
        image = int(self.batch.row_images[number])
        return self.batch.images.content_hashes[image] if image >= 0 else ""

    def chance(self, number: int) -> float | None:
        """The probability with which a card was drawn at random; None if it was chosen."""
        return self.queue.chances.get(number)

    def numbers(self, chosen: Filter) -> list[int]:
        """The numbers of the cards that a filter shows, in the order of the queue."""
        corrections = self.batch.corrections
        wanted = chosen.text.casefold()

        def fits(row: int) -> bool:
            if chosen.given is not None and self.given(row) != chosen.given:
                return False
            if (
                chosen.suggested is not None
                and corrections.suggested_label[row] != chosen.suggested
            ):
                return False
            return not wanted or wanted in self.lower_names[row]

        return [row for row in self.queue.order if fits(row)]

    def groups(self, kind: str) -> list[tuple[str, list[int]]]:
        """The titles and cards of groups, each in the order of the queue.

        Args:
            kind: `confusions` or `duplicates`.
        """
        if kind == "duplicates":
            return []
        corrections = self.batch.corrections
        found: dict[tuple[str, str], list[int]] = {}
        for row in self.queue.order:
            given, suggested = self.given(row), corrections.suggested_label[row]
            if suggested is not None and given != suggested:
                found.setdefault((given, suggested), []).append(row)
        ranked = sorted(found.items(), key=lambda one: -len(one[1]))
        return [
            (f"{visible(given, 40)} \u2192 {visible(suggested, 40)}", rows)
            for (given, suggested), rows in ranked
        ]

    def card(self, number: int) -> dict[str, Any] | None:
        """One card; None for an unknown number."""
        if not 0 <= number < len(self.images):
            return None
        row = self.queue.row(number)
        return {
            "number": number,
            "image": names.to_text(row.image),
            "name": visible(names.to_text(row.image)),
            "given": row.given_label,
            "candidates": [
                {"label": one.label, "probability": one.probability} for one in row.candidates
            ],
            "neighbours": [self._peer(peer) for peer in row.neighbours[:12]],
            "copies": [self._peer(peer) for peer in row.copies[:12]],
            "annotators": [list(pair) for pair in row.annotators],
            "reason": row.reason,
            "is_random": row.chance is not None,
            "wrong": row.wrong_probability,
        }

    def _peer(self, peer: Peer) -> dict[str, Any]:
        return {
            "number": peer.row,
            "label": peer.label,
            "similarity": round(peer.similarity, 3),
            "name": visible(names.to_text(self.images[peer.row]), SHOWN_CHARACTERS),
        }
