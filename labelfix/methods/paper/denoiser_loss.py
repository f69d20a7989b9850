"""What the denoiser learns from: retrieved labels, drawn and weighted."""

from typing import NamedTuple

import torch
from torch import Tensor

from labelfix.options.diffusion_options import BY_COUNT, UNIFORM


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
