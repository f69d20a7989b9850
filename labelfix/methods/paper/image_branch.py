"""The image branch of the paper: an image encoder that is trained with the denoiser."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from labelfix.device import resolve_precision

IMAGES_AT_ONCE = 256
"""Images in one pass of a trained branch, filled up with black ones: last bits depend on it."""
PADDING_SHARE = 1 / 8
"""Of the side: what a crop may move by. 4 px of 32, as is usual for CIFAR."""


@dataclass(frozen=True)
class ImageBranchShape:
    """What is needed to build the branch.

    Attributes:
        backbone: its name in timm.
        image_size: S, the side in px.
        mean, std: of red, green and blue from 0 to 1, by which pretrained weights want pixels
            scaled; None scales them to -1 to 1.
    """

    backbone: str
    image_size: int
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None


class ImageBranch(nn.Module):
    """Pixels to pooled features of a backbone (Chen et al., NeurIPS 2023, figure 2).

    Args:
        shape: of the branch.
        seed: of the first weights.
    """

    def __init__(self, shape: ImageBranchShape, seed: int) -> None:
        super().__init__()
        # Imported here: without the branch nothing of timm is loaded.
        from labelfix.encoders.network import make_backbone

        self.backbone = make_backbone(shape.backbone, shape.image_size, seed=seed)
        self.shape = shape
        self.features = int(self.backbone.num_features)  # type: ignore[arg-type]

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, 3, S, S) uint8 to (B, F) float32; a GPU computes in bfloat16 where it has it."""
        device = pixels.device.type
        values = self._scaled(pixels)
        half = False
        if device == "cuda":
            # The pixels' layout decides that of all that follows. The weights keep theirs: the
            # optimiser and the checkpoints know no other.
            values = values.contiguous(memory_format=torch.channels_last)
            half = resolve_precision("auto", device) == "bfloat16"
        with torch.autocast(device, torch.bfloat16, enabled=half):
            features: Tensor = self.backbone(values)
        return features.float()

    def _scaled(self, pixels: Tensor) -> Tensor:
        if self.shape.mean is None or self.shape.std is None:
            return pixels.float() / 127.5 - 1  # -1 to 1: batch norm does the rest
        mean, std = (
            torch.tensor(values, device=pixels.device).reshape(1, 3, 1, 1)
            for values in (self.shape.mean, self.shape.std)
        )
        return (pixels.float() / 255 - mean) / std

    @torch.inference_mode()
    def features_of(self, pixels: npt.NDArray[np.uint8], device: str) -> Tensor:
        """(n, 3, S, S) uint8 to (n, F) on the device, some images at once."""
        found = [torch.empty(0, self.features, device=device)]
        filled = torch.zeros(IMAGES_AT_ONCE, *pixels.shape[1:], dtype=torch.uint8)
        for start in range(0, len(pixels), IMAGES_AT_ONCE):
            chosen = pixels[start : start + IMAGES_AT_ONCE]
            filled[: len(chosen)] = torch.from_numpy(np.array(chosen))
            found.append(self(filled.to(device))[: len(chosen)])
        return torch.cat(found)


def vary(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Move every image a little over a black ground, and mirror half of them.

    Args:
        pixels: (B, 3, S, S) uint8.
        generator: of the draws, on the CPU.

    Returns:
        (B, 3, S, S) uint8, on the device of the pixels.
    """
    count, _, side, _ = pixels.shape
    padding = round(side * PADDING_SHARE)
    moved = torch.randint(0, 2 * padding + 1, (2, count, 1), generator=generator)
    mirrored = torch.randint(0, 2, (count, 1), generator=generator).bool()
    along = torch.arange(side)
    rows = moved[0] + along  # (B, S), in the padded image
    columns = moved[1] + torch.where(mirrored, along.flip(0), along)
    rows, columns = rows.to(pixels.device), columns.to(pixels.device)
    padded = functional.pad(pixels, (padding,) * 4)
    each = torch.arange(count, device=pixels.device)
    # Indices around a slice come first: (B, S, S, 3).
    chosen = padded[each[:, None, None], :, rows[:, :, None], columns[:, None, :]]
    return chosen.permute(0, 3, 1, 2)
