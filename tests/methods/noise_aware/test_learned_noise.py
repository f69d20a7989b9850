"""What relabel has learned, kept and read again."""

import numpy as np
import pytest
from labelfix.noise.model import NoiseModel, NoiseModels

from labelfix.data.shares import WrongShare
from labelfix.methods.noise_aware.learned_noise import load_learned_noise, save_learned_noise
from labelfix.noise.estimate import LearnedNoise
from labelfix.noise.evidence import Mixing
from labelfix.noise.nearness import LeastNearness


@pytest.fixture
def learned():
    models = NoiseModels(
        NoiseModel(np.array([[0.9, 0.1], [0.3, 0.7]]), 0.25, -0.5, 0.75),
        NoiseModel(np.eye(2)),
        NoiseModel(np.full((2, 2), 0.5)),
    )
    least = LeastNearness(np.array([0.5, -np.inf]), 0.125)
    return LearnedNoise(models, Mixing(0.85, 0.2), 5, least, WrongShare(40, 0.25, 0.125, 0.5))


def test_load_learned_noise__as_it_was_saved(learned, tmp_path):
    path = tmp_path / "learned_noise.safetensors"
    save_learned_noise(path, learned)
    found = load_learned_noise(path)
    assert found.mixing == learned.mixing
    assert (found.voters, found.wrong) == (5, learned.wrong)
    assert np.array_equal(found.least_nearness.of_class, learned.least_nearness.of_class)
    assert found.least_nearness.of_all == 0.125
    for was, now in zip(learned.models, found.models, strict=True):
        assert np.array_equal(was.transition, now.transition)
        assert (was.exponent, was.offset, was.weight) == (now.exponent, now.offset, now.weight)


@pytest.mark.parametrize("content", [None, b"", b"torn", b"\x02\0\0\0\0\0\0\0{}"])
def test_load_learned_noise__nothing_that_can_be_read(tmp_path, content):
    path = tmp_path / "learned_noise.safetensors"
    if content is not None:
        path.write_bytes(content)
    assert load_learned_noise(path) is None
