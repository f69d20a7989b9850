"""The network that predicts the noise in a label vector, given the image's embedding."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class NetworkShape:
    """What is needed to build the network: C classes, D, hidden width, T timesteps."""

    classes: int
    dimension: int
    width: int
    timesteps: int


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
    """Three conditional layers over [label_t, embedding], gated by the embedding.

    Chen et al., NeurIPS 2023 (LRA-diffusion), figure 2, without the image branch: the gate is a
    linear projection of the embedding.
    """

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        width, timesteps = shape.width, shape.timesteps
        self.gate = nn.Linear(shape.dimension, width)
        self.gate_norm = nn.BatchNorm1d(width)
        self.layers = nn.ModuleList(
            [
                ConditionalLayer(shape.classes + shape.dimension, width, timesteps),
                ConditionalLayer(width, width, timesteps),
                ConditionalLayer(width, width, timesteps),
            ]
        )
        self.output = nn.Linear(width, shape.classes)

    def forward(self, label_t: Tensor, embedding: Tensor, timesteps: Tensor) -> Tensor:
        """The noise in label_t: (B, C), (B, D) and (B,) to (B, C)."""
        first, second, third = self.layers
        hidden = first(torch.cat([label_t, embedding], dim=1), timesteps)
        hidden = hidden * self.gate_norm(self.gate(embedding))
        noise: Tensor = self.output(third(second(hidden, timesteps), timesteps))
        return noise


def build_network(shape: NetworkShape, seed: int) -> DenoiserNetwork:
    """A network with fresh weights; the same seed gives the same ones."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return DenoiserNetwork(shape)
