"""Backbone and projection."""

import torch

from labelfix.simclr.contrastive_network import build_network

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
