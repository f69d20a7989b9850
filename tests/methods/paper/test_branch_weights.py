"""What the image branch begins with: a file, nothing, or weights that cannot be had."""

import numpy as np
import pytest
import timm
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from labelfix.errors import InputError, WeightsUnavailableError
from labelfix.methods.paper.branch_weights import (
    branch_fingerprint,
    check_branch,
    load_branch_weights,
)
from labelfix.methods.paper.denoiser import Denoiser, load_denoiser, save_denoiser
from labelfix.methods.paper.denoiser_batches import TrainingData
from labelfix.methods.paper.denoiser_training import _begin
from labelfix.methods.paper.image_branch import ImageBranch, ImageBranchShape
from labelfix.options.diffusion_options import DiffusionOptions

BACKBONE = "test_resnet"


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Random weights of a small backbone, with its classifier."""
    path = tmp_path_factory.mktemp("branch") / "w.safetensors"
    with torch.random.fork_rng():
        torch.manual_seed(5)
        save_file(timm.create_model(BACKBONE).state_dict(), path)
    return path


def options_with(weights, **more):
    return DiffusionOptions(
        image_branch=BACKBONE, branch_weights=str(weights), width=8, timesteps=20, **more
    )


def data_at(side):
    pixels = np.zeros((4, 3, side, side), np.uint8)
    return TrainingData(np.eye(4, dtype=np.float32), np.zeros((4, 2), np.int64), 2, pixels)


def test_begin__with_the_weights_of_a_file(weights):
    network, shape = _begin(data_at(64), options_with(weights), "cpu")
    kept = load_file(weights)
    found = network.image_branch.backbone.state_dict()
    assert len(found) > 20
    assert all(torch.equal(value, kept[name]) for name, value in found.items())
    config = timm.get_pretrained_cfg(BACKBONE)
    assert shape.image_branch == ImageBranchShape(BACKBONE, 64, config.mean, config.std)


def test_begin__from_nothing():
    _, shape = _begin(data_at(64), options_with("none"), "cpu")
    assert shape.image_branch == ImageBranchShape(BACKBONE, 64)
    assert load_branch_weights(options_with("none")) is None


def test_begin__images_too_small_for_the_weights(weights):
    with pytest.raises(InputError, match=r"expected weights that fit test_resnet .* found others"):
        _begin(data_at(16), options_with(weights), "cpu")


def test_forward__pixels_are_scaled_as_the_weights_want():
    made = ImageBranch(ImageBranchShape(BACKBONE, 64, (0.2, 0.4, 0.6), (0.5, 0.5, 0.1)), 0)
    made.backbone = torch.nn.Identity()
    pixels = torch.tensor([0, 51, 255], dtype=torch.uint8).reshape(1, 3, 1, 1)
    assert made(pixels).flatten().tolist() == pytest.approx([-0.4, -0.4, 4.0], abs=1e-5)


def test_save_denoiser__scaling_is_kept(weights, tmp_path):
    network, shape = _begin(data_at(64), options_with(weights), "cpu")
    files = tmp_path / "d.safetensors", tmp_path / "d.json"
    save_denoiser(*files, Denoiser(network.eval(), shape, ["a", "b"]))
    assert load_denoiser(*files).shape == shape


def test_branch_fingerprint__of_what_it_begins_with(weights, tmp_path):
    moved = tmp_path / "moved.safetensors"
    moved.write_bytes(weights.read_bytes())
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"other")
    first, again, different = (
        branch_fingerprint(options_with(path)) for path in (weights, moved, other)
    )
    assert first == again != different
    assert branch_fingerprint(options_with("none")) is None
    assert branch_fingerprint(DiffusionOptions()) is None
    assert branch_fingerprint(options_with("pretrained")) == "pretrained test_resnet"


def test_check_branch__weights_of_another_backbone(weights):
    options = DiffusionOptions(image_branch="resnet18", branch_weights=str(weights))
    with pytest.raises(InputError) as caught:
        check_branch(options)
    assert caught.value.message.startswith(
        f"--branch-weights: expected weights of resnet18 in {weights}, found others: "
    )


def test_check_branch__no_file():
    with pytest.raises(InputError) as caught:
        check_branch(options_with("imagenet"))
    assert caught.value.message == (
        "--branch-weights: expected a .safetensors file, pretrained or none, found 'imagenet'"
    )


def test_check_branch__unknown_backbone():
    with pytest.raises(InputError, match="expected the name of a backbone of timm"):
        check_branch(DiffusionOptions(image_branch="resnet3"))


def test_check_branch__pretrained_weights_cannot_be_had(tmp_path, monkeypatch):
    assert constants.HF_HUB_OFFLINE
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsUnavailableError) as caught:
        check_branch(DiffusionOptions(image_branch="resnet50", branch_weights="pretrained"))
    assert caught.value.message.startswith(
        "the pretrained weights of the image branch resnet50 could not be loaded: "
    )
    assert "--branch-weights /path/to/weights.safetensors" in caught.value.hint
