"""The label denoiser: its formula, its seed, its steps, and reading that no batch has a say in."""

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
    _, logits = by_hand()(vector, None if kept is None else torch.tensor(kept))
    assert logits.tolist() == [expected]


def test_forward__every_unit_kept_is_no_dropout():
    network, vectors = build_label_denoiser(8, 16, 5, seed=0), torch.from_numpy(unit(20, 8))
    assert torch.allclose(network(vectors, torch.randperm(16))[1], network(vectors)[1], atol=1e-6)


def test_forward__what_is_dropped_learns_nothing():
    network = build_label_denoiser(8, 16, 5, seed=0)
    network(torch.from_numpy(unit(20, 8)), torch.arange(4))[1].sum().backward()
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


def refining(strength):
    """A network whose branch says that label_0 is what label_t is nearest to."""
    network = build_label_denoiser(8, 16, 5, seed=0)
    with torch.no_grad():
        network.of_trunk.weight.zero_()
        network.of_trunk.bias.zero_()
        network.of_label.weight.zero_()
        network.of_label.weight[:5, :5] = torch.eye(5)
        network.refinement.weight[:, :5] = strength * torch.eye(5)
    return network


def test_refine__starts_at_zero_and_adds_what_label_t_says():
    vectors = torch.from_numpy(unit(6, 8))
    fresh = build_label_denoiser(8, 16, 5, seed=0)
    hidden, logits = fresh(vectors)
    label_t, at = torch.eye(5)[[0, 1, 2, 3, 4, 0]], torch.full((6,), 10)
    assert torch.equal(fresh.refine(hidden, logits, label_t, at), logits)
    network = refining(3.0)
    hidden, logits = network(vectors)
    assert torch.allclose(network.refine(hidden, logits, label_t, at), logits + 3 * label_t)
    kept = torch.arange(16)
    assert torch.allclose(network.refine(hidden, logits, label_t, at, kept), logits + 3 * label_t)


def test_refine__tells_timesteps_apart():
    network = build_label_denoiser(8, 16, 5, seed=0)
    torch.nn.init.ones_(network.refinement.weight)
    hidden, logits = network(torch.from_numpy(unit(2, 8)))
    label_t = torch.zeros(2, 5)
    early, late = (network.refine(hidden, logits, label_t, torch.full((2,), t)) for t in (1, 900))
    assert not torch.allclose(early, late)


def test_probabilities__more_steps_sharpen_where_label_t_counts():
    vectors = unit(40, 8)
    network = refining(8.0)
    one, four = (probabilities(network, vectors, "cpu", steps=steps) for steps in (1, 4))
    assert np.array_equal(one.argmax(axis=1), four.argmax(axis=1))
    assert four.max(axis=1).mean() > one.max(axis=1).mean() + 0.1
    assert four.sum(axis=1) == pytest.approx(np.ones(40), abs=1e-5)


def test_probabilities__one_step_is_the_trunk_alone():
    vectors = unit(40, 8)
    assert np.array_equal(
        probabilities(refining(8.0), vectors, "cpu"),
        probabilities(build_label_denoiser(8, 16, 5, seed=0), vectors, "cpu"),
    )
