"""From nothing but the embedding to a label vector: DDIM without noise."""

from collections.abc import Callable

import torch
from torch import Tensor

from labelfix.methods.noise_schedule import NoiseSchedule, ddim_timesteps

PredictNoise = Callable[[Tensor, Tensor, Tensor], Tensor]
"""label_t (B, C), embeddings (B, D) and timesteps (B,) to the noise in label_t (B, C)."""


@torch.inference_mode()
def denoise(
    network: PredictNoise, schedule: NoiseSchedule, embeddings: Tensor, classes: int, steps: int
) -> Tensor:
    """label_0 of B images by DDIM (Song et al., ICLR 2021, equation 12 with sigma = 0).

    It starts at label_T = 0, the mean of the noise: the maximum-likelihood estimate of
    Chen et al., NeurIPS 2023 (LRA-diffusion).

    Args:
        network: in evaluation mode, on the device of the embeddings.
        schedule: on the same device.
        embeddings: (B, D) float32.
        classes: C.
        steps: of denoising.

    Returns:
        (B, C) float32; near 1 for the label, near 0 elsewhere.
    """
    count = len(embeddings)
    label_t = label_0 = torch.zeros(count, classes, device=embeddings.device)
    visited = ddim_timesteps(len(schedule.betas), steps)
    for step, timestep in enumerate(visited):
        left = schedule.alphas_cumprod[timestep]
        at = torch.full((count,), timestep, device=embeddings.device)
        noise = network(label_t, embeddings, at)
        label_0 = (label_t - (1 - left).sqrt() * noise) / left.sqrt()
        if step + 1 == len(visited):
            break
        left_next = schedule.alphas_cumprod[visited[step + 1]]
        label_t = left_next.sqrt() * label_0 + (1 - left_next).sqrt() * noise
    return label_0
