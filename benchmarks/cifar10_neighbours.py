"""Neighbours without FAISS: of every image, and of images that are not among those searched."""

import numpy as np
import numpy.typing as npt
from neighbour_methods import elected, votes

from labelfix.data.neighbours import NearestImages, Neighbours
from labelfix.retrieval.search import find_nearest, find_neighbours
from labelfix.retrieval.torch_engine import TorchEngine
from labelfix.runtime.progress import Silent

NEIGHBOURS = 10

Classes = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]


def neighbours_of(vectors: Vectors, device: str) -> Neighbours:
    """The nearest neighbours of each of (N, D) vectors among the others."""
    return find_neighbours(_engine(vectors, device), vectors, NEIGHBOURS, Silent())


def nearest_to(queries: Vectors, vectors: Vectors, device: str) -> NearestImages:
    """The nearest of (N, D) vectors to each of (Q, D) others."""
    return find_nearest(_engine(vectors, device), vectors, queries, NEIGHBOURS, Silent())


def majority(neighbour_labels: Classes, classes: int) -> Classes:
    """(n,) the commonest of (n, K) labels, nearest first; among equals the nearest one's."""
    return elected(neighbour_labels, votes(neighbour_labels, classes))


def _engine(vectors: Vectors, device: str) -> TorchEngine:
    engine = TorchEngine(device)
    engine.add(vectors)
    return engine
