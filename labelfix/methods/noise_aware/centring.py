"""Embeddings centred for training, and denoisers that read them as they are afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from labelfix.methods.noise_aware.label_denoiser import LabelDenoiser

LEAST_SPREAD = 1e-3
"""Embeddings whose spread, as a share of their length, is smaller are as good as equal."""


@dataclass(frozen=True)
class Centring:
    """The mean of the embeddings and their spread around it.

    Embeddings of length 1 fill a narrow cone (Liang et al., NeurIPS 2022): with HOG, their mean
    has a length of 0.8. What tells the images apart is small beside it, and gradient descent
    learns it slowly: from 800 tiles, 66 % of the classes instead of 75 %.

    Attributes:
        mean: (D,) float32.
        spread: (D,) float32, of each view the root mean square of the distances to its mean, as
            a share of its root mean square length; the same for all values of a view.
    """

    mean: Tensor = field(repr=False)
    spread: Tensor = field(repr=False)

    @classmethod
    def of(cls, vectors: npt.NDArray[np.float32], views: Iterable[slice] = ()) -> "Centring":
        """The centring of N embeddings.

        Args:
            vectors: (N, D).
            views: the columns of each encoder; empty for one encoder.
        """
        mean = vectors.mean(axis=0, dtype=np.float64)
        spread = np.ones_like(mean)
        for columns in tuple(views) or (slice(None),):
            square = float(np.vdot(vectors[:, columns], vectors[:, columns])) / len(vectors)
            share = 1 - float(mean[columns] @ mean[columns]) / max(square, 1e-12)
            if share > LEAST_SPREAD**2:
                spread[columns] = share**0.5
        return cls(*(torch.from_numpy(each.astype(np.float32)) for each in (mean, spread)))

    def centred(self, vectors: Tensor) -> Tensor:
        """(B, D) float32 around 0, of the root mean square length that they had."""
        return (vectors - self.mean.to(vectors.device)) / self.spread.to(vectors.device)

    def uncentred(self, vectors: Tensor) -> Tensor:
        """(B, D) float32, `centred` undone."""
        return vectors * self.spread.to(vectors.device) + self.mean.to(vectors.device)

    @torch.no_grad()
    def absorb(self, network: LabelDenoiser) -> None:
        """Make a denoiser that was trained on centred embeddings read them as they are."""
        layer = network.hidden
        layer.weight.div_(self.spread.to(layer.weight.device))
        layer.bias.sub_(network.scale * (layer.weight @ self.mean.to(layer.weight.device)))
