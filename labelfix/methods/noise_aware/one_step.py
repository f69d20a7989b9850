"""The denoiser in one step: from the embedding, at label_T = 0, to the label's probabilities."""

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

PREDICT_ROWS = 4096
"""Images in one matrix product, filled up with zeros: its last bits depend on its shape."""


class OneStepDenoiser(nn.Module):
    """Predicts label_0 instead of the noise, at the timestep where label_t holds nothing.

    A denoiser that is read from label_T = 0 (the maximum-likelihood estimate of Chen et al.,
    NeurIPS 2023) in one step sees the embedding alone. Trained by cross-entropy (Dieleman et
    al., 2022, arXiv 2211.15089), its output is p(label_0 | image): a linear layer, a rectifier,
    and a linear layer to the classes.
    """

    def __init__(self, dimension: int, width: int, classes: int) -> None:
        super().__init__()
        self.scale = math.sqrt(dimension)  # of a unit-length embedding, to entries around 1
        self.hidden = nn.Linear(dimension, width)
        self.output = nn.Linear(width, classes)

    def forward(self, embedding: Tensor, kept: Tensor | None = None) -> Tensor:
        """Logits of label_0: (B, D) to (B, C).

        Args:
            embedding: (B, D) float32 of length 1.
            kept: (w,) int64, the hidden units that are not dropped; None keeps all. Dropout
                (Srivastava et al., JMLR 2014) of the same units for a whole batch learns as
                well as one for each image, and what is dropped need not be computed.
        """
        inputs = embedding * self.scale
        if kept is None:
            logits: Tensor = self.output(torch.relu(self.hidden(inputs)))
            return logits
        hidden = functional.linear(inputs, self.hidden.weight[kept], self.hidden.bias[kept])
        scaled = self.output.weight[:, kept] * (self.hidden.out_features / len(kept))
        return functional.linear(torch.relu(hidden), scaled, self.output.bias)


def build_one_step(dimension: int, width: int, classes: int, seed: int) -> OneStepDenoiser:
    """A network with fresh weights; the same seed gives the same ones."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return OneStepDenoiser(dimension, width, classes)


@torch.inference_mode()
def probabilities(
    network: OneStepDenoiser,
    vectors: npt.NDArray[np.float32],
    device: str,
    rows: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.float32]:
    """p(label_0 | image) of n images.

    Args:
        network: trained.
        vectors: (N, D) float32 of length 1.
        device: `cpu` or `cuda`.
        rows: (n,) which of them; None takes all.

    Returns:
        (n, C) float32, rows sum to 1.
    """
    network = network.to(device).eval()
    count = len(vectors) if rows is None else len(rows)
    found = np.empty((count, network.output.out_features), dtype=np.float32)
    filled = torch.zeros(PREDICT_ROWS, vectors.shape[1])
    for start in range(0, count, PREDICT_ROWS):
        batch = slice(start, min(start + PREDICT_ROWS, count))
        chosen = vectors[batch] if rows is None else vectors[rows[batch]]
        filled[: len(chosen)] = torch.from_numpy(chosen)
        logits = network(filled.to(device))
        found[batch] = torch.softmax(logits, dim=1)[: len(chosen)].cpu().numpy()
    return found
