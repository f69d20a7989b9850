"""Samples label_0 for the forward process: an image's own label or a retrieved neighbour's."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from labelfix.data.neighbours import NearestImages, Neighbours
from labelfix.methods.noise_aware.label_denoiser import TIMESTEPS, label_schedule
from labelfix.methods.noise_schedule import antithetic_timesteps
from labelfix.noise.folds import near_duplicates

RETRIEVED_SHARE = 0.5
"""Share of labels drawn from a neighbour; the others are the image's own."""


@dataclass(frozen=True)
class DiffusedLabels:
    """Diffused labels of B images.

    Attributes:
        sources: (B,) int64, the image that each label comes from.
        label_t: (B, C) float32.
        timesteps: (B,) int64.
    """

    sources: Tensor
    label_t: Tensor
    timesteps: Tensor


class LabelDraws:
    """Draws label_0 for the training images of one fold's denoiser, and diffuses it.

    Neighbours in that fold are excluded, or the denoiser would see labels that it will judge.
    Copies are excluded because they are no independent evidence, and so are images of no class.

    Args:
        neighbours: of all N images.
        labels: (N,) int64, the class of each image.
        taught: (N,) bool, the images that the denoiser may learn from.
        classes: C.
        generator: of all draws.
    """

    def __init__(
        self,
        neighbours: Neighbours,
        labels: Tensor,
        taught: npt.NDArray[np.bool_],
        classes: int,
        generator: torch.Generator,
    ) -> None:
        self._neighbours, self._taught = neighbours, taught
        self._labels, self._classes, self._generator = labels, classes, generator

    def draw(self, images: Tensor) -> DiffusedLabels:
        """Diffused labels of (B,) images, at random timesteps."""
        count, made_with = len(images), self._generator
        rows = images.numpy()
        nearest = NearestImages(self._neighbours.indices[rows], self._neighbours.similarities[rows])
        column = torch.randint(nearest.indices.shape[1], (count,), generator=made_with)
        chosen = np.arange(count), column.numpy()
        neighbour = nearest.indices[chosen]
        gives = self._taught[neighbour] & ~near_duplicates(nearest)[chosen]
        retrieved = torch.rand(count, generator=made_with) < RETRIEVED_SHARE
        retrieved &= torch.from_numpy(gives)
        sources = torch.where(retrieved, torch.from_numpy(neighbour), images)
        timesteps = antithetic_timesteps(count, TIMESTEPS, made_with)
        noise = torch.randn(count, self._classes, generator=made_with)
        label_0 = functional.one_hot(self._labels[sources], self._classes).float()
        label_t = label_schedule().diffuse(label_0, timesteps, noise)
        return DiffusedLabels(sources, label_t, timesteps)
