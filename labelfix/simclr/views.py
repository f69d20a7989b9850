"""Batches of images as the network takes them: two random views of each, or as they are."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from labelfix.embed_config import SimclrOptions
from labelfix.images.pixels import Pixels

SMALLEST_BLUR_PX = 3


class Augmentation:
    """Crop, flip, colour jitter, grey and blur, drawn independently for each image.

    The order and the strengths are those of Chen et al., ICML 2020, appendix A.

    Args:
        image_size: S in px, of input and output.
        options: the strength of each.
    """

    def __init__(self, image_size: int, options: SimclrOptions) -> None:
        from kornia import augmentation as kornia

        light, hue = 0.8 * options.colour_strength, 0.2 * options.colour_strength
        blur = max(SMALLEST_BLUR_PX, image_size // 10 // 2 * 2 + 1)  # about a tenth, and odd
        self._steps = nn.Sequential(
            kornia.RandomResizedCrop(
                (image_size, image_size),
                scale=(options.smallest_crop, 1.0),
                cropping_mode="resample",
            ),
            kornia.RandomHorizontalFlip(p=options.flip_share),
            kornia.ColorJitter(light, light, light, hue, p=options.jitter_share),
            kornia.RandomGrayscale(p=options.grey_share),
            kornia.RandomGaussianBlur((blur, blur), (0.1, 2.0), p=options.blur_share),
        )

    def two_views(self, pixels: Tensor) -> Tensor:
        """Draw two views of each image; kornia draws from torch's global generator.

        Args:
            pixels: (B, 3, S, S) uint8.

        Returns:
            (2B, 3, S, S) float32 from 0 to 1; rows i and B + i are views of one image.
        """
        with torch.no_grad():
            views: Tensor = self._steps(pixels.float().div_(255).repeat(2, 1, 1, 1))
        return views


DEVICE_SHARE = 0.25
"""The share of a GPU's free memory that pixels may take to stay there."""
MEASURED_IMAGES = 10_000
SMALLEST_STD = 1 / 255
"""Avoids a division by 0 for images of one colour."""


class Batches:
    """The images of a training, on the device or sent there batch by batch.

    `channels_last` is the memory order in which networks run fastest.

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
        # Measured: on a CPU this is also faster in float32, but not in bfloat16.
        self.channels_last = device == "cuda" or precision == "float32"
        self._augmentation = Augmentation(pixels.size, options)
        mean, std = (torch.tensor(values, device=device) for values in (self.mean, self.std))
        self._mean, self._std = mean.view(1, 3, 1, 1), std.view(1, 3, 1, 1)
        self._values = torch.from_numpy(pixels.values)
        if device == "cuda" and pixels.values.nbytes < DEVICE_SHARE * torch.cuda.mem_get_info()[0]:
            self._values = self._values.to(self._device)

    def autocast(self) -> torch.autocast:
        """A context in which networks run in the training's precision."""
        bfloat16 = self._precision == "bfloat16"
        return torch.autocast(self._device.type, torch.bfloat16, enabled=bfloat16)

    def two_views(self, rows: Tensor) -> Tensor:
        """Draw two views of some images: (B,) int64 to (2B, 3, S, S) float32, normalised.

        Rows i and B + i are views of one image.
        """
        return self._normalised(self._augmentation.two_views(self._pixels_of(rows)))

    def features(self, backbone: nn.Module, rows: Tensor, batch: int) -> npt.NDArray[np.float32]:
        """A backbone's features of some unchanged images: (n,) int64 to (n, D)."""
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
        """Row numbers on the pixels' device: moved once per epoch, so that no step waits."""
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
        Both in [0, 1], rounded to 6 digits.
    """
    some = values[:: max(1, -(-len(values) // MEASURED_IMAGES))]
    counts = np.zeros((3, 256))
    for image in some:  # one at a time: they may be in a file
        for colour in range(3):
            counts[colour] += np.bincount(image[colour].reshape(-1), minlength=256)
    shares = counts / counts.sum(axis=1, keepdims=True)
    levels = np.arange(256) / 255
    mean = shares @ levels
    variance = np.maximum(shares @ levels**2 - mean**2, SMALLEST_STD**2)
    return tuple(np.round(mean, 6).tolist()), tuple(np.round(np.sqrt(variance), 6).tolist())
