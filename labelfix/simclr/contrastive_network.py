"""The network that SimCLR trains, its contrastive loss and its optimiser.

The loss is six lines of torch and stays here: timm and torch have none, and another library would
have to draw and sum in this order for a checkpoint to go on to the same bits. So does the learning
rate: a function of the step alone needs no scheduler state in the checkpoint.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from labelfix.embed_config import SimclrOptions
from labelfix.encoders.network import make_backbone
from labelfix.training.checkpoint import Checkpoints


def nt_xent(projections: Tensor, temperature: float) -> Tensor:
    """The contrastive loss NT-Xent (Chen et al., ICML 2020, eq. 1).

    The mean cross-entropy over all 2B views: each must pick the other view of its image among the
    2B - 1 other views.

    Args:
        projections: (2B, P) float32 of any length; rows i and B + i are views of one image.
        temperature: positive; divides the cosine similarities.

    Returns:
        The loss, a scalar.
    """
    units = functional.normalize(projections, dim=1)
    similarities = units @ units.T / temperature  # (2B, 2B)
    similarities.fill_diagonal_(-torch.inf)  # a view is never compared to itself
    views = len(projections)
    partners = torch.arange(views, device=projections.device).roll(views // 2)
    return functional.cross_entropy(similarities, partners)


class SimclrNetwork(nn.Module):
    """Backbone and projection head (Chen et al., ICML 2020, section 2.1 and appendix B.9).

    Args:
        backbone: (B, 3, S, S) to (B, D), with D in `num_features`.
        width: P, the length of a projection.
    """

    def __init__(self, backbone: nn.Module, width: int) -> None:
        super().__init__()
        self.backbone = backbone
        features = int(backbone.num_features)  # type: ignore[arg-type]
        self.projection = nn.Sequential(
            nn.Linear(features, features, bias=False),
            nn.BatchNorm1d(features),
            nn.ReLU(),
            nn.Linear(features, width),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """The projections for the loss: (B, 3, S, S) to (B, P)."""
        projected: Tensor = self.projection(self.backbone(pixels))
        return projected


def build_network(
    backbone: str, image_size: int, width: int, *, seed: int, channels_last: bool
) -> SimclrNetwork:
    """A network with fresh weights; the same seed gives the same weights.

    Raises:
        InputError: timm has no such backbone, or it cannot take images of this size.
    """
    made = make_backbone(backbone, image_size, seed=seed, channels_last=channels_last)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return SimclrNetwork(made, width)


LARS_MOMENTUM = 0.9


def make_optimizer(network: nn.Module, options: SimclrOptions) -> torch.optim.Optimizer:
    """AdamW, or LARS (You et al., 2017) for large batches; weight decay for matrices only."""
    weights = list(network.parameters())
    groups: list[dict[str, Any]] = [
        {"params": [weight for weight in weights if weight.ndim > 1]},
        {"params": [weight for weight in weights if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    if options.optimiser == "lars":
        from timm.optim import Lars

        lars: torch.optim.Optimizer = Lars(
            groups, lr=0.0, momentum=LARS_MOMENTUM, weight_decay=options.weight_decay
        )
        return lars
    return torch.optim.AdamW(groups, lr=0.0, weight_decay=options.weight_decay, fused=True)


def set_learning_rate(
    optimizer: torch.optim.Optimizer, step: int, steps: int, batch: int, options: SimclrOptions
) -> float:
    """Set a linear warm-up from 0, then a cosine to 0 (Chen et al., ICML 2020, section 2.2)."""
    warmup = max(1.0, options.warmup_share * steps)
    rise = min(1.0, (step + 1) / warmup)
    fall = max(0.0, (step + 1 - warmup) / max(1.0, steps - warmup))
    rate = options.rate_for(batch) * rise * (1 + math.cos(math.pi * fall)) / 2
    for group in optimizer.param_groups:
        group["lr"] = rate
    return rate


def restore(checkpoints: Checkpoints, network: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Restore a checkpoint of this training, if there is one; return its steps."""
    step = checkpoints.restore(network, optimizer)
    for weight, state in optimizer.state.items():
        for name, value in state.items():
            if value.shape == weight.shape:
                # Fused optimisers need the weights' memory order.
                state[name] = torch.empty_like(weight).copy_(value)
    return step
