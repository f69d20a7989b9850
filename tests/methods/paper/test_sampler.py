"""DDIM: the timesteps it visits, its equation by hand, and a network that knows the answer."""

import pytest
import torch

from labelfix.methods.noise_schedule import NoiseSchedule, cosine_schedule
from labelfix.methods.paper.denoiser_network import ddim_timesteps, denoise


@pytest.mark.parametrize(
    ("timesteps", "steps", "visited"),
    [
        (1000, 10, [901, 801, 701, 601, 501, 401, 301, 201, 101, 1]),
        (1000, 4, [751, 501, 251, 1]),
        (1000, 1, [1]),
        (100, 3, [67, 34, 1]),
        (10, 5, [9, 7, 5, 3, 1]),
    ],
)
def test_ddim_timesteps__evenly_spaced(timesteps, steps, visited):
    assert ddim_timesteps(timesteps, steps) == visited


@pytest.mark.parametrize(("timesteps", "steps"), [(10, 10), (10, 30), (1000, 7), (997, 10)])
def test_ddim_timesteps__in_range_and_falling(timesteps, steps):
    visited = ddim_timesteps(timesteps, steps)
    assert len(visited) == steps
    assert visited == sorted(visited, reverse=True)
    assert all(0 < timestep < timesteps for timestep in visited)


@pytest.mark.parametrize("timesteps", [100, 1000])
@pytest.mark.parametrize("steps", [1, 3, 10])
def test_denoise__perfect_network_gives_the_label(timesteps, steps):
    schedule = cosine_schedule(timesteps)
    target = torch.tensor([[1.0, 0.0, 0.0], [0.2, 0.5, 0.3], [0.0, 0.0, 1.0]])

    def network(label_t, embeddings, at):
        left = schedule.alphas_cumprod[at][:, None]
        return (label_t - left.sqrt() * embeddings) / (1 - left).sqrt()  # exactly its noise

    label_0 = denoise(network, schedule, target, 3, steps)
    assert torch.allclose(label_0, target, atol=1e-5)


def test_denoise__two_steps_by_hand():
    """Of T = 4, timesteps 3 and 1 are visited: 0.36 and 0.64 are left, with roots 0.6 and 0.8."""
    schedule = NoiseSchedule(torch.zeros(4), torch.tensor([1.0, 0.64, 0.5, 0.36]))
    seen = []

    def network(label_t, embeddings, at):
        seen.append((label_t.clone(), embeddings, at.tolist()))
        return torch.tensor([[-0.75, 0.3], [0.0, 0.6]]) if len(seen) == 1 else 2 * label_t

    embeddings = torch.eye(2)
    label_0 = denoise(network, schedule, embeddings, 2, 2)
    # label_0 = (0 - 0.8 noise) / 0.6 = [[1, -0.4], [0, -0.8]]
    # label_1 = 0.8 label_0 + 0.6 noise = [[0.35, -0.14], [0, -0.28]]
    # label_0 = (label_1 - 0.6 * 2 label_1) / 0.8 = -label_1 / 4
    assert torch.equal(seen[0][0], torch.zeros(2, 2))
    assert torch.allclose(seen[1][0], torch.tensor([[0.35, -0.14], [0.0, -0.28]]), atol=1e-6)
    assert [at for _, _, at in seen] == [[3, 3], [1, 1]]
    assert all(given is embeddings for _, given, _ in seen)
    assert torch.allclose(label_0, torch.tensor([[-0.0875, 0.035], [0.0, 0.07]]), atol=1e-6)


def test_denoise__keeps_no_gradients():
    weights = torch.ones(2, requires_grad=True)
    label_0 = denoise(lambda *_: weights.repeat(3, 1), cosine_schedule(100), torch.eye(3), 2, 4)
    assert not label_0.requires_grad
