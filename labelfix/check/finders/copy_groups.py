"""The rows of images that are copies of each other, and how a message names them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.check.finders.copies import EXACT, Copies
from labelfix.check.wording import shown
from labelfix.data import names
from labelfix.judging.batch import Batch


@dataclass(frozen=True)
class Copy:
    """Another row of a group, or an image of the reference, as a finding names it.

    Attributes:
        where: the row, or the reference.
        name: of its image; empty for the very image that the finding is about.
        similarity: to that image, `EXACT` for the same bytes; None where it is not known, or too
            small: then copies of copies lead from one to the other.
    """

    where: str
    name: str
    similarity: float | None

    @property
    def is_exact(self) -> bool:
        """Whether it is the same image."""
        return self.similarity == EXACT

    def __str__(self) -> str:
        if not self.name:
            return self.where
        about = [shown(names.to_text(self.name))]
        if self.similarity is not None:
            about.append("exact copy" if self.is_exact else f"similarity {self.similarity:.3f}")
        return f"{self.where} ({', '.join(about)})"


@dataclass(frozen=True)
class CopyGroup:
    """Some rows, in order, whose images are copies of each other, or of images of the reference."""

    batch: Batch = field(repr=False)
    copies: Copies = field(repr=False)
    rows: list[int]

    def in_reference(self, row: int) -> int:
        """The image of the reference that a row's is a copy of; -1 for none."""
        return int(self.copies.in_reference[self.batch.row_images[row]])

    def row(self, other: int, of: int) -> Copy:
        """Another row, as a finding about a row names it."""
        name = self.batch.manifest.images[other]
        is_same = name == self.batch.manifest.images[of]
        return Copy(
            f"row {self.batch.manifest.row_number(other):,}",
            "" if is_same else name,
            self._similarity(of, other),
        )

    def reference(self, image: int, of: int) -> Copy:
        """An image of the reference, as a finding about a row names it."""
        known = self.batch.reference
        own = self.batch.row_images[of]
        is_own = image == self.copies.in_reference[own]
        similarity = float(self.copies.similarity_to_reference[own]) if is_own else None
        return Copy("the reference", known.names[image] if known else "", similarity)

    def _similarity(self, row: int, other: int) -> float | None:
        hashes, within = self.batch.images.content_hashes, self.batch.within
        one, two = self.batch.row_images[[row, other]].tolist()
        if one == two or (hashes[one] and hashes[one] == hashes[two]):
            return float(EXACT)
        for image, near in ((one, two), (two, one)):
            nearest = within.indices[image].tolist()
            if near in nearest:
                similarity = float(within.similarities[image, nearest.index(near)])
                return similarity if similarity >= self.copies.least else None
        return None


def copy_groups(batch: Batch, copies: Copies) -> Iterator[CopyGroup]:
    """The groups of more than one row, or with a copy in the reference, by their first rows.

    Where annotators are named, an image has one row here: that its labels differ is no mistake.
    It is the first that has the label which counts for the image.
    """
    rows = np.flatnonzero(batch.row_images >= 0)
    if batch.manifest.annotator_column is not None:
        rows = _one_row_per_image(batch, rows)
    group_of = copies.group[batch.row_images[rows]]
    is_known = copies.in_reference[batch.row_images[rows]] >= 0
    in_groups = (np.bincount(group_of)[group_of] > 1) if len(rows) else is_known
    groups: dict[int, list[int]] = {}
    for row, group in zip(
        rows[in_groups | is_known].tolist(), group_of[in_groups | is_known].tolist(), strict=True
    ):
        groups.setdefault(group, []).append(row)
    for members in groups.values():
        yield CopyGroup(batch, copies, members)


def _one_row_per_image(batch: Batch, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """One of some rows for each image, in their order."""
    given, labels = batch.manifest.given_labels, batch.images.labels
    row_of: dict[int, int] = {}
    for row in rows.tolist():
        image = int(batch.row_images[row])
        before = row_of.setdefault(image, row)
        if given[before] != labels[image] and given[row] == labels[image]:
            row_of[image] = row
    return np.array(sorted(row_of.values()), dtype=np.int64)
