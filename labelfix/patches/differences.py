"""What differs between the labels of two tables of the same rows."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from labelfix.data import names
from labelfix.data.manifest import Manifest
from labelfix.patches.evidence import evidence_of
from labelfix.patches.row_keys import pair_rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A row whose label differs.

    Attributes:
        image: as the old table writes it.
        row: its number in the old table, from 1.
        annotator: who gave the label; empty where nobody is named.
        before, after: the labels.
        confidence: the probability in [0, 1] that the new one is right, where the table says it.
    """

    image: str
    row: int
    annotator: str
    before: str
    after: str
    confidence: float | None


@dataclass(frozen=True, kw_only=True)
class Differences:
    """All that differs.

    Attributes:
        old, new: the tables' files.
        rows: that both have.
        changed: of these, in the order of the old table.
        only_old, only_new: images of rows that the other one lacks.
    """

    old: str
    new: str
    rows: int
    changed: list[Difference] = field(repr=False)
    only_old: list[str] = field(repr=False)
    only_new: list[str] = field(repr=False)

    def pairs(self) -> list[tuple[str, str, int]]:
        """(label before, label after, rows), the commonest first."""
        counts = Counter((one.before, one.after) for one in self.changed)
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return [(before, after, rows) for (before, after), rows in ranked]


def find_differences(old: Manifest, new: Manifest) -> Differences:
    """Compare the labels of two tables.

    Args:
        old: R rows.
        new: S rows; labelfix's own columns give the confidence.
    """
    paired = pair_rows(old, new)
    known = evidence_of(new)
    images = old.written_images()
    annotators = old.annotators or [""] * len(old)
    before, after = old.given_labels, new.given_labels
    changed = [
        Difference(
            image=images[row],
            row=old.row_number(row),
            annotator=annotators[row],
            before=before[row],
            after=after[place],
            confidence=known(place)[2],
        )
        for row, place in paired.pairs
        if before[row] != after[place]
    ]
    new_images = new.written_images()
    return Differences(
        old=old.source.path,
        new=new.source.path,
        rows=len(paired.pairs),
        changed=changed,
        only_old=[images[row] for row in paired.only_old],
        only_new=[new_images[row] for row in paired.only_new],
    )


def differences_as_json(found: Differences) -> dict[str, Any]:
    """All differences as JSON values."""
    return {
        "old": found.old,
        "new": found.new,
        "rows": found.rows,
        "changed": len(found.changed),
        "only_old": [names.to_text(image) for image in found.only_old],
        "only_new": [names.to_text(image) for image in found.only_new],
        "pairs": [
            {"from": before, "to": after, "rows": rows} for before, after, rows in found.pairs()
        ],
        "changes": [
            {
                "image": names.to_text(one.image),
                "row": one.row,
                **({"annotator": one.annotator} if one.annotator else {}),
                "from": one.before,
                "to": one.after,
                "confidence": one.confidence,
            }
            for one in found.changed
        ],
    }
