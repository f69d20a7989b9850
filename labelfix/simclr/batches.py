"""Batches of views, and of the images themselves, as the network takes them."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from labelfix.images.pixels import Pixels
from labelfix.options.simclr_options import SimclrOptions
from labelfix.simclr.augmentation import Augmentation

DEVICE_SHARE = 0.25
"""Of a GPU's free memory, that pixels may take to be there once and for all."""
MEASURED_IMAGES = 10_000
SMALLEST_STD = 1 / 255
"""Of images of one colour, which nothing could be divided by otherwise."""


class Batches:
    """The images of a training, on the device or brought there a batch at a time.

    `channels_last` says in which order of memory networks run fastest on them.

    Args:
        pixels: the images.
        options: how views are drawn.
        device: `cpu` or `cuda`.
        precision: `float32` or `bfloat16`, in which networks run.
    """

    def __init__(self, pixels: Pixels, options: SimclrOptions, device: str, precision: str) -> None:
        self.mean, self.std = colour_statistics(pixels.values)
        self._device = torch.device(device)
        self._precision = precision
        # Measured: in float32 convolutions are faster so on a processor too, in bfloat16 not.
        self.channels_last = device == "cuda" or precision == "float32"
        self._augmentation = Augmentation(pixels.size, options)
        mean, std = (torch.tensor(values, device=device) for values in (self.mean, self.std))
        self._mean, self._std = mean.view(1, 3, 1, 1), std.view(1, 3, 1, 1)
        self._values = torch.from_numpy(pixels.values)
        if device == "cuda" and pixels.values.nbytes < DEVICE_SHARE * torch.cuda.mem_get_info()[0]:
            self._values = self._values.to(self._device)

    def autocast(self) -> torch.autocast:
        """Within it, networks run in the precision of the training."""
        bfloat16 = self._precision == "bfloat16"
        return torch.autocast(self._device.type, torch.bfloat16, enabled=bfloat16)

    def two_views(self, rows: Tensor) -> Tensor:
        """Draw two views of some images: (B,) int64 to (2B, 3, S, S) float32, normalised.

        Rows i and B + i are views of one image.
        """
        return self._normalised(self._augmentation.two_views(self._pixels_of(rows)))

    def features(self, backbone: nn.Module, rows: Tensor, batch: int) -> npt.NDArray[np.float32]:
        """What a backbone makes of some images as they are: (n,) int64 to (n, D)."""
        was_training = backbone.training
        backbone.eval()
        found = []
        with torch.inference_mode(), self.autocast():
            for some in torch.split(rows, batch):
                seen = self._normalised(self._pixels_of(some).float().div_(255))
                found.append(backbone(seen).float().cpu())
        backbone.train(was_training)
        return torch.cat(found).numpy()

    def _pixels_of(self, rows: Tensor) -> Tensor:
        return self._values[rows.to(self._values.device)].to(self._device, non_blocking=True)

    def placed(self, rows: Tensor) -> Tensor:
        """Row numbers where the pixels are: brought there once an epoch, no step waits for them."""
        return rows.to(self._values.device)

    def _normalised(self, pixels: Tensor) -> Tensor:
        scaled = (pixels - self._mean) / self._std
        if self.channels_last:
            return scaled.contiguous(memory_format=torch.channels_last)
        return scaled


def colour_statistics(
    values: npt.NDArray[np.uint8],
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of red, green and blue.

    Args:
        values: (N, 3, S, S) uint8; at most `MEASURED_IMAGES`, evenly spaced, are read.

    Returns:
        Both from 0 to 1, with 6 digits.
    """
    some = values[:: max(1, -(-len(values) // MEASURED_IMAGES))]
    counts = np.zeros((3, 256))
    for image in some:  # one at a time: they may lie in a file
        for colour in range(3):
            counts[colour] += np.bincount(image[colour].reshape(-1), minlength=256)
    shares = counts / counts.sum(axis=1, keepdims=True)
    levels = np.arange(256) / 255
    mean = shares @ levels
    variance = np.maximum(shares @ levels**2 - mean**2, SMALLEST_STD**2)
    return tuple(np.round(mean, 6).tolist()), tuple(np.round(np.sqrt(variance), 6).tolist())
