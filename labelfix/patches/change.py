"""What a patch says: a change for each row, and what it was made from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

FORMAT = 1
"""Of the patch file; raised when an older labelfix would misread a newer file."""


class RowKey(NamedTuple):
    """How a row is found again in a manifest whose rows may have moved.

    Attributes:
        image: the name that the manifest writes.
        annotator: who gave the label; empty where nobody is named.
        copy: which of the rows with this image and annotator it is, from 1.
    """

    image: str
    annotator: str
    copy: int


class Change(NamedTuple):
    """One label that is to become another; a tuple, for there are millions of them.

    Attributes:
        key: of the row.
        copies: how many rows the manifest had with this image and annotator.
        content_hash: sha256 of the image file's bytes, hexadecimal; empty where it is unknown.
        row: its number in the manifest that the patch was made from, from 1.
        before, after: the labels.
        who, when, why: the author, the time as ISO 8601 in UTC, the reason.
        confidence: the probability in [0, 1] that the new label is right; None if nobody said.
        split: of the row; empty where it has none.
        cell: what stood in a text manifest, where a cell written anew would differ in its
            quotation marks; None elsewhere.
    """

    key: RowKey
    copies: int
    content_hash: str
    row: int
    before: str
    after: str
    who: str
    when: str
    why: str
    confidence: float | None
    split: str
    cell: str | None

    @property
    def image(self) -> str:
        """The name that the manifest writes."""
        return self.key.image


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a patch was made from.

    Attributes:
        manifest: the file's name, without its folder.
        sha256: of its bytes.
        rows_sha256: of its images and annotators in their order.
        label_column, image_column: whose cells it changes, and by which it finds the rows.
        made_at: ISO 8601 in UTC.
        made_by: labelfix and its version.
        splits: those whose rows were asked for; empty for all but test splits.
        all_splits: whether rows of every split were asked for.
    """

    manifest: str
    sha256: str
    rows_sha256: str
    label_column: str
    image_column: str
    made_at: str
    made_by: str
    splits: tuple[str, ...] = ()
    all_splits: bool = False


@dataclass(frozen=True)
class Patch:
    """Changes of different rows of one manifest."""

    origin: Origin
    changes: Sequence[Change] = field(repr=False)

    def __len__(self) -> int:
        return len(self.changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)
