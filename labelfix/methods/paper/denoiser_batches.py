"""Batches that the denoiser learns from: images, retrieved labels drawn and weighted, the loss."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from labelfix.config import DiffusionOptions
from labelfix.embedding.workspace_encoder import EncodePixels
from labelfix.methods.noise_schedule import (
    NoiseSchedule,
    antithetic_timesteps,
    cosine_schedule,
)
from labelfix.methods.paper.denoiser_network import DenoiserNetwork
from labelfix.methods.paper.image_branch import vary
from labelfix.presets import BY_COUNT, UNIFORM
from labelfix.training.repeatable import repeatable, seed_of


class DrawnLabels(NamedTuple):
    """One label for each of B images: (B,) int64, and (B,) float32 weights that sum to 1."""

    labels: Tensor
    weights: Tensor


def draw_labels(
    retrieved: Tensor, generator: torch.Generator, weighting: str = BY_COUNT
) -> DrawnLabels:
    """Draw one of its retrieved labels for each image.

    The weight of a drawn label is how often it occurs among the retrieved ones: what the
    neighbours agree on counts more (Chen et al., NeurIPS 2023, section 3). Or all weigh the same.

    Args:
        retrieved: (B, K + 1) int64, the neighbours' labels and the image's own, on the CPU.
        generator: of the draw.
        weighting: `count` or `uniform`.
    """
    count, choices = retrieved.shape
    chosen = torch.randint(0, choices, (count, 1), generator=generator)
    labels = retrieved.gather(1, chosen)  # (B, 1)
    if weighting == UNIFORM:
        return DrawnLabels(labels[:, 0], torch.full((count,), 1 / count))
    occurrences = (retrieved == labels).sum(dim=1).float()
    return DrawnLabels(labels[:, 0], occurrences / occurrences.sum())


def noise_loss(predicted: Tensor, noise: Tensor, weights: Tensor) -> Tensor:
    """The weighted squared error of the predicted noise.

    Args:
        predicted: (B, C) float32.
        noise: (B, C) float32, what was to be predicted.
        weights: (B,) float32 that sum to 1.

    Returns:
        A scalar: the mean over C of the weighted sum over B.
    """
    return (weights[:, None] * (predicted - noise).square()).sum(dim=0).mean()


def _none_held_out() -> npt.NDArray[np.int64]:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class TrainingData:
    """What the denoiser learns from.

    Attributes:
        vectors: (N, D) float32 of length 1.
        retrieved: (N, K + 1) int64, the labels of each image's neighbours and its own.
        classes: C.
        pixels: (N, 3, S, S) uint8, the images themselves, for the image branch and the encoder.
        held_out: (H,) int64, the images that are not learned from; `retrieved` has no label of
            theirs in the other rows.
        encode: embeds varied images again; None takes the vectors of the images as they are.
    """

    vectors: npt.NDArray[np.float32] = field(repr=False)
    retrieved: npt.NDArray[np.int64] = field(repr=False)
    classes: int
    pixels: npt.NDArray[np.uint8] | None = field(default=None, repr=False)
    held_out: npt.NDArray[np.int64] = field(default_factory=_none_held_out, repr=False)
    encode: EncodePixels | None = field(default=None, repr=False)

    @property
    def learned_from(self) -> int:
        """How many images are."""
        return len(self.vectors) - len(self.held_out)


@dataclass(frozen=True)
class Batches:
    """Draws a batch for each step; all but the pixels and the retrieved labels on the device."""

    data: TrainingData
    options: DiffusionOptions
    device: str
    schedule: NoiseSchedule
    vectors: Tensor
    retrieved: Tensor
    rows: Tensor

    @classmethod
    def of(cls, data: TrainingData, options: DiffusionOptions, device: str) -> "Batches":
        """Batches of some data, which they bring to the device."""
        learned_from = np.setdiff1d(np.arange(len(data.vectors)), data.held_out)
        return cls(
            data,
            options,
            device,
            cosine_schedule(options.timesteps).to(device),
            torch.from_numpy(data.vectors).to(device),
            torch.from_numpy(data.retrieved),
            torch.from_numpy(learned_from),
        )

    def loss(self, network: DenoiserNetwork, step: int) -> Tensor:
        """The loss of the batch that belongs to a step."""
        options, device, classes = self.options, self.device, self.data.classes
        seed = seed_of("train", options.seed, str(step))
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randint(0, len(self.rows), (options.batch_size,), generator=generator)
        rows = self.rows[drawn]
        labels, weights = draw_labels(self.retrieved[rows], generator, options.weighting)
        timesteps = antithetic_timesteps(len(rows), options.timesteps, generator).to(device)
        noise = torch.randn(len(rows), classes, generator=generator).to(device)
        label_0 = functional.one_hot(labels, classes).float().to(device)  # (B, C)
        label_t = self.schedule.diffuse(label_0, timesteps, noise)
        varied = self._varied(rows, generator)
        seen = None
        if network.image_branch is not None and varied is not None:
            with repeatable(device, seed):
                seen = network.image_branch(varied)  # (B, F)
        predicted = network(label_t, self._embedded(rows, varied), timesteps, seen)
        return noise_loss(predicted, noise, weights.to(device))

    def _varied(self, rows: Tensor, generator: torch.Generator) -> Tensor | None:
        """(B, 3, S, S) uint8 on the device, if somebody sees the images."""
        if self.data.pixels is None:
            return None
        if self.options.image_branch is None and self.data.encode is None:
            return None
        pixels = torch.from_numpy(self.data.pixels[rows.numpy()]).to(self.device)
        return vary(pixels, generator)

    def _embedded(self, rows: Tensor, varied: Tensor | None) -> Tensor:
        """(B, D) the vectors of the images: as they are, or of what they were varied to."""
        if self.data.encode is None or varied is None:
            return self.vectors[rows.to(self.device)]
        return torch.from_numpy(self.data.encode(varied.cpu().numpy())).to(self.device)
