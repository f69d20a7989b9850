"""Checkpoints: the same state comes back, and nothing but the same training's whole state."""

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from labelfix.methods.paper.denoiser_network import NetworkShape, build_network
from labelfix.runtime.checkpoint import Checkpoints

SHAPE = NetworkShape(classes=2, dimension=3, width=4, timesteps=10)


def state(seed=0):
    """A network and its optimiser, a step into training."""
    network = build_network(SHAPE, seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01, fused=True)
    return network, optimizer


def step(network, optimizer):
    generator = torch.Generator().manual_seed(4)
    label_t, embedding = torch.randn(6, 2, generator=generator), torch.eye(3).repeat(2, 1)
    network(label_t, embedding, torch.arange(6)).square().mean().backward()
    optimizer.step()
    optimizer.zero_grad()


@pytest.fixture
def saved(tmp_path):
    network, optimizer = state()
    step(network, optimizer)
    checkpoints = Checkpoints(tmp_path / "checkpoint.safetensors", "key")
    checkpoints.save(7, network, optimizer)
    return checkpoints, network, optimizer


def equal(first, second):
    first, second = first.state_dict(), second.state_dict()
    return all(torch.equal(first[name], second[name]) for name in first)


def test_restore__network_and_optimizer(saved):
    checkpoints, network, optimizer = saved
    other, other_optimizer = state(seed=1)
    assert checkpoints.restore(other, other_optimizer) == 7
    assert equal(network, other)
    step(network, optimizer)
    step(other, other_optimizer)
    assert equal(network, other), "the optimiser's state came back too"


def check_not_taken(checkpoints):
    network, optimizer = state(seed=1)
    assert checkpoints.restore(network, optimizer) == 0
    assert equal(network, build_network(SHAPE, 1))
    assert optimizer.state_dict()["state"] == {}


def test_restore__none_there(tmp_path):
    check_not_taken(Checkpoints(tmp_path / "checkpoint.safetensors", "key"))


def test_restore__another_key(saved):
    check_not_taken(Checkpoints(saved[0].path, "another"))


@pytest.mark.parametrize("length", [0, 5, 100, 2000, -1])
def test_restore__torn(saved, length):
    path = saved[0].path
    path.write_bytes(path.read_bytes()[:length])
    check_not_taken(saved[0])


@pytest.mark.parametrize("place", [0.5, 0.75, 0.999])
def test_restore__flipped_bit_in_a_weight(saved, place):
    path = saved[0].path
    data = bytearray(path.read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    data[start + int(place * (len(data) - start))] ^= 4
    path.write_bytes(data)
    check_not_taken(saved[0])


def test_restore__another_step_than_was_saved(saved):
    path = saved[0].path
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    save_file(load_file(path), path, {**metadata, "step": "8"})
    check_not_taken(saved[0])


def test_restore__no_safetensors(saved):
    torch.save({"step": 7}, saved[0].path)
    check_not_taken(saved[0])


def test_remove__twice(saved):
    saved[0].remove()
    assert not saved[0].path.exists()
    saved[0].remove()


def test_part__is_a_file_of_its_own_and_goes_with_the_whole(tmp_path):
    whole = Checkpoints(tmp_path / "checkpoint.safetensors", "key")
    first, second = whole.part("0.1"), whole.part("1.0")
    first.write(1, {"a": torch.ones(2)})
    second.write(1, {"a": torch.zeros(2)})
    assert first.path.name == "checkpoint-0.1.safetensors"
    assert whole.read() == (0, {})
    assert torch.equal(whole.part("0.1").read()[1]["a"], torch.ones(2))
    (tmp_path / "encoder_checkpoint.safetensors").touch()
    whole.remove()
    assert [each.name for each in tmp_path.iterdir()] == ["encoder_checkpoint.safetensors"]
