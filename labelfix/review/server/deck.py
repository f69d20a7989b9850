"""The cards of a workspace, in the form that the page reads; a card's number is its row."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from labelfix.data import names
from labelfix.report.decision_data import data_set_key
from labelfix.report.page_text import visible
from labelfix.review.evidence import LikeImage, evidence_of
from labelfix.review.random_part import RandomPart
from labelfix.review.review_data import ReviewData

SHOWN_CHARACTERS = 120
"""Of a name or of a source."""
MOST_LIKE = 8
"""Images beside a candidate, and copies."""
MOST_CONFUSIONS = 200
"""Offered as a filter, and as groups."""
CONFUSIONS, DUPLICATES = "confusions", "duplicates"
KINDS_OF_GROUPS = (CONFUSIONS, DUPLICATES)


class Deck:
    """The judged rows of a workspace, each image once.

    Args:
        data: what a person sees of them.
        random_part: the frame of the random questions.
    """

    def __init__(self, data: ReviewData, random_part: RandomPart) -> None:
        self.data = data
        self.random_part = random_part
        self.folder: Path | None = data.batch.images.folder
        self.images: Sequence[str] = data.batch.manifest.images

    @property
    def source(self) -> str:
        """What is reviewed, for the page's title."""
        return visible(self.data.batch.manifest.source.path, SHOWN_CHARACTERS)

    @cached_property
    def key(self) -> str:
        """The same for the same images, whatever their labels are by now."""
        return data_set_key(self.data.batch)

    @cached_property
    def classes(self) -> list[str]:
        """The classes that may be chosen, sorted."""
        batch = self.data.batch
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
    def by_gain(self) -> list[int]:
        """The cards, the likeliest wrong label first."""
        wrong = self.data.wrong
        return sorted(self.data.rows.tolist(), key=lambda row: (-wrong[row], row))

    @cached_property
    def facets(self) -> dict[str, Any]:
        """What the filters offer, each with how many rows it is about."""
        rules = Counter(rule for of_row in self.data.rules_of.values() for rule in of_row)
        annotators: Counter[str] = Counter()
        if self.data.batch.manifest.annotators is not None:
            annotators.update(
                one.annotator
                for row in self.data.rows.tolist()
                for one in self.data.annotators_of(row)
                if one.annotator.strip()
            )
        return {
            "pairs": [
                [*pair, len(rows)] for pair, rows in list(self.confusions.items())[:MOST_CONFUSIONS]
            ],
            "rules": sorted(rules.items()),
            "annotators": sorted(annotators.items()),
        }

    @cached_property
    def confusions(self) -> dict[tuple[str, str], list[int]]:
        """The cards of each given and suggested label that differ, the most cards first."""
        found: dict[tuple[str, str], list[int]] = {}
        for row in self.by_gain:
            given, suggested = self.given(row), self.suggested(row)
            if given.strip() and suggested.strip() and given != suggested:
                found.setdefault((given, suggested), []).append(row)
        return dict(sorted(found.items(), key=lambda one: (-len(one[1]), one[0])))

    def number_of(self, image: str) -> int | None:
        """The card of an image; None where it has none."""
        return self.data.row_of.get(image)

    def given(self, number: int) -> str:
        """The given label of a card; empty where there is none."""
        return str(self.data.batch.corrections.given_label[number] or "")

    def suggested(self, number: int) -> str:
        """The suggested label of a card; empty where there is none."""
        return str(self.data.batch.corrections.suggested_label[number] or "")

    def groups(self, kind: str) -> list[tuple[str, Sequence[int]]]:
        """The titles and cards of the groups of a kind: images of one confusion, near-duplicates.

        Near-duplicates with several labels come first.
        """
        if kind == CONFUSIONS:
            return [
                (f"{visible(given, 40)} → {visible(suggested, 40)}", rows)
                for (given, suggested), rows in self.confusions.items()
            ]
        wanted = set(self.data.rows.tolist())
        groups = dict.fromkeys(self.data.copies.values())
        found = []
        for group in groups:
            rows = [row for row in group if row in wanted]
            labels = Counter(self.given(row) for row in rows)
            if len(rows) > 1:
                title = ", ".join(visible(label or "no label", 30) for label, _ in labels.items())
                found.append((len(labels), title, rows))
        found.sort(key=lambda one: (-one[0], -len(one[2])))
        return [(title, rows) for _, title, rows in found]

    def card(self, number: int) -> dict[str, Any] | None:
        """What the page shows of a card; None for an unknown number."""
        image = self.images[number] if 0 <= number < len(self.images) else ""
        if self.number_of(image) != number:
            return None
        evidence = evidence_of(self.data, number)
        return {
            "number": number,
            "image": names.to_text(image),
            "name": visible(names.to_text(image), SHOWN_CHARACTERS),
            "given": self.given(number),
            "candidates": [
                {
                    "label": one.label,
                    "probability": one.probability,
                    "speakers": self._like(evidence.speakers.get(one.label, ())),
                }
                for one in evidence.candidates
            ],
            "copies": self._like(evidence.copies),
            "annotators": [[one.annotator, one.label] for one in evidence.annotators],
            "rules": list(self.data.rules_of.get(number, ())),
            "reason": visible(_sentence(evidence.reason), 600),
        }

    def _like(self, images: Sequence[LikeImage]) -> list[dict[str, Any]]:
        found = []
        for one in images[:MOST_LIKE]:
            number = self.number_of(one.image)
            if number is not None:
                name = visible(names.to_text(one.image), SHOWN_CHARACTERS)
                found.append({"number": number, "label": one.label, "name": name})
        return found


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
