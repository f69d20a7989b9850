"""The tiled search, where there is more than one tile."""

import numpy as np

from labelfix.retrieval import torch_engine
from labelfix.retrieval.torch_engine import TorchEngine


def test_search__several_tiles(monkeypatch):
    monkeypatch.setattr(torch_engine, "TILE_ROWS", 7)
    vectors = np.random.default_rng(0).normal(size=(45, 6)).astype(np.float32)
    engine = TorchEngine("cpu")
    engine.add(vectors)
    for k in (1, 5, 20):  # 20: more than a tile has
        similarities, indices = engine.search(vectors[:9], k)
        true = vectors[:9] @ vectors.T
        order = np.argsort(-true, axis=1)[:, :k]
        assert np.array_equal(indices, order)
        assert np.allclose(similarities, np.take_along_axis(true, order, 1), atol=1e-6)
