"""What a search engine is, and the table of engines: a new one is a class and a line here."""

import importlib
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from labelfix.errors import InputError


class Engine(Protocol):
    """Finds the vectors nearest to a query by cosine similarity."""

    @property
    def exact(self) -> bool:
        """Whether it always finds the nearest vectors."""

    def add(self, vectors: npt.NDArray[np.float32]) -> None:
        """Index (N, D) float32 vectors of length 1; called once."""

    def search(
        self, queries: npt.NDArray[np.float32], k: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """The k best of (Q, D) queries: similarities and indices (Q, k); -1 for none."""

    def write(self, target: Path) -> None:
        """Write the index as a file."""

    def read(self, source: Path, vectors: npt.NDArray[np.float32]) -> None:
        """Read the index of (N, D) vectors that `write` wrote, instead of `add`.

        An exact engine indexes the vectors again and needs no file.
        """


ENGINES = {
    "exact": "labelfix.retrieval.faiss_engines:FlatEngine",
    "ivf": "labelfix.retrieval.faiss_engines:IvfEngine",
    "hnsw": "labelfix.retrieval.faiss_engines:HnswEngine",
    "torch": "labelfix.retrieval.torch_engine:TorchEngine",
}


def make_engine(name: str, device: str) -> Engine:
    """A search engine by name, on `cpu` or `cuda`.

    `exact` on a GPU is FAISS if it supports GPUs, else the tiled torch search.

    Raises:
        InputError: no such engine.
    """
    if name not in ENGINES:
        raise InputError(
            f"--engine: expected one of {', '.join(ENGINES)}, found {name!r}",
            "exact is fast enough for millions of rows.",
        )
    if name == "exact" and device == "cuda" and not _faiss_has_gpu():
        name = "torch"
    module, _, class_name = ENGINES[name].partition(":")
    engine: Engine = getattr(importlib.import_module(module), class_name)(device)
    return engine


def _faiss_has_gpu() -> bool:
    from labelfix.retrieval.faiss_engines import has_gpu

    return has_gpu()
