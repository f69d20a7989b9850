"""The forward process: the schedule's values, its ends, and antithetic timesteps."""

import pytest
import torch

from labelfix.methods.noise_schedule import (
    NoiseSchedule,
    antithetic_timesteps,
    cosine_schedule,
)


def test_cosine_schedule__four_timesteps_by_hand():
    """f(s) = cos^2((s + 0.008) / 1.008 * 90 degrees); what is left is f((t + 1) / 4) / f(0).

    At the end nothing would be left, so beta is cut to 0.999 and a thousandth stays.
    """
    schedule = cosine_schedule(4)
    left = torch.tensor([0.847012, 0.493844, 0.144272, 0.000144272])
    betas = torch.tensor([0.152988, 0.416958, 0.707859, 0.999])
    assert torch.allclose(schedule.alphas_cumprod, left, atol=1e-6, rtol=1e-5)
    assert torch.allclose(schedule.betas, betas, atol=1e-6)


def test_cosine_schedule__falls_from_near_1_to_near_0():
    schedule = cosine_schedule(1000)
    left = schedule.alphas_cumprod
    assert left.shape == schedule.betas.shape == (1000,)
    assert left.dtype == schedule.betas.dtype == torch.float32
    assert (left.diff() < 0).all()
    assert 0.9999 < left[0] < 1
    assert 0.49 < left[499] < 0.51
    assert 0 < left[-1] < 1e-6
    assert ((schedule.betas > 0) & (schedule.betas <= 0.999)).all()
    assert torch.allclose(left, (1 - schedule.betas.double()).cumprod(0).float(), rtol=1e-4)


def test_diffuse__by_hand():
    schedule = NoiseSchedule(torch.zeros(2), torch.tensor([0.64, 0.36]))
    label_0 = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    noise = torch.tensor([[1.0, -1.0], [2.0, 0.5], [0.0, 1.0]])
    label_t = schedule.diffuse(label_0, torch.tensor([0, 1, 1]), noise)
    # sqrt(0.64) = 0.8 and sqrt(0.36) = 0.6: each is the other's root of 1 minus it
    by_hand = torch.tensor([[0.8 + 0.6, -0.6], [1.6, 0.6 + 0.4], [0.6, 0.8]])
    assert torch.allclose(label_t, by_hand, atol=1e-6)


def test_diffuse__timestep_0_gives_the_input_back():
    label_0 = torch.eye(5)
    noise = torch.randn(5, 5, generator=torch.Generator().manual_seed(0))
    label_t = cosine_schedule(1000).diffuse(label_0, torch.zeros(5, dtype=torch.int64), noise)
    assert (label_t - label_0).abs().max() < 0.02


def test_diffuse__last_timestep_is_the_noise():
    noise = torch.randn(5, 5, generator=torch.Generator().manual_seed(0))
    label_t = cosine_schedule(1000).diffuse(torch.eye(5), torch.full((5,), 999), noise)
    assert (label_t - noise).abs().max() < 1e-3


@pytest.mark.parametrize("count", [1, 2, 7, 64])
def test_antithetic_timesteps__pair_up(count):
    timesteps = antithetic_timesteps(count, 100, torch.Generator().manual_seed(3))
    assert timesteps.shape == (count,)
    assert timesteps.dtype == torch.int64
    half = (count + 1) // 2
    pairs = count - half
    assert torch.equal(timesteps[:pairs] + timesteps[half:], torch.full((pairs,), 99))


def test_antithetic_timesteps__every_one_is_drawn():
    timesteps = antithetic_timesteps(20_000, 10, torch.Generator().manual_seed(0))
    counts = torch.bincount(timesteps, minlength=10)
    assert len(counts) == 10
    assert ((counts - 2000).abs() < 200).all()


def test_antithetic_timesteps__the_generator_decides():
    def drawn(seed):
        return antithetic_timesteps(50, 1000, torch.Generator().manual_seed(seed)).tolist()

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
