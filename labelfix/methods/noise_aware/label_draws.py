"""What the forward process starts from: an image's own label, or one of a retrieved neighbour."""

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
"""Of the labels, those that a neighbour gives; the others are the image's own."""


@dataclass(frozen=True)
class DiffusedLabels:
    """Labels of B images after some timesteps.

    Attributes:
        sources: (B,) int64, the image that each label is of.
        label_t: (B, C) float32.
        timesteps: (B,) int64.
    """

    sources: Tensor
    label_t: Tensor
    timesteps: Tensor


class LabelDraws:
    """Draws label_0 for the training images of one fold's denoiser, and diffuses it.

    Neighbours of that fold give none, or the denoiser would have seen what it is to judge; nor do
    copies, which are no evidence of their own, nor images that teach nothing.

    Args:
        neighbours: of all N images.
        labels: (N,) int64, the classes that label_0 may be.
        taught: (N,) bool, the images that the denoiser may learn from.
        classes: C.
        generator: what is drawn with.
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
        """For (B,) images, label_t at timesteps that are drawn, too."""
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
