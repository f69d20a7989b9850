"""Backbones with random weights: the stem for small images, and what is refused."""

import pytest
import torch
from torch import nn

from labelfix.encoders.backbone import make_backbone
from labelfix.errors import InputError


def weights_of(network):
    return torch.cat([weight.flatten() for weight in network.state_dict().values()])


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "mobilenetv3_small_050", "test_vit"])
def test_make_backbone__pooled_features(name):
    network = make_backbone(name, 32, seed=0)
    assert network.training
    features = network(torch.randn(3, 3, 32, 32))
    assert features.shape == (3, network.num_features)
    assert features.isfinite().all()


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), [("test_vit", 8), ("vgg11", 8)])
def test_make_backbone__size_that_it_cannot_take(name, size):
    with pytest.raises(InputError, match=f"the backbone {name} cannot take images of 8 x 8 pixels"):
        make_backbone(name, size, seed=0)
