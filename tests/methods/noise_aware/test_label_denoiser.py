"""The one-step denoiser: its formula, its seed, and reading that no batch has a say in."""

import numpy as np
import pytest
import torch

from labelfix.methods.noise_aware.label_denoiser import (
    LabelDenoiser,
    build_label_denoiser,
    probabilities,
)


def unit(count, dimension, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def by_hand():
    """Two hidden values, of 1.5 and of -1 for the unit vector (1, 0, 0, 0)."""
    network = LabelDenoiser(4, 2, 2)
    with torch.no_grad():
        network.hidden.weight.copy_(torch.tensor([[0.5, 0, 0, 0], [-0.5, 0, 0, 0]]))
        network.hidden.bias.copy_(torch.tensor([0.5, 0.0]))
        network.output.weight.copy_(torch.tensor([[2.0, 5], [0, 7]]))
        network.output.bias.copy_(torch.tensor([0.0, 1]))
    return network


@pytest.mark.parametrize(
    ("kept", "expected"), [(None, [3.0, 1.0]), ([0], [6.0, 1.0]), ([1], [0.0, 1.0])]
)
def test_forward__by_hand(kept, expected):
    vector = torch.tensor([[1.0, 0, 0, 0]])  # times 2, the root of 4
    logits = by_hand()(vector, None if kept is None else torch.tensor(kept))
    assert logits.tolist() == [expected]


def test_forward__every_unit_kept_is_no_dropout():
    network, vectors = build_label_denoiser(8, 16, 5, seed=0), torch.from_numpy(unit(20, 8))
    assert torch.allclose(network(vectors, torch.randperm(16)), network(vectors), atol=1e-6)


def test_forward__what_is_dropped_learns_nothing():
    network = build_label_denoiser(8, 16, 5, seed=0)
    network(torch.from_numpy(unit(20, 8)), torch.arange(4)).sum().backward()
    assert network.hidden.weight.grad[:4].abs().sum() > 0
    assert not network.hidden.weight.grad[4:].any()
    assert not network.output.weight.grad[:, 4:].any()


def test_probabilities__softmax_of_the_logits():
    found = probabilities(by_hand(), np.eye(4, dtype=np.float32)[:1], "cpu")
    assert found == pytest.approx(np.array([[1, np.exp(-2)]]) / (1 + np.exp(-2)))


def test_probabilities__rows_sum_to_one():
    found = probabilities(build_label_denoiser(8, 16, 5, seed=0), unit(300, 8), "cpu")
    assert found.shape == (300, 5)
    assert found.dtype == np.float32
    assert found.sum(axis=1) == pytest.approx(np.ones(300), abs=1e-5)


def test_probabilities__of_some_rows_are_bit_identical():
    """Whatever else is read with an image: more rows than one batch, in another order."""
    network, vectors = build_label_denoiser(8, 16, 5, seed=0), unit(5000, 8)
    every = probabilities(network, vectors, "cpu")
    rows = np.array([4999, 0, 4096, 4095, 17])
    assert np.array_equal(probabilities(network, vectors, "cpu", rows), every[rows])
    assert np.array_equal(probabilities(network, vectors[:3], "cpu"), every[:3])
    assert probabilities(network, vectors, "cpu", rows[:0]).shape == (0, 5)


def test_build_label_denoiser__seed_decides_and_nothing_else_is_drawn():
    before = torch.get_rng_state()
    first, again, other = (build_label_denoiser(8, 16, 5, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["hidden.weight"], other["hidden.weight"])
    assert torch.equal(torch.get_rng_state(), before)
