"""What relabel has learned, kept and read again."""

from dataclasses import replace

import numpy as np
import pytest

from labelfix.data.shares import WrongShare
from labelfix.methods.noise_aware.learned_noise import load_learned_noise, save_learned_noise
from labelfix.noise.candidates import DoubtScale
from labelfix.noise.estimate import LearnedNoise
from labelfix.noise.evidence import Mixing
from labelfix.noise.hypotheses import NoiseModel
from labelfix.noise.mixture import Mixture
from labelfix.noise.nearness import LeastNearness
from labelfix.noise.text_view import TextView


@pytest.fixture
def learned():
    weights = np.array([[0.9, 0.05, 0.05, 0.0], [0.25, 0.25, 0.25, 0.25]])
    swapped = np.array([[0.0, 1.0], [1.0, 0.0]])
    mixtures = [Mixture(1.5, 0.707, weights, swapped), Mixture(3.0, 2.0, weights[::-1], swapped)]
    scale = DoubtScale(np.array([0.0, 0.125, 0.75]))
    model = NoiseModel(mixtures, np.array([0.5, 0.375, 0.125]), 1.189, scale)
    least = LeastNearness(np.array([0.5, -np.inf]), 0.125)
    return LearnedNoise(
        model, Mixing(0.85, 0.2), 5, least, WrongShare(rows=40, share=0.25, low=0.125, high=0.5)
    )


def test_load_learned_noise__as_it_was_saved(learned, tmp_path):
    path = tmp_path / "learned_noise.safetensors"
    save_learned_noise(path, learned)
    found = load_learned_noise(path)
    assert found.mixing == learned.mixing
    assert (found.voters, found.wrong) == (5, learned.wrong)
    assert np.array_equal(found.least_nearness.of_class, learned.least_nearness.of_class)
    assert found.least_nearness.of_all == 0.125
    assert np.array_equal(found.model.weights, learned.model.weights)
    assert found.model.sharpness_if_right == 1.189
    assert np.array_equal(found.model.scale.quantiles, learned.model.scale.quantiles)
    for was, now in zip(learned.model.mixtures, found.model.mixtures, strict=True):
        assert (was.slope, was.sharpness) == (now.slope, now.sharpness)
        assert np.array_equal(was.weights, now.weights)
        assert np.array_equal(was.confusions, now.confusions)


def test_load_learned_noise__class_vectors_as_they_were_saved(learned, tmp_path):
    path = tmp_path / "learned_noise.safetensors"
    view = TextView(np.eye(2, 3, dtype=np.float32), 0.05, np.array([0.1, 0.2]), 0.7, np.ones(2))
    save_learned_noise(path, replace(learned, text=view))
    found = load_learned_noise(path).text
    images = np.array([[0.6, 0.0, 0.8]], dtype=np.float32)
    before = np.log([[0.25, 0.75]])
    assert np.array_equal(found.join(before, images), view.join(before, images))
    save_learned_noise(path, learned)
    assert load_learned_noise(path).text is None


@pytest.mark.parametrize("content", [None, b"", b"torn", b"\x02\0\0\0\0\0\0\0{}"])
def test_load_learned_noise__nothing_that_can_be_read(tmp_path, content):
    path = tmp_path / "learned_noise.safetensors"
    if content is not None:
        path.write_bytes(content)
    assert load_learned_noise(path) is None
