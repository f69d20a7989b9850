"""The optimiser, its rate over time, and going on with it."""

import math
from typing import Any

import torch
from torch import nn

from labelfix.options.simclr_options import SimclrOptions
from labelfix.runtime.checkpoint import Checkpoints

LARS_MOMENTUM = 0.9


def make_optimizer(network: nn.Module, options: SimclrOptions) -> torch.optim.Optimizer:
    """AdamW, or LARS (You et al., 2017) for large batches; vectors have no weight decay."""
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
    """A rise from 0 over the warm-up, then a cosine to 0 (Chen et al., ICML 2020, section 2.2)."""
    warmup = max(1.0, options.warmup_share * steps)
    rise = min(1.0, (step + 1) / warmup)
    fall = max(0.0, (step + 1 - warmup) / max(1.0, steps - warmup))
    rate = options.rate_for(batch) * rise * (1 + math.cos(math.pi * fall)) / 2
    for group in optimizer.param_groups:
        group["lr"] = rate
    return rate


def restore(checkpoints: Checkpoints, network: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Go on from a checkpoint, if there is one of this training; gives back its steps."""
    step = checkpoints.restore(network, optimizer)
    for weight, state in optimizer.state.items():
        for name, value in state.items():
            if value.shape == weight.shape:
                # Fused optimisers want the weights' own order in memory.
                state[name] = torch.empty_like(weight).copy_(value)
    return step
