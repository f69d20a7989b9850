"""The forward process: how much of the label vector remains at each timestep."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from labelfix.errors import InputError

COSINE_OFFSET = 0.008
LARGEST_BETA = 0.999


@dataclass(frozen=True)
class NoiseSchedule:
    """The cosine schedule (Nichol and Dhariwal, ICML 2021, equation 17).

    Attributes:
        betas: (T,) float32, the variance that each timestep adds.
        alphas_cumprod: (T,) float32, the share of label_0's variance that remains.
    """

    betas: Tensor
    alphas_cumprod: Tensor

    def diffuse(self, label_0: Tensor, timesteps: Tensor, noise: Tensor) -> Tensor:
        """label_t = sqrt(a) label_0 + sqrt(1 - a) noise (Ho et al., NeurIPS 2020, equation 4).

        Args:
            label_0: (B, C) float32.
            timesteps: (B,) int64 in [0, T).
            noise: (B, C) float32, standard normal.

        Returns:
            (B, C) float32.
        """
        left = self.alphas_cumprod[timesteps][:, None]
        return left.sqrt() * label_0 + (1 - left).sqrt() * noise

    def to(self, device: str) -> "NoiseSchedule":
        """The same schedule on a device."""
        return NoiseSchedule(self.betas.to(device), self.alphas_cumprod.to(device))


def cosine_schedule(timesteps: int) -> NoiseSchedule:
    """The schedule of T timesteps."""

    def left(share: float) -> float:
        return math.cos((share + COSINE_OFFSET) / (1 + COSINE_OFFSET) * math.pi / 2) ** 2

    betas = torch.tensor(
        [
            min(1 - left((step + 1) / timesteps) / left(step / timesteps), LARGEST_BETA)
            for step in range(timesteps)
        ],
        dtype=torch.float64,
    )
    return NoiseSchedule(betas.float(), (1 - betas).cumprod(0).float())


def antithetic_timesteps(count: int, timesteps: int, generator: torch.Generator) -> Tensor:
    """(count,) int64 timesteps in pairs t and T - 1 - t, so that each batch covers both ends.

    Chen et al., NeurIPS 2023 (LRA-diffusion), as in their public code.
    """
    half = torch.randint(0, timesteps, ((count + 1) // 2,), generator=generator)
    return torch.cat([half, timesteps - 1 - half])[:count]


def check_steps(steps: int, timesteps: int) -> None:
    """Check that there are at most as many steps as timesteps."""
    if steps > timesteps:
        raise InputError(
            f"--ddim-steps: expected at most the {timesteps} timesteps of the denoiser, "
            f"found {steps}",
            "Use fewer steps, or train with more --timesteps if the method has that option.",
        )


def ddim_timesteps(timesteps: int, steps: int) -> list[int]:
    """The visited timesteps, last first, evenly spaced and never 0."""
    stride = timesteps / steps
    return [min(int(step * stride) + 1, timesteps - 1) for step in reversed(range(steps))]
