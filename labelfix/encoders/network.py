"""Image networks: open_clip and timm ones as encoders, timm backbones with fresh weights."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor, nn

from labelfix.errors import InputError
from labelfix.images.decode import UnreadableImageError

THINNEST = 200
"""The largest ratio of long to short side: the short side is scaled to the network's input."""
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class NetworkEncoder:
    """Resizes images as the library does, and runs the rest on the device.

    Only uint8 pixels are sent to the device, where they are scaled and normalised.

    Args:
        forward: (B, 3, H, W) normalised pixels to (B, D).
        transforms: the library's evaluation transforms, ending with a tensor and Normalize.
        device: `cpu` or `cuda`.
        precision: `float32` or `bfloat16`, that of the network's weights.
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
        # Every step before the one that makes a tensor works on Pillow images.
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
            UnreadableImageError: too thin: resizing it would take gigabytes.
        """
        if max(image.size) > THINNEST * min(image.size):
            raise UnreadableImageError(
                f"too thin for this encoder: {image.width} x {image.height} pixels, "
                f"at most {THINNEST} times as long as wide"
            )
        for step in self._on_image:
            image = step(image)
        return np.array(image)  # a copy: torch warns about read-only arrays

    def encode(self, batch: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(B, H, W, 3) uint8 to (B, D) float32."""
        with torch.inference_mode():
            pixels = torch.from_numpy(batch).to(self._device, non_blocking=True)
            pixels = pixels.permute(0, 3, 1, 2).float().div_(255)  # (B, 3, H, W)
            pixels = pixels.sub_(self._mean).div_(self._std).to(DTYPES[self.precision])
            vectors: npt.NDArray[np.float32] = self._forward(pixels).float().cpu().numpy()
        return vectors


SMALL_STEM_BELOW_PX = 64
"""The usual stem divides the side by 4, which leaves too little of smaller images."""


def check_backbone(name: str) -> None:
    """Check that timm knows a backbone.

    Raises:
        InputError: it does not, or the name has a tag of weights.
    """
    import timm

    if not name or not timm.is_model(name) or "." in name:
        raise InputError(
            f"expected the name of a backbone of timm without a tag of weights, found {name!r}",
            "timm.list_models() in Python lists them, for example resnet18 or resnet50.",
        )


def make_backbone(
    name: str, image_size: int, *, seed: int, channels_last: bool = False
) -> nn.Module:
    """A backbone with fresh weights and pooled features; nothing is downloaded.

    A ResNet for images below 64 px gets the stem for small images, as in SimCLR on CIFAR-10
    (Chen et al., ICML 2020, appendix B.9): one 3x3 convolution of stride 1 and no max pooling.
    It maps (B, 3, S, S) float32 pixels to (B, `num_features`).

    Args:
        name: any model of timm, for example `resnet18`.
        image_size: S in px.
        seed: the same seed gives the same weights.
        channels_last: the memory order of the weights, which decides how fast convolutions run.

    Returns:
        The network in training mode, with its number of features in `num_features`.

    Raises:
        InputError: timm has no such model, or it cannot take images of this size.
    """
    import timm

    check_backbone(name)
    fixed = getattr(timm.get_pretrained_cfg(name), "fixed_input_size", False)
    sized = {"img_size": image_size} if fixed else {}
    network: Any
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            network = timm.create_model(name, pretrained=False, num_classes=0, **sized)
            if isinstance(network, timm.models.resnet.ResNet) and image_size < SMALL_STEM_BELOW_PX:
                _make_stem_small(network)
            # Measured: some models report the input width of a head that they keep.
            network.num_features = _measured_features(network, image_size)
        except Exception as error:
            # A model fails in its own way on a size that it cannot take.
            raise InputError(
                f"the backbone {name} cannot take images of {image_size} x {image_size} pixels: "
                f"{str(error).strip().partition(chr(10))[0] or type(error).__name__}",
                "Choose another --image-size, or a ResNet, which takes any.",
            ) from error
    if channels_last:
        network.to(memory_format=torch.channels_last)
    made: nn.Module = network
    return made


def _make_stem_small(network: Any) -> None:
    convolutions = [layer for layer in network.conv1.modules() if isinstance(layer, nn.Conv2d)]
    channels = convolutions[-1].out_channels
    network.conv1 = nn.Conv2d(3, channels, kernel_size=3, stride=1, padding=1, bias=False)
    nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")
    network.maxpool = nn.Identity()


def _measured_features(network: nn.Module, image_size: int) -> int:
    """D, measured on two blank images."""
    with torch.inference_mode():
        features = network.eval()(torch.zeros(2, 3, image_size, image_size))
    network.train()
    if features.ndim != 2 or not features.shape[1]:
        raise ValueError(f"its features are of shape {tuple(features.shape)}")
    return int(features.shape[1])
