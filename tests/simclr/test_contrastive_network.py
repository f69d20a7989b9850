import math

import pytest
import torch
from torch import nn

from labelfix.config import SimclrOptions
from labelfix.simclr.contrastive_network import (
    build_network,
    make_optimizer,
    nt_xent,
    restore,
    set_learning_rate,
)
from labelfix.training.checkpoint import Checkpoints


def in_a_loop(projections, temperature):
    """Chen et al., ICML 2020, eq. 1, for each view, as it is written there."""
    views = len(projections)
    half = views // 2

    def similarity(i, j):
        one, other = projections[i], projections[j]
        return float(one @ other / (one.norm() * other.norm()))

    losses = []
    for i in range(views):
        j = (i + half) % views
        others = [math.exp(similarity(i, k) / temperature) for k in range(views) if k != i]
        losses.append(-math.log(math.exp(similarity(i, j) / temperature) / sum(others)))
    return sum(losses) / views


def test_nt_xent__by_hand():
    """Two images, whose views are alike and at right angles to the other image's.

    Each view has a similarity of 1 to its partner and of 0 to the two others.
    """
    projections = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, 3.0]])
    expected = -math.log(math.exp(2) / (math.exp(2) + 2))
    assert float(nt_xent(projections, 0.5)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("images", [2, 3, 8])
def test_nt_xent__as_in_a_loop(images, temperature):
    projections = torch.randn(2 * images, 5, generator=torch.Generator().manual_seed(images))
    expected = in_a_loop(projections.double(), temperature)
    assert float(nt_xent(projections, temperature)) == pytest.approx(expected, rel=1e-5)


def test_nt_xent__nothing_learnt():
    """Where all views are alike, a partner is found by chance: log(2B - 1)."""
    assert float(nt_xent(torch.ones(10, 3), 0.2)) == pytest.approx(math.log(9), rel=1e-6)


def test_nt_xent__length_of_the_projections_is_nothing():
    projections = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    longer = projections * torch.tensor([1.0, 2.0, 0.5, 9.0, 3.0, 0.1])[:, None]
    assert float(nt_xent(longer, 0.2)) == pytest.approx(float(nt_xent(projections, 0.2)), rel=1e-5)


def test_nt_xent__gradient_brings_partners_together():
    projections = torch.randn(4, 3, generator=torch.Generator().manual_seed(1)).requires_grad_()
    first = nt_xent(projections, 0.5)
    first.backward()
    assert projections.grad.isfinite().all()
    moved = projections.detach() - 0.1 * projections.grad
    assert float(nt_xent(moved, 0.5)) < float(first.detach())


TINY = "test_resnet"


def test_build_network__projections():
    network = build_network(TINY, 16, 5, seed=0, channels_last=False)
    assert network(torch.rand(4, 3, 16, 16)).shape == (4, 5)
    assert network.backbone(torch.rand(4, 3, 16, 16)).shape == (4, network.backbone.num_features)


def test_build_network__seed_decides_all_weights():
    def weights(seed):
        return build_network(TINY, 16, 5, seed=seed, channels_last=False).state_dict()

    first, same, other = weights(1), weights(1), weights(2)
    assert all(torch.equal(first[name], same[name]) for name in first)
    for part in ("backbone.", "projection."):
        names = [name for name in first if name.startswith(part) and first[name].ndim > 1]
        assert names
        assert not any(torch.equal(first[name], other[name]) for name in names)


def test_build_network__leaves_the_callers_generator_alone():
    state = torch.random.get_rng_state()
    build_network(TINY, 16, 5, seed=1, channels_last=False)
    assert torch.equal(torch.random.get_rng_state(), state)


def small_network(*, channels_last=False):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 2))
    return network.to(memory_format=torch.channels_last) if channels_last else network


def step(network, optimizer):
    network(torch.ones(2, 3, 4, 4)).square().mean().backward()
    optimizer.step()
    optimizer.zero_grad()


@pytest.mark.parametrize(("name", "kind"), [("adamw", "AdamW"), ("lars", "Lars")])
def test_make_optimizer__vectors_have_no_weight_decay(name, kind):
    network = small_network()
    optimizer = make_optimizer(network, SimclrOptions(optimiser=name, weight_decay=0.5))
    assert type(optimizer).__name__ == kind
    decayed, others = optimizer.param_groups
    assert {weight.ndim for weight in decayed["params"]} == {2, 4}
    assert {weight.ndim for weight in others["params"]} == {1}
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.5, 0.0)


def test_set_learning_rate__rises_and_falls():
    """Ten steps, two of them warm-up, a quarter of the batch that a rate refers to."""
    optimizer = make_optimizer(small_network(), SimclrOptions())
    options = SimclrOptions(learning_rate=0.2, warmup_share=0.2)
    rates = [set_learning_rate(optimizer, n, 10, 64, options) for n in range(10)]
    assert rates[:2] == pytest.approx([0.05, 0.1])
    expected = [0.1 * (1 + math.cos(math.pi * place / 8)) / 2 for place in range(1, 9)]
    assert rates[2:] == pytest.approx(expected)
    assert rates[-1] == pytest.approx(0)
    assert [group["lr"] for group in optimizer.param_groups] == [rates[-1]] * 2


@pytest.mark.parametrize("name", ["adamw", "lars"])
@pytest.mark.parametrize("channels_last", [True, False])
def test_restore__goes_on_with_the_same_bits(tmp_path, name, channels_last):
    options = SimclrOptions(optimiser=name, learning_rate=0.1)
    checkpoints = Checkpoints(tmp_path / "c.safetensors", "key")
    network = small_network(channels_last=channels_last)
    optimizer = make_optimizer(network, options)
    set_learning_rate(optimizer, 1, 4, 64, options)
    step(network, optimizer)
    checkpoints.save(1, network, optimizer)
    other = small_network(channels_last=channels_last)
    gone_on = make_optimizer(other, options)
    assert restore(checkpoints, other, gone_on) == 1
    set_learning_rate(gone_on, 1, 4, 64, options)
    for state in gone_on.state.values():
        for value in state.values():
            assert value.ndim < 4 or value.stride() == other[0].weight.stride()
    step(network, optimizer)
    step(other, gone_on)
    for one, same in zip(network.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, same)


def test_restore__nothing_there(tmp_path):
    network = small_network()
    optimizer = make_optimizer(network, SimclrOptions())
    assert restore(Checkpoints(tmp_path / "c.safetensors", "key"), network, optimizer) == 0
