"""The optimisers, the rate over time, and going on."""

import math

import pytest
import torch
from torch import nn

from labelfix.options.simclr_options import SimclrOptions
from labelfix.runtime.checkpoint import Checkpoints
from labelfix.simclr.optimisation import make_optimizer, restore, set_learning_rate


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
