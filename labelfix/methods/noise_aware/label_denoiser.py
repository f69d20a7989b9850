"""The denoiser of a label vector given the image's embedding, and its inference."""

import math
from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from labelfix.methods.noise_schedule import NoiseSchedule, cosine_schedule, ddim_timesteps

PREDICT_ROWS = 4096
"""Images in one matrix product, zero-padded because its last bits depend on its shape."""
TIMESTEPS = 1000
"""T, as in the paper's public code."""
TIMESTEP_VALUES = 16
"""Length of the sinusoidal timestep embedding."""
LONGEST_PERIOD = 10_000.0
BRANCH_WIDTH = 64
"""Hidden width of the branch that sees label_t."""


class LabelDenoiser(nn.Module):
    """Predicts label_0 from [label_t, embedding, timestep].

    LRA-diffusion (Chen et al., NeurIPS 2023), but predicting label_0 instead of the noise, by
    cross-entropy (Dieleman et al., 2022, arXiv 2211.15089). A trunk reads the embedding: linear,
    ReLU, linear to the classes. A residual branch, initialised to zero, adds the effect of label_t
    at a timestep. label_T carries no information, so there the trunk alone predicts
    p(label_0 | image), and one step from label_T = 0 gives the posterior mean.
    """

    def __init__(self, dimension: int, width: int, classes: int) -> None:
        super().__init__()
        self.scale = math.sqrt(dimension)  # of a unit-length embedding, to entries around 1
        self.hidden = nn.Linear(dimension, width)
        self.output = nn.Linear(width, classes)
        self.of_trunk = nn.Linear(width, BRANCH_WIDTH)
        self.of_label = nn.Linear(classes + TIMESTEP_VALUES, BRANCH_WIDTH, bias=False)
        self.refinement = nn.Linear(BRANCH_WIDTH, classes)
        nn.init.zeros_(self.refinement.weight)
        nn.init.zeros_(self.refinement.bias)

    def forward(self, embedding: Tensor, kept: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The trunk's hidden values (B, w), and the logits of label_0 at label_T (B, C).

        Args:
            embedding: (B, D) float32 of length 1.
            kept: (w,) int64, the hidden units that are not dropped; None keeps all. Dropout
                (Srivastava et al., JMLR 2014) of the same units for a whole batch learns as
                well as dropout per image, and dropped units need not be computed.
        """
        inputs = embedding * self.scale
        if kept is None:
            hidden = torch.relu(self.hidden(inputs))
            return hidden, self.output(hidden)
        dropped = functional.linear(inputs, self.hidden.weight[kept], self.hidden.bias[kept])
        hidden = torch.relu(dropped)
        return hidden, self._over_kept(self.output, hidden, kept)

    def refine(
        self,
        hidden: Tensor,
        logits: Tensor,
        label_t: Tensor,
        timesteps: Tensor,
        kept: Tensor | None = None,
    ) -> Tensor:
        """Logits of label_0 (B, C) at any timestep, from the output of `forward`.

        Args:
            hidden: (B, w) float32.
            logits: (B, C) float32.
            label_t: (B, C) float32.
            timesteps: (B,) int64 in [0, T).
            kept: see `forward`.
        """
        of_trunk = (
            self.of_trunk(hidden) if kept is None else self._over_kept(self.of_trunk, hidden, kept)
        )
        told = _timestep_table().to(label_t.device)[timesteps]
        seen = of_trunk + self.of_label(torch.cat([label_t, told], dim=1))
        refined: Tensor = logits + self.refinement(torch.relu(seen))
        return refined

    def _over_kept(self, layer: nn.Linear, hidden: Tensor, kept: Tensor) -> Tensor:
        scaled = layer.weight[:, kept] * (self.hidden.out_features / len(kept))
        return functional.linear(hidden, scaled, layer.bias)


def build_label_denoiser(dimension: int, width: int, classes: int, seed: int) -> LabelDenoiser:
    """A network with fresh weights, determined by the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LabelDenoiser(dimension, width, classes)


@torch.inference_mode()
def probabilities(
    network: LabelDenoiser,
    vectors: npt.NDArray[np.float32],
    device: str,
    rows: npt.NDArray[np.int64] | None = None,
    steps: int = 1,
) -> npt.NDArray[np.float32]:
    """p(label_0 | image) of n images.

    Args:
        network: trained.
        vectors: (N, D) float32 of length 1.
        device: `cpu` or `cuda`.
        rows: (n,) positions in `vectors`; None means all.
        steps: of DDIM from label_T = 0; the first needs only the trunk.

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
        found[batch] = _label_0(network, filled.to(device), steps)[: len(chosen)].cpu().numpy()
    return found


def _label_0(network: LabelDenoiser, embedding: Tensor, steps: int) -> Tensor:
    """(B, C) label_0 by DDIM without noise (Song et al., ICLR 2021, equation 12), from label_T = 0.

    The noise is computed from label_t and the predicted label_0.
    """
    hidden, logits = network(embedding)
    label_0 = torch.softmax(logits, dim=1)
    label_t, before = torch.zeros_like(label_0), 0.0
    for timestep in ddim_timesteps(TIMESTEPS, steps)[1:]:
        left = float(label_schedule().alphas_cumprod[timestep])
        noise = (label_t - math.sqrt(before) * label_0) / math.sqrt(1 - before)
        label_t = math.sqrt(left) * label_0 + math.sqrt(1 - left) * noise
        at = torch.full((len(label_0),), timestep, device=label_0.device)
        label_0 = torch.softmax(network.refine(hidden, logits, label_t, at), dim=1)
        before = left
    return label_0


@cache
def label_schedule() -> NoiseSchedule:
    """The forward process of T timesteps."""
    return cosine_schedule(TIMESTEPS)


@cache
def _timestep_table() -> Tensor:
    """(T, V) float32, sines and cosines of every timestep (Vaswani et al., NeurIPS 2017)."""
    half = TIMESTEP_VALUES // 2
    rates = torch.exp(-math.log(LONGEST_PERIOD) * torch.arange(half) / half)
    angles = torch.arange(TIMESTEPS)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)
