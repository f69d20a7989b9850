"""The table of search engines: a new one is a class beside this file, and a line here."""

import importlib

from labelfix.errors import InputError
from labelfix.retrieval.engine import Engine

ENGINES = {
    "exact": "labelfix.retrieval.faiss_engines:FlatEngine",
    "ivf": "labelfix.retrieval.faiss_engines:IvfEngine",
    "hnsw": "labelfix.retrieval.faiss_engines:HnswEngine",
    "torch": "labelfix.retrieval.torch_engine:TorchEngine",
}


def make_engine(name: str, device: str) -> Engine:
    """The search engine of a name, on `cpu` or `cuda`.

    `exact` on a GPU is FAISS where it was built for GPUs, and the tiled torch search elsewhere.

    Raises:
        InputError: there is no such engine.
    """
    if name not in ENGINES:
        raise InputError(
            f"--engine: expected one of {', '.join(ENGINES)}, found {name!r}",
            "exact is right up to millions of rows.",
        )
    if name == "exact" and device == "cuda" and not _faiss_has_gpu():
        name = "torch"
    module, _, class_name = ENGINES[name].partition(":")
    engine: Engine = getattr(importlib.import_module(module), class_name)(device)
    return engine


def _faiss_has_gpu() -> bool:
    from labelfix.retrieval.faiss_engines import has_gpu

    return has_gpu()
