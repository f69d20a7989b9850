"""Images that are the same or nearly the same, their rows, and how a message names them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.check.message_text import shown
from labelfix.data import names
from labelfix.data.neighbours import NearestImages, Neighbours
from labelfix.judging.batch import Batch, KnownImages

EXACT = np.float32(2)
"""The similarity given to files with equal bytes, above that of any two embeddings."""


ROUNDING = 1e-6
"""How far the similarity of two identical float32 vectors may be from 1."""


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Groups of copies among N images, and their copies in the reference.

    Attributes:
        least: the cosine similarity from which two images are nearly the same.
        group: (N,) int64; copies of copies share a group.
        in_reference: (N,) int64, each image's copy in the reference; -1 for none.
        similarity_to_reference: (N,) float32, to that one; `EXACT` for the same bytes.
    """

    least: float
    group: npt.NDArray[np.int64] = field(repr=False)
    in_reference: npt.NDArray[np.int64] = field(repr=False)
    similarity_to_reference: npt.NDArray[np.float32] = field(repr=False)


def find_copies(batch: Batch, least: float) -> Copies:
    """The copies among the images of a batch, and those in its reference.

    Args:
        batch: N images with their neighbours.
        least: cosine similarity from which two images are nearly the same.
    """
    from scipy.sparse import coo_array  # slow to load
    from scipy.sparse.csgraph import connected_components

    least -= ROUNDING
    count = len(batch.images)
    images, others = _pairs(batch.images, batch.within, least)
    graph = coo_array((np.ones(len(images), dtype=np.int8), (images, others)), shape=(count, count))
    group = connected_components(graph, directed=False)[1].astype(np.int64)
    in_reference, similarity = np.full(count, -1), np.zeros(count, dtype=np.float32)
    if batch.reference is not None and batch.nearest is not None:
        in_reference, similarity = _in_reference(
            batch.images.content_hashes, batch.reference.content_hashes, batch.nearest, least
        )
    return Copies(
        least=least, group=group, in_reference=in_reference, similarity_to_reference=similarity
    )


def _pairs(
    images: KnownImages, within: Neighbours, least: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pairs of copies: similar images, and each image with the first one of equal bytes."""
    one, place = np.nonzero(within.similarities >= least)
    hashes = np.array(images.content_hashes, dtype=np.str_)
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    original = first[inverse.reshape(-1)]
    exact = np.flatnonzero((original != np.arange(len(images))) & (hashes != ""))
    return np.append(one, exact), np.append(within.indices[one, place], original[exact])


def _in_reference(
    hashes: Sequence[str], reference: Sequence[str], nearest: NearestImages, least: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """(N,) each image's copy in the reference, equal bytes first, and (N,) the similarity."""
    count = len(hashes)
    found, similarity = np.full(count, -1), np.zeros(count, dtype=np.float32)
    if nearest.indices.shape[1]:
        near = nearest.similarities[:, 0] >= least
        found[near] = nearest.indices[near, 0]
        similarity[near] = nearest.similarities[near, 0]
    first: dict[str, int] = {}
    for place, content_hash in enumerate(reference):
        first.setdefault(content_hash, place)
    exact = np.array([first.get(each, -1) if each else -1 for each in hashes], dtype=np.int64)
    has_exact = exact >= 0
    found[has_exact] = exact[has_exact]
    similarity[has_exact] = EXACT
    return found, similarity


@dataclass(frozen=True)
class Copy:
    """Another row of a group, or an image of the reference, as a finding names it.

    Attributes:
        where: the row, or the reference.
        name: of its image; empty if that is the finding's own image.
        similarity: to the finding's image, `EXACT` for equal bytes; None where it is unknown or
            too small: then other copies link the two.
    """

    where: str
    name: str
    similarity: float | None

    @property
    def is_exact(self) -> bool:
        """Whether it is the same image."""
        return bool(self.similarity == EXACT)

    def __str__(self) -> str:
        if not self.name:
            return self.where
        about = [shown(names.to_text(self.name))]
        if self.similarity is not None:
            about.append("exact copy" if self.is_exact else f"similarity {self.similarity:.3f}")
        return f"{self.where} ({', '.join(about)})"


@dataclass(frozen=True)
class CopyGroup:
    """Rows, in order, whose images are copies of each other or of images of the reference."""

    batch: Batch = field(repr=False)
    copies: Copies = field(repr=False)
    rows: list[int]

    def in_reference(self, row: int) -> int:
        """The copy of a row's image in the reference; -1 for none."""
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

    Where annotators are named, each image has one row here, since its annotators may disagree: the
    first row with the label that counts for the image.
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
    given, labels = batch.given_classes, batch.images.labels
    row_of: dict[int, int] = {}
    for row in rows.tolist():
        image = int(batch.row_images[row])
        before = row_of.setdefault(image, row)
        if given[before] != labels[image] and given[row] == labels[image]:
            row_of[image] = row
    return np.array(sorted(row_of.values()), dtype=np.int64)
