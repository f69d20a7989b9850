"""An image network of open_clip or timm as an encoder."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from labelfix.images.decode import UnreadableImageError

THINNEST = 200
"""Long side to short side. The short side is scaled up to the network's, the long one with it."""
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class NetworkEncoder:
    """Runs the library's own preprocessing up to the pixels, and the rest on the device.

    Only uint8 pixels travel to the device, where they are scaled and normalised.

    Args:
        forward: (B, 3, H, W) normalised pixels to (B, D).
        transforms: the library's evaluation transforms, ending with a tensor and Normalize.
        device: `cpu` or `cuda`.
        precision: `float32` or `bfloat16`; the network's weights are of it already.
    """

    def __init__(
        self,
        forward: Callable[[Tensor], Tensor],
        transforms: Sequence[Any],
        *,
        device: str,
        precision: str,
    ) -> None:
        self.precision = precision
        self._forward = forward
        self._device = torch.device(device)
        normalise = transforms[-1]
        # Everything in front of the step from an image to a tensor works on Pillow images.
        self._on_image = [step for step in transforms[:-1] if "ToTensor" not in type(step).__name__]
        shape = (1, 3, 1, 1)
        # open_clip has tuples here, timm tensors.
        mean = torch.as_tensor(normalise.mean, dtype=torch.float32)
        std = torch.as_tensor(normalise.std, dtype=torch.float32)
        self._mean = mean.reshape(shape).to(self._device)
        self._std = std.reshape(shape).to(self._device)
        probe = self.prepare(Image.new("RGB", (64, 64)))
        self.dimension = int(self.encode(probe[None]).shape[1])

    def prepare(self, image: Image.Image) -> npt.NDArray[np.uint8]:
        """Resize and crop as the network was trained: (H, W, 3) uint8.

        Raises:
            UnreadableImageError: so thin that resizing it would take gigabytes.
        """
        if max(image.size) > THINNEST * min(image.size):
            raise UnreadableImageError(
                f"too thin for this encoder: {image.width} x {image.height} pixels, "
                f"at most {THINNEST} times as long as wide"
            )
        for step in self._on_image:
            image = step(image)
        return np.array(image)  # a copy: torch warns of arrays that it may not write to

    def encode(self, batch: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(B, H, W, 3) uint8 to (B, D) float32."""
        with torch.inference_mode():
            pixels = torch.from_numpy(batch).to(self._device, non_blocking=True)
            pixels = pixels.permute(0, 3, 1, 2).float().div_(255)  # (B, 3, H, W)
            pixels = pixels.sub_(self._mean).div_(self._std).to(DTYPES[self.precision])
            vectors: npt.NDArray[np.float32] = self._forward(pixels).float().cpu().numpy()
        return vectors
