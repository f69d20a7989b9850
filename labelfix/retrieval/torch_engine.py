"""Exact search in torch, tile by tile, for GPUs that FAISS does not support.

A file of its own, because it loads torch.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

TILE_ROWS = 65536


class TorchEngine:
    """Compares a query with every vector; holds one tile of similarities at a time."""

    exact = True

    def __init__(self, device: str) -> None:
        self._device = torch.device(device)
        self._vectors = torch.empty(0)

    def add(self, vectors: npt.NDArray[np.float32]) -> None:
        """Keep (N, D) float32 vectors of length 1 on the device."""
        self._vectors = torch.from_numpy(vectors).to(self._device)

    def search(
        self, queries: npt.NDArray[np.float32], k: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """The k best of (Q, D) queries: similarities and indices (Q, k)."""
        asked = torch.from_numpy(queries).to(self._device)
        best = torch.empty(len(queries), 0, device=self._device)
        found = torch.empty(len(queries), 0, dtype=torch.int64, device=self._device)
        for start in range(0, len(self._vectors), TILE_ROWS):
            tile = asked @ self._vectors[start : start + TILE_ROWS].T  # (Q, tile)
            values, positions = tile.topk(min(k, tile.shape[1]), dim=1)
            best = torch.cat([best, values], dim=1)
            found = torch.cat([found, positions + start], dim=1)
            values, order = best.topk(min(k, best.shape[1]), dim=1)
            best, found = values, found.gather(1, order)
        return best.cpu().numpy(), found.cpu().numpy()

    def write(self, target: Path) -> None:
        """Write an empty file: the vectors are in the embeddings."""
        target.touch()

    def read(self, source: Path, vectors: npt.NDArray[np.float32]) -> None:  # noqa: ARG002
        """Keep the vectors; the file is empty."""
        self.add(vectors)
