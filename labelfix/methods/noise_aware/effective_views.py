"""Embeddings by several encoders: view dropout in training, and the effective number of views."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import nnls
from torch import Tensor

from labelfix.methods.noise_aware.centring import Centring
from labelfix.methods.noise_aware.cross_fit import CrossFit
from labelfix.methods.noise_aware.label_denoiser import probabilities

TOGETHER = 0.5
"""Share of training steps that see all views; the others see one view, each equally often."""
LEAST_AGREEMENT = 0.05
"""If even the best view's kappa with the given labels is lower, all views are uninformative."""
RIDGE = 1e-6
"""Added to the diagonal of the correlations, for views that are copies of one another."""


@dataclass(frozen=True)
class Views:
    """The columns of the embeddings that belong to each encoder.

    Attributes:
        dimensions: D of each of V encoders; empty or one entry for a single encoder.
    """

    dimensions: Sequence[int] = field(default=())

    def __len__(self) -> int:
        return len(self.dimensions)

    def columns(self) -> Iterator[slice]:
        """The columns of each view."""
        ends = list(accumulate(self.dimensions))
        for dimension, end in zip(self.dimensions, ends, strict=True):
            yield slice(end - dimension, end)

    def drop(self, vectors: Tensor, generator: torch.Generator) -> Tensor:
        """The (B, D) input of a training step: all views, or one at random.

        Dropout (Srivastava et al., JMLR 2014) of whole views: the denoiser learns from every
        view, not only from the most informative one.
        """
        if len(self) < 2 or float(torch.rand(1, generator=generator)) < TOGETHER:
            return vectors
        chosen = int(torch.randint(len(self), (1,), generator=generator))
        return self._alone(vectors, list(self.columns())[chosen])

    def _alone(self, vectors: Tensor, columns: slice) -> Tensor:
        """One view, scaled to the length of all together; the others are set to zero."""
        alone = torch.zeros_like(vectors)
        alone[:, columns] = vectors[:, columns] * len(self) ** 0.5
        return alone

    def read_alone(
        self, fit: CrossFit, vectors: npt.NDArray[np.float32], device: str
    ) -> npt.NDArray[np.int64]:
        """(V, N) the out-of-fold prediction of each image's class by each view alone."""
        centring = Centring.of(vectors, self.columns())
        found = np.empty((len(self), len(vectors)), dtype=np.int64)
        for view, columns in enumerate(self.columns()):
            for fold, network in enumerate(fit.networks):
                own = np.flatnonzero(fit.folds == fold)
                centred = centring.centred(torch.from_numpy(vectors[own]))
                alone = centring.uncentred(self._alone(centred, columns)).numpy()
                found[view, own] = probabilities(network, alone, device).argmax(axis=1)
        return found


def effective_views(
    likeliest: npt.NDArray[np.int64], given: npt.NDArray[np.int64], classes: int
) -> float:
    """The effective number of views: the precision of all, relative to the best one.

    For normal evidence with strengths r, relative to the strongest, and error correlations R, the
    precision is r' R^-1 r times that of the strongest alone (Clemen and Winkler, Operations
    Research 1985; weights are kept non-negative): V for views with independent errors, 1 for
    copies and for an uninformative second view. Strength is Cohen's kappa with the given labels,
    R the correlation of disagreements with them. All views disagree with a wrong label, so R is
    overestimated, never underestimated.

    Args:
        likeliest: (V, N) int64, out-of-fold predictions by each view.
        given: (N,) int64.
        classes: C.

    Returns:
        A number from 1 to V.
    """
    wrong = likeliest != given
    strengths = np.array([_beyond_chance(view, given, classes) for view in likeliest])
    has_both = wrong.any(axis=1) & ~wrong.all(axis=1)  # else there is no correlation
    if strengths.max() < LEAST_AGREEMENT or not has_both.all():
        return 1.0
    relative = np.clip(strengths / strengths.max(), 0.0, 1.0)
    together = np.clip(np.corrcoef(wrong), 0.0, 1.0) + RIDGE * np.eye(len(relative))
    root = np.linalg.cholesky(together)
    weights, _ = nnls(root.T, np.linalg.solve(root, relative))
    return float(np.clip(weights @ relative, 1.0, len(relative)))


def _beyond_chance(
    likeliest: npt.NDArray[np.int64], given: npt.NDArray[np.int64], classes: int
) -> float:
    """Cohen's kappa (1960) between a view's classes and the given ones."""
    agreed = float((likeliest == given).mean())
    shares = np.bincount(likeliest, minlength=classes) @ np.bincount(given, minlength=classes)
    chance = float(shares) / len(given) ** 2
    return (agreed - chance) / max(1 - chance, 1e-6)
