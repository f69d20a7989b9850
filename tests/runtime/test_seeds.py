"""The same draws from the same seed, and nothing else disturbed."""

import pytest
import torch
from torch import nn

from labelfix.runtime.seeds import repeatable, repeatable_convolutions, seed_of


def test_repeatable__dropout_is_drawn_again():
    before = torch.get_rng_state()
    drawn = []
    for seed in (0, 0, 1):
        with repeatable("cpu", seed):
            drawn.append(nn.functional.dropout(torch.ones(100), 0.5))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("before", [False, True])
def test_repeatable_convolutions__only_for_a_while(monkeypatch, before):
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", before)

    def fail():
        with repeatable_convolutions():
            assert torch.backends.cudnn.deterministic
            raise ValueError("on the way")

    with pytest.raises(ValueError, match="on the way"):
        fail()
    assert torch.backends.cudnn.deterministic == before


def test_seed_of__different_for_everything():
    seeds = {
        seed_of("simclr", seed, what)
        for seed in (0, 1)
        for what in ("weights", "step/1", "epoch/1")
    }
    assert len(seeds) == 6
    assert all(0 <= seed < 2**63 for seed in seeds)
