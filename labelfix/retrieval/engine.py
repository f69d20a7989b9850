"""What a search engine is."""

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt


class Engine(Protocol):
    """Finds the vectors nearest to a query by cosine similarity."""

    @property
    def exact(self) -> bool:
        """Whether it always finds the nearest."""

    def add(self, vectors: npt.NDArray[np.float32]) -> None:
        """Index (N, D) float32 vectors of length 1; called once."""

    def search(
        self, queries: npt.NDArray[np.float32], k: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """The k best of (Q, D) queries: similarities and indices (Q, k), -1 where none is found."""

    def write(self, target: Path) -> None:
        """Write the index as a file."""

    def read(self, source: Path, vectors: npt.NDArray[np.float32]) -> None:
        """Take back the index of (N, D) vectors that `write` wrote; instead of `add`.

        An exact engine indexes the vectors anew and needs no file.
        """
