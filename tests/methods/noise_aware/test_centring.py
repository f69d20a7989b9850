"""Embeddings are centred for training, and denoisers read them as they are."""

import numpy as np
import pytest
import torch

from labelfix.methods.noise_aware.centring import Centring
from labelfix.methods.noise_aware.label_denoiser import build_label_denoiser


def in_a_cone(count, dimension, cone=0.9):
    random = np.random.default_rng(0)
    vectors = random.normal(size=(count, dimension)) * (1 - cone**2) ** 0.5 / dimension**0.5
    vectors[:, 0] += cone
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32)


def test_centred__mean_zero_and_length_as_before():
    vectors = in_a_cone(500, 8)
    found = Centring.of(vectors).centred(torch.from_numpy(vectors))
    assert found.mean(dim=0).numpy() == pytest.approx(np.zeros(8), abs=1e-5)
    assert float(found.square().sum(dim=1).mean()) == pytest.approx(1, abs=1e-4)


def test_centred__each_view_by_its_own_spread():
    """A narrow view beside a wide one: both keep half of the squared length."""
    both = np.concatenate([in_a_cone(500, 8, 0.95), in_a_cone(500, 4, 0.0)], axis=1) / 2**0.5
    views = [slice(0, 8), slice(8, 12)]
    found = Centring.of(both, views).centred(torch.from_numpy(both)).square()
    for columns in views:
        assert float(found[:, columns].sum(dim=1).mean()) == pytest.approx(0.5, abs=1e-3)


def test_uncentred__undoes_it():
    vectors = torch.from_numpy(in_a_cone(50, 8))
    centring = Centring.of(vectors.numpy())
    assert torch.allclose(centring.uncentred(centring.centred(vectors)), vectors, atol=1e-6)


@pytest.mark.parametrize("count", [1, 20])
def test_centred__equal_embeddings_stay_finite(count):
    vectors = np.repeat(in_a_cone(1, 8), count, axis=0)
    found = Centring.of(vectors).centred(torch.from_numpy(vectors))
    assert found.numpy() == pytest.approx(np.zeros((count, 8)), abs=1e-6)


def test_absorb__the_network_reads_embeddings_as_they_are():
    vectors = torch.from_numpy(in_a_cone(50, 8))
    centring = Centring.of(vectors.numpy())
    network = build_label_denoiser(8, 16, 3, seed=1)
    with torch.no_grad():
        before = network(centring.centred(vectors))[1]
        centring.absorb(network)
        after = network(vectors)[1]
    assert torch.allclose(before, after, atol=1e-4)
