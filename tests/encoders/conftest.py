"""What the encoders' tests share: images, a tiny network of timm, and a pickle that acts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

TINY_TIMM = "test_vit"  # timm's own for tests
TINY_SIMCLR = "test_resnet"


@pytest.fixture
def pictures() -> list[Image.Image]:
    """Upright, flat, tall and tiny ones: smooth colours with some noise."""
    random = np.random.default_rng(0)
    made = []
    for width, height in [(60, 48), (200, 31), (33, 180), (1, 1), (32, 32)]:
        across, down = np.meshgrid(np.linspace(0, 200, width), np.linspace(0, 200, height))
        bands = np.stack([across, down, random.integers(0, 255, across.shape)], axis=-1)
        made.append(Image.fromarray(bands.astype(np.uint8)))
    return made


@pytest.fixture(scope="session")
def tiny_timm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of `TINY_TIMM`, with its classifier."""
    import timm
    import torch
    from safetensors.torch import save_file

    path = tmp_path_factory.mktemp("tiny_timm") / "tiny.safetensors"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save_file(timm.create_model(TINY_TIMM).state_dict(), path)
    return path


@pytest.fixture(scope="session")
def tiny_simclr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What labelfix would have trained, with random weights."""
    from labelfix.encoders.network import make_backbone
    from labelfix.encoders.simclr import TrainedEncoder, save_encoder

    path = tmp_path_factory.mktemp("tiny_simclr") / "encoder.safetensors"
    about = TrainedEncoder(
        backbone=TINY_SIMCLR,
        image_size=16,
        mean=(0.5, 0.4, 0.3),
        std=(0.2, 0.3, 0.4),
        training={"epochs": 3},
    )
    save_encoder(path, make_backbone(TINY_SIMCLR, 16, seed=1), about)
    return path


class _Acting:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.trace,)


@pytest.fixture
def acting_pickle(tmp_path: Path) -> tuple[bytes, Path]:
    """A pickle, and the file that comes into being when it is loaded."""
    import pickle

    trace = tmp_path / "the pickle was loaded"
    data = pickle.dumps(_Acting(trace))
    pickle.loads(data)
    assert trace.exists()  # so it would be seen
    trace.unlink()
    return data, trace


@pytest.fixture
def cosine() -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """(n,) the cosine of each pair of rows."""

    def between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        return np.einsum("nd,nd->n", one, other) / lengths

    return between
