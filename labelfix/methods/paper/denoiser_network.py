"""The network that tells the noise in a label vector, and DDIM, which reads a label by it."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from labelfix.methods.noise_schedule import NoiseSchedule, ddim_timesteps
from labelfix.methods.paper.image_branch import ImageBranch, ImageBranchShape


@dataclass(frozen=True)
class NetworkShape:
    """What is needed to build the network: C classes, D, hidden width, T timesteps.

    `image_branch` is None for a network that sees the embedding alone.
    """

    classes: int
    dimension: int
    width: int
    timesteps: int
    image_branch: ImageBranchShape | None = None


class ConditionalLayer(nn.Module):
    """Linear, scaled by a vector that is learned for each timestep, batch norm, softplus.

    The vectors start at 1: a timestep that was hardly drawn yet behaves as its peers do.
    """

    def __init__(self, inputs: int, width: int, timesteps: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, width)
        self.timestep_scale = nn.Embedding(timesteps, width)
        nn.init.ones_(self.timestep_scale.weight)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, values: Tensor, timesteps: Tensor) -> Tensor:
        """(B, inputs) and (B,) to (B, width)."""
        scaled = self.timestep_scale(timesteps) * self.linear(values)
        return functional.softplus(self.norm(scaled))


class DenoiserNetwork(nn.Module):
    """Three conditional layers over [label_t, embedding], the first one's values gated.

    Chen et al., NeurIPS 2023 (LRA-diffusion), figure 2: the gate is a linear projection of what
    the image branch makes of the pixels; without the branch, of the embedding.

    Args:
        shape: of the network.
        seed: of the image branch's first weights.
    """

    def __init__(self, shape: NetworkShape, seed: int = 0) -> None:
        super().__init__()
        width, timesteps = shape.width, shape.timesteps
        branch = ImageBranch(shape.image_branch, seed) if shape.image_branch else None
        self.image_branch = branch
        self.gate = nn.Linear(branch.features if branch else shape.dimension, width)
        self.gate_norm = nn.BatchNorm1d(width)
        self.layers = nn.ModuleList(
            [
                ConditionalLayer(shape.classes + shape.dimension, width, timesteps),
                ConditionalLayer(width, width, timesteps),
                ConditionalLayer(width, width, timesteps),
            ]
        )
        self.output = nn.Linear(width, shape.classes)

    def forward(
        self, label_t: Tensor, embedding: Tensor, timesteps: Tensor, seen: Tensor | None = None
    ) -> Tensor:
        """The noise in label_t: (B, C), (B, D) and (B,) to (B, C).

        Args:
            label_t: (B, C) float32.
            embedding: (B, D) float32 of length 1.
            timesteps: (B,) int64 in [0, T).
            seen: (B, F) float32, what the image branch makes of the images; None without one.
        """
        if (seen is None) != (self.image_branch is None):
            raise ValueError("expected what the image branch sees, if there is one")
        first, second, third = self.layers
        hidden = first(torch.cat([label_t, embedding], dim=1), timesteps)
        hidden = hidden * self.gate_norm(self.gate(embedding if seen is None else seen))
        noise: Tensor = self.output(third(second(hidden, timesteps), timesteps))
        return noise


def build_network(shape: NetworkShape, seed: int) -> DenoiserNetwork:
    """A network with fresh weights; the same seed gives the same ones."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return DenoiserNetwork(shape, seed)


PredictNoise = Callable[[Tensor, Tensor, Tensor], Tensor]
"""label_t (B, C), embeddings (B, D) and timesteps (B,) to the noise in label_t (B, C)."""


@torch.inference_mode()
def denoise(
    network: PredictNoise, schedule: NoiseSchedule, embeddings: Tensor, classes: int, steps: int
) -> Tensor:
    """label_0 of B images by DDIM (Song et al., ICLR 2021, equation 12 with sigma = 0).

    It starts at label_T = 0, the mean of the noise: the maximum-likelihood estimate of
    Chen et al., NeurIPS 2023 (LRA-diffusion).

    Args:
        network: in evaluation mode, on the device of the embeddings.
        schedule: on the same device.
        embeddings: (B, D) float32.
        classes: C.
        steps: of denoising.

    Returns:
        (B, C) float32; near 1 for the label, near 0 elsewhere.
    """
    count = len(embeddings)
    label_t = label_0 = torch.zeros(count, classes, device=embeddings.device)
    visited = ddim_timesteps(len(schedule.betas), steps)
    for step, timestep in enumerate(visited):
        left = schedule.alphas_cumprod[timestep]
        at = torch.full((count,), timestep, device=embeddings.device)
        noise = network(label_t, embeddings, at)
        label_0 = (label_t - (1 - left).sqrt() * noise) / left.sqrt()
        if step + 1 == len(visited):
            break
        left_next = schedule.alphas_cumprod[visited[step + 1]]
        label_t = left_next.sqrt() * label_0 + (1 - left_next).sqrt() * noise
    return label_0
