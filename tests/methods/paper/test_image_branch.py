"""The image branch: what the backbone is given, how images are varied, and what repeats."""

import numpy as np
import pytest
import torch
from torch import nn

from labelfix.methods.paper import image_branch
from labelfix.methods.paper.image_branch import (
    ImageBranch,
    ImageBranchShape,
    vary,
)

SHAPE = ImageBranchShape("test_resnet", 16)


@pytest.fixture(scope="module")
def branch():
    return ImageBranch(SHAPE, 0).eval()


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (5, 3, 16, 16)).astype(np.uint8)


def test_forward__features_of_pixels(branch, pixels):
    with torch.inference_mode():
        features = branch(torch.from_numpy(pixels))
    assert features.shape == (5, branch.features)
    assert features.dtype == torch.float32
    assert (features - features[0]).abs().amax(dim=1)[1:].min() > 1e-4


def test_forward__the_backbone_is_given_minus_one_to_one():
    made = ImageBranch(SHAPE, 0)
    made.backbone = nn.Identity()
    pixels = torch.tensor([0, 51, 255], dtype=torch.uint8).reshape(1, 3, 1, 1)
    assert made(pixels).flatten().tolist() == pytest.approx([-1, -0.6, 1])


def test_image_branch__the_seed_decides():
    first, again, other = (ImageBranch(SHAPE, seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize("at_once", [1, 2, 5, 8])
def test_features_of__any_number_of_images(branch, pixels, monkeypatch, at_once):
    monkeypatch.setattr(image_branch, "IMAGES_AT_ONCE", at_once)
    features = branch.features_of(pixels, "cpu")
    with torch.inference_mode():
        expected = branch(torch.from_numpy(pixels))
    assert torch.allclose(features, expected, atol=1e-5)
    assert branch.features_of(pixels[:0], "cpu").shape == (0, branch.features)


@pytest.mark.slow
def test_features_of__do_not_depend_on_the_others(branch, pixels):
    every = branch.features_of(pixels, "cpu")
    for start, end in ((0, 1), (1, 4), (4, 5)):
        assert torch.equal(branch.features_of(pixels[start:end], "cpu"), every[start:end])


def moved_by_hand(image, down, right, mirrored, padding):
    """Numpy's way to what one image becomes."""
    padded = np.pad(image, ((0, 0), (padding, padding), (padding, padding)))
    side = image.shape[-1]
    cut = padded[:, down : down + side, right : right + side]
    return cut[:, :, ::-1] if mirrored else cut


@pytest.mark.slow
def test_vary__crops_and_mirrors_by_hand():
    """A side of 16 is padded by 2 px: 5 x 5 places, each mirrored or not."""
    images = np.random.default_rng(1).integers(1, 256, (400, 3, 16, 16)).astype(np.uint8)
    varied = vary(torch.from_numpy(images), torch.Generator().manual_seed(0)).numpy()
    assert varied.shape == images.shape
    assert varied.dtype == np.uint8
    found = set()
    for image, result in zip(images, varied, strict=True):
        ways = [
            (down, right, mirrored)
            for down in range(5)
            for right in range(5)
            for mirrored in (False, True)
            if np.array_equal(result, moved_by_hand(image, down, right, mirrored, 2))
        ]
        assert len(ways) == 1
        found.add(ways[0])
    assert len(found) == 50


def test_vary__the_generator_decides():
    images = torch.arange(4 * 3 * 16 * 16).reshape(4, 3, 16, 16).to(torch.uint8)
    first, again, other = (vary(images, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
