"""Which images are the same or nearly the same: by their bytes, or by their embeddings."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from labelfix.data.neighbours import NearestImages, Neighbours
from labelfix.judging.batch import Batch, KnownImages

EXACT = np.float32(2)
"""Stands for the similarity of files of the same bytes, above that of any two embeddings."""


ROUNDING = 1e-6
"""How far the similarity of two identical float32 vectors may be from 1."""


@dataclass(frozen=True)
class Copies:
    """Groups of copies among N images, and what each is a copy of in the reference.

    Attributes:
        least: the similarity from which two images are nearly the same.
        group: (N,) int64; copies of copies are of one group.
        in_reference: (N,) int64, the image of the reference that it is a copy of; -1 for none.
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
    return Copies(least, group, in_reference, similarity)


def _pairs(
    images: KnownImages, within: Neighbours, least: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pairs of copies: near ones, and each with the first of its bytes."""
    one, place = np.nonzero(within.similarities >= least)
    hashes = np.array(images.content_hashes, dtype=np.str_)
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    original = first[inverse.reshape(-1)]
    exact = np.flatnonzero((original != np.arange(len(images))) & (hashes != ""))
    return np.append(one, exact), np.append(within.indices[one, place], original[exact])


def _in_reference(
    hashes: Sequence[str], reference: Sequence[str], nearest: NearestImages, least: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """(N,) the image of the reference that each is a copy of, the same bytes first; similarity."""
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
