"""FAISS: exact, inverted lists, and a graph (Douze et al., The Faiss library, 2024)."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt


def has_gpu() -> bool:
    """Whether FAISS supports GPUs and finds one."""
    return hasattr(faiss, "get_num_gpus") and faiss.get_num_gpus() > 0


class _FaissEngine:
    """The common part of the FAISS engines."""

    exact = False

    def __init__(self, device: str) -> None:
        self._device = device
        self._index: Any = None

    def search(
        self, queries: npt.NDArray[np.float32], k: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """The k best of (Q, D) queries: similarities and indices (Q, k)."""
        similarities, indices = self._index.search(queries, k)
        return similarities, indices

    def write(self, target: Path) -> None:
        """Write the index as FAISS does."""
        on_gpu = "Gpu" in type(self._index).__name__
        index = faiss.index_gpu_to_cpu(self._index) if on_gpu else self._index
        faiss.write_index(index, str(target))

    def read(self, source: Path, vectors: npt.NDArray[np.float32]) -> None:  # noqa: ARG002
        """Read FAISS's file, which includes the vectors."""
        self._index = self._moved(faiss.read_index(str(source)))

    def _moved(self, index: Any) -> Any:
        """The index on the device, if FAISS supports that."""
        if self._device == "cuda" and has_gpu():
            return faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), 0, index)
        return index


class FlatEngine(_FaissEngine):
    """Compares a query with every vector."""

    exact = True

    def add(self, vectors: npt.NDArray[np.float32]) -> None:
        """Index (N, D) float32 vectors of length 1."""
        self._index = self._moved(faiss.IndexFlatIP(vectors.shape[1]))
        self._index.add(vectors)

    def read(self, source: Path, vectors: npt.NDArray[np.float32]) -> None:  # noqa: ARG002
        """Index the vectors again, which is as fast as reading them."""
        self.add(vectors)


class IvfEngine(_FaissEngine):
    """Compares a query with the vectors of the nearest cells.

    4 * sqrt(N) cells, as FAISS's guide recommends, of which an eighth is visited, at least 8.
    """

    def add(self, vectors: npt.NDArray[np.float32]) -> None:
        """Cluster and index (N, D) float32 vectors of length 1."""
        count, dimension = vectors.shape
        cells = int(np.clip(4 * np.sqrt(count), 1, max(1, count // 39)))
        quantizer = faiss.IndexFlatIP(dimension)
        index = faiss.IndexIVFFlat(quantizer, dimension, cells, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = max(min(8, cells), cells // 8)
        index.cp.min_points_per_centroid = 1  # fewer than 39 images are one cell, without a warning
        self._index = self._moved(index)
        self._index.train(vectors)
        self._index.add(vectors)


class HnswEngine(_FaissEngine):
    """Walks a graph of neighbours (Malkov and Yashunin, TPAMI 2020), on the CPU only.

    Built by one thread: with several, the graph depends on their timing.
    """

    LINKS = 32
    EF_CONSTRUCTION = 80
    EF_SEARCH = 96

    def add(self, vectors: npt.NDArray[np.float32]) -> None:
        """Link (N, D) float32 vectors of length 1."""
        index = faiss.IndexHNSWFlat(vectors.shape[1], self.LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = self.EF_CONSTRUCTION
        index.hnsw.efSearch = self.EF_SEARCH
        with _one_thread():
            index.add(vectors)
        self._index = index


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
