"""Networks of open_clip and timm as encoders: preprocessing, and images that are too thin."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms

from labelfix.encoders.network import THINNEST, NetworkEncoder
from labelfix.images.decode import UnreadableImageError

STEPS = [
    transforms.Resize(4, transforms.InterpolationMode.BICUBIC),
    transforms.CenterCrop(4),
    transforms.ToTensor(),
]


def first_pixel(pixels):
    """(B, 3, H, W) to (B, 3)."""
    return pixels[:, :, 0, 0]


def encoder_with(mean, std, **options):
    steps = [*STEPS, transforms.Normalize(mean, std)]
    return NetworkEncoder(first_pixel, steps, device="cpu", **{"precision": "float32", **options})


@pytest.mark.parametrize("kind", [tuple, list, torch.tensor])
def test_encode__scales_and_normalises(kind):
    """open_clip has the mean as a tuple, timm as a tensor."""
    encoder = encoder_with(kind([0.5, 0.0, 0.2]), kind([0.5, 1.0, 0.1]))
    batch = np.zeros((2, 4, 4, 3), np.uint8)
    batch[1] = [255, 51, 51]
    assert encoder.dimension == 3
    expected = [[-1, 0, -2], [1, 0.2, 0]]
    np.testing.assert_allclose(encoder.encode(batch), expected, atol=1e-6)


def test_encode__same_as_the_library_does(pictures):
    steps = [*STEPS, transforms.Normalize((0.48, 0.46, 0.41), (0.27, 0.26, 0.28))]
    encoder = encoder_with((0.48, 0.46, 0.41), (0.27, 0.26, 0.28))
    by_hand = first_pixel(torch.stack([transforms.Compose(steps)(image) for image in pictures]))
    batch = np.stack([encoder.prepare(image) for image in pictures])
    assert encoder.encode(batch).tobytes() == by_hand.numpy().tobytes()


def test_encode__bfloat16_for_the_network_alone():
    encoder = encoder_with((0.0,) * 3, (1.0,) * 3, precision="bfloat16")
    batch = np.full((1, 4, 4, 3), 1, np.uint8)
    vectors = encoder.encode(batch)
    assert vectors.dtype == np.float32
    # 1/255 in the 8 bits that bfloat16 has for the mantissa.
    assert vectors.tolist() == [[torch.tensor(1 / 255).bfloat16().item()] * 3]
    assert vectors[0, 0] != np.float32(1 / 255)


@pytest.mark.parametrize("size", [(THINNEST, 1), (1, THINNEST), (3 * THINNEST, 3)])
def test_prepare__thin_image(size):
    assert encoder_with((0.0,) * 3, (1.0,) * 3).prepare(Image.new("RGB", size)).shape == (4, 4, 3)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(THINNEST + 1, 1), (1, 60_000_000), (3 * THINNEST + 1, 3)])
def test_prepare__image_too_thin_to_resize(size):
    encoder = encoder_with((0.0,) * 3, (1.0,) * 3)
    with pytest.raises(UnreadableImageError) as caught:
        encoder.prepare(Image.new("1", size))
    assert caught.value.reason == (
        f"too thin for this encoder: {size[0]} x {size[1]} pixels, "
        f"at most {THINNEST} times as long as wide"
    )
