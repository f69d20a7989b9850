"""What goes out of a workspace, and what comes back: one type each, the same for every format."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelfix.data import names
from labelfix.data.answers import CANNOT_TELL, NO_CLASS

ID = "labelfix_id"
EXPORTED_LABEL = "labelfix_label"
"""The names under which every format carries our own id and the label that was written out."""

WITHOUT_SPLITS = "train"
WITHOUT_SPLIT = "no_split"
"""The split of all rows where the user's table has none, and of a row without one among others."""

ID_CHARACTERS = 16
"""64 bits: among a million images two ids are equal with a chance of 3 in 100 million."""

SPECIAL_ANSWERS = (NO_CLASS, CANNOT_TELL)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A label that may be the true one, and its probability in [0, 1]; None where unknown."""

    label: str
    probability: float | None


@dataclass(frozen=True, kw_only=True)
class ExportedRow:
    """A row of a workspace on its way out.

    Attributes:
        row_id: our own id, unique among the rows and the same in every export.
        image: as in `Manifest.images`.
        content_hash: sha256 of the file's bytes; empty where it is unknown.
        given_label: the user's; blank where there is none.
        label: the corrected label.
        confidence: the probability that `label` is right; None where it is unknown.
        self_confidence: the same of `given_label`.
        suggested_label: what labelfix takes for right; empty where it does not know.
        action: as in `Corrections`.
        reason: likewise.
        candidates: the likeliest first.
        split: empty where there is none.
        annotator: who gave the label; empty where it is unknown.
        written_image: the image as the user's table names it; empty where that is the same.
    """

    row_id: str
    image: str
    content_hash: str = ""
    given_label: str
    label: str
    confidence: float | None = None
    self_confidence: float | None = None
    suggested_label: str = ""
    action: str = "keep"
    reason: str = ""
    candidates: tuple[Candidate, ...] = ()
    split: str = ""
    annotator: str = ""
    written_image: str = ""

    @property
    def is_changed(self) -> bool:
        """Whether the corrected label is another one than the given."""
        return self.label != self.given_label


@dataclass(frozen=True, kw_only=True)
class ExportedRows:
    """All rows that go out.

    Attributes:
        rows: in the user's order.
        class_names: every class, sorted.
        folder: the image folder; None where it is unknown.
        has_splits: whether the user's table tells splits.
        noise: the estimated share of wrong labels, a sentence; empty where it is unknown.
        source: what the rows came from.
    """

    rows: Sequence[ExportedRow] = field(repr=False)
    class_names: Sequence[str]
    folder: Path | None = None
    has_splits: bool = False
    noise: str = ""
    source: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    def label_names(self) -> list[str]:
        """The classes, and other labels that rows have, sorted."""
        labels = {text for row in self.rows for text in (row.label, row.given_label)}
        return sorted({*self.class_names, *(label for label in labels if label.strip())})

    def split_of(self, row: ExportedRow) -> str:
        """The split that a row goes into; never empty."""
        return (row.split or WITHOUT_SPLIT) if self.has_splits else WITHOUT_SPLITS

    def changes(self) -> list[tuple[tuple[str, str], int]]:
        """(given, corrected) labels and how many rows each pair has, the commonest first."""
        pairs = Counter((row.given_label, row.label) for row in self.rows if row.is_changed)
        return sorted(pairs.items(), key=lambda item: (-item[1], item[0]))


@dataclass(frozen=True, kw_only=True)
class ReturnedRow:
    """A row that came back from a tool.

    Attributes:
        where: in the file, for people.
        label: blank where there is none.
        row_id: our own id; empty where the tool has lost it.
        image: the image's name; likewise.
        content_hash: sha256 of the image's bytes; likewise.
        exported_label: the label that was written out; None where the file does not tell.
        reviewer: who gave the label; empty where the file does not tell.
        decided_at: ISO 8601, UTC; likewise.
        seconds: how long it took; 0 where it is unknown.
        is_looked_at: whether a person has decided, even if the label is the one written out.
    """

    where: str
    label: str
    row_id: str = ""
    image: str = ""
    content_hash: str = ""
    exported_label: str | None = None
    reviewer: str = ""
    decided_at: str = ""
    seconds: float = 0.0
    is_looked_at: bool = False


def row_ids(images: Sequence[str]) -> list[str]:
    """An id for each row, from its image's name; rows of one image are numbered.

    Args:
        images: R names.
    """
    seen: Counter[str] = Counter()
    ids = []
    for image in images:
        seen[image] += 1
        text = f"{names.to_text(image)}\0{seen[image]}"
        ids.append(hashlib.sha256(text.encode()).hexdigest()[:ID_CHARACTERS])
    return ids
