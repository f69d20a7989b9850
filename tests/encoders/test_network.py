import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision import transforms

from labelfix.encoders.network import THINNEST, NetworkEncoder, make_backbone
from labelfix.errors import InputError
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


@pytest.mark.parametrize("size", [(THINNEST + 1, 1), (1, 60_000_000), (3 * THINNEST + 1, 3)])
def test_prepare__image_too_thin_to_resize(size):
    encoder = encoder_with((0.0,) * 3, (1.0,) * 3)
    with pytest.raises(UnreadableImageError) as caught:
        encoder.prepare(Image.new("1", size))
    assert caught.value.reason == (
        f"too thin for this encoder: {size[0]} x {size[1]} pixels, "
        f"at most {THINNEST} times as long as wide"
    )


def weights_of(network):
    return torch.cat([weight.flatten() for weight in network.state_dict().values()])


@pytest.mark.parametrize("name", ["resnet10t", "resnet18"])
@pytest.mark.parametrize(("size", "is_small"), [(32, True), (63, True), (64, False)])
def test_make_backbone__stem_for_small_images(name, size, is_small):
    """Of the factor 32 by which a ResNet makes images smaller, the usual stem has 4."""
    network = make_backbone(name, size, seed=0)
    before_pooling = network.forward_features(torch.zeros(1, 3, size, size))
    assert before_pooling.shape[-1] == -(-size // (8 if is_small else 32))
    if is_small:
        assert network.conv1.kernel_size == (3, 3)
        assert network.conv1.stride == (1, 1)
        assert isinstance(network.maxpool, nn.Identity)


@pytest.mark.parametrize("name", ["resnet18", "mobilenetv3_small_050", "test_vit"])
def test_make_backbone__pooled_features(name):
    network = make_backbone(name, 32, seed=0)
    assert network.training
    features = network(torch.randn(3, 3, 32, 32))
    assert features.shape == (3, network.num_features)
    assert features.isfinite().all()


def test_make_backbone__seed_decides_the_weights_and_nothing_else_changes():
    state = torch.random.get_rng_state()
    first, same, other = (weights_of(make_backbone("resnet18", 32, seed=n)) for n in (1, 1, 2))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_make_backbone__running_means_are_untouched():
    """Looking whether the size suits it must not train it."""
    network = make_backbone("resnet18", 32, seed=0)
    assert int(network.bn1.num_batches_tracked) == 0


@pytest.mark.parametrize("channels_last", [True, False])
def test_make_backbone__order_in_memory(channels_last):
    network = make_backbone("resnet18", 32, seed=0, channels_last=channels_last)
    weight = network.layer1[0].conv1.weight
    assert weight.is_contiguous(memory_format=torch.channels_last) == channels_last


@pytest.mark.parametrize("name", ["", "resnet-eighteen", "resnet18.a1_in1k", "hf-hub:a/b"])
def test_make_backbone__no_such_backbone(name):
    with pytest.raises(InputError) as caught:
        make_backbone(name, 32, seed=0)
    assert caught.value.message == (
        f"expected the name of a backbone of timm without a tag of weights, found {name!r}"
    )


@pytest.mark.parametrize(("name", "size"), [("test_vit", 8), ("vgg11", 8)])
def test_make_backbone__size_that_it_cannot_take(name, size):
    with pytest.raises(InputError, match=f"the backbone {name} cannot take images of 8 x 8 pixels"):
        make_backbone(name, size, seed=0)
