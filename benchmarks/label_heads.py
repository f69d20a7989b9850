"""A small head on embeddings, and its training under any loss; for the semi-supervised rivals.

N rows, B of a batch, C classes, D dimensions.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, PASSES, BATCH_ROWS, LEARNING_RATE, WEIGHT_DECAY = 256, 30, 128, 1e-3, 1e-3
"""Chosen once, before any figure was seen, and the same for every rival."""

Vectors = npt.NDArray[np.float32]
Classes = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """One optimisation step: the head, and the rows of the batch.

    Attributes:
        network: the head that learns.
        rows: (B,) int64, which of the N rows they are.
        vectors: (B, D) float32.
        labels: (B,) int64, their given classes.
        generator: what is drawn with.
        progress: the share of the steps that are done, in [0, 1).
    """

    network: nn.Module
    rows: Tensor
    vectors: Tensor
    labels: Tensor
    generator: torch.Generator
    progress: float

    def logits(self, vectors: Tensor) -> Tensor:
        """(B, C) for any vectors."""
        found: Tensor = self.network(vectors)
        return found

    def probabilities(self, vectors: Tensor) -> Tensor:
        """(B, C) for any vectors, rows sum to 1."""
        return functional.softmax(self.logits(vectors), dim=1)


@dataclass(frozen=True)
class HeadRun:
    """A head after its training.

    Attributes:
        network: itself.
        probabilities: (N, C), of every row.
        margins: (N,), the given class's logit less the largest other, a mean over the passes.
    """

    network: nn.Module
    probabilities: Numbers
    margins: Numbers

    @property
    def likeliest(self) -> Classes:
        """(N,) the class of the largest probability."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)


def cross_entropy(step: Step) -> Tensor:
    """With the given labels as they are."""
    return functional.cross_entropy(step.logits(step.vectors), step.labels)


def noisy(vectors: Tensor, length: float, generator: torch.Generator) -> Tensor:
    """(B, D) vectors with noise of some expected length, brought back to length 1."""
    noise = torch.randn(vectors.shape, generator=generator) * length / vectors.shape[1] ** 0.5
    return functional.normalize(vectors + noise, dim=1)


def train(
    vectors: Vectors,
    given: Classes,
    loss: Callable[[Step], Tensor] = cross_entropy,
    *,
    seed: int = 0,
    passes: int = PASSES,
) -> HeadRun:
    """Train a head from nothing.

    Args:
        vectors: (N, D) of length 1.
        given: (N,) classes from 0.
        loss: of a step.
        seed: of weights and batches.
        passes: over the rows.
    """
    generator = torch.Generator().manual_seed(seed)
    network = _head(vectors.shape[1], int(given.max()) + 1, seed)
    inputs, labels = torch.from_numpy(vectors), torch.from_numpy(given)
    adam = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    margins = torch.zeros(len(given))
    for number in range(passes):
        drawn = torch.randperm(len(given), generator=generator)
        for rows in drawn.split(BATCH_ROWS):
            step = Step(network, rows, inputs[rows], labels[rows], generator, number / passes)
            adam.zero_grad()
            loss(step).backward()
            adam.step()
        with torch.no_grad():
            logits = network(inputs)
        margins += _margins(logits, labels) / passes
    chances = functional.softmax(logits.double(), dim=1).numpy()
    return HeadRun(network, chances, margins.double().numpy())


def _margins(logits: Tensor, labels: Tensor) -> Tensor:
    own = logits.gather(1, labels[:, None])
    others = logits.scatter(1, labels[:, None], -torch.inf)
    return own[:, 0] - others.max(dim=1).values


def _head(dimensions: int, classes: int, seed: int) -> nn.Module:
    """Two layers; the embeddings of length 1 are brought to unit variance first."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            Enlarge(dimensions**0.5),
            nn.Linear(dimensions, WIDTH),
            nn.ReLU(),
            nn.Linear(WIDTH, classes),
        )


class Enlarge(nn.Module):
    """Times a number."""

    def __init__(self, times: float) -> None:
        super().__init__()
        self.times = times

    def forward(self, vectors: Tensor) -> Tensor:
        """Of any shape."""
        return vectors * self.times
