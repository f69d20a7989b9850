"""Two random views of every image, a batch at a time on the device."""

import torch
from torch import Tensor, nn

from labelfix.options.simclr_options import SimclrOptions

SMALLEST_BLUR_PX = 3


class Augmentation:
    """Crop, flip, colour jitter, grey and blur, each drawn for each image by itself.

    The order and the strengths are those of Chen et al., ICML 2020, appendix A.

    Args:
        image_size: S in px, of what comes in and of what goes out.
        options: how much of each.
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
        """Draw two views of each image from torch's own generator, from which kornia draws.

        Args:
            pixels: (B, 3, S, S) uint8.

        Returns:
            (2B, 3, S, S) float32 from 0 to 1; rows i and B + i are views of one image.
        """
        with torch.no_grad():
            views: Tensor = self._steps(pixels.float().div_(255).repeat(2, 1, 1, 1))
        return views
