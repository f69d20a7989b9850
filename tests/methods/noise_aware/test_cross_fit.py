"""The files of a cross-fit: what is written is read back, what is damaged is told."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from labelfix.errors import WorkspaceError
from labelfix.methods.noise_aware.cross_fit import (
    CrossFit,
    CrossFitDenoiser,
    load_cross_fit,
    save_cross_fit,
)
from labelfix.methods.noise_aware.label_denoiser import build_label_denoiser


@pytest.fixture
def denoiser():
    fit = CrossFit(
        [build_label_denoiser(6, 4, 3, seed) for seed in range(2)],
        np.array([0, 1, 1, 0, 1]),
        0.85 * np.eye(3) + 0.05,
    )
    return CrossFitDenoiser(fit, ["Äpfel", "b", "c"], "fingerprint", "encoder")


@pytest.fixture
def files(tmp_path, denoiser):
    paths = tmp_path / "denoiser.safetensors", tmp_path / "denoiser.json"
    save_cross_fit(*paths, denoiser)
    return paths


def test_load_cross_fit__round_trip(files, denoiser):
    loaded = load_cross_fit(*files)
    assert loaded.class_names == denoiser.class_names
    assert (loaded.embeddings_fingerprint, loaded.encoder) == ("fingerprint", "encoder")
    for name in ("folds", "transition"):
        found, expected = getattr(loaded.fit, name), getattr(denoiser.fit, name)
        assert found.dtype == expected.dtype
        assert np.array_equal(found, expected)
    assert len(loaded.fit.networks) == 2
    for found, expected in zip(loaded.fit.networks, denoiser.fit.networks, strict=True):
        assert not found.training
        for name, tensor in expected.state_dict().items():
            assert torch.equal(found.state_dict()[name], tensor)


def test_save_cross_fit__same_content_same_bytes(files, denoiser, tmp_path):
    other = tmp_path / "other.safetensors", tmp_path / "other.json"
    save_cross_fit(*other, denoiser)
    for one, again in zip(files, other, strict=True):
        assert one.read_bytes() == again.read_bytes()


def without_weights(weights, config):
    weights.unlink()


def without_config(weights, config):
    config.unlink()


def truncated(weights, config):
    weights.write_bytes(weights.read_bytes()[:-50])


def no_safetensors(weights, config):
    weights.write_text("something else", encoding="utf-8")


def other_tensors(weights, config):
    save_file({"hidden.weight": torch.zeros(2, 2)}, weights)


def no_json(weights, config):
    config.write_text("{", encoding="utf-8")


def no_object(weights, config):
    config.write_text("[1, 2]", encoding="utf-8")


def of_the_paper(weights, config):
    config.write_text(json.dumps({"classes": 3, "timesteps": 1000}), encoding="utf-8")


def change(config, **values):
    about = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps(about | values), encoding="utf-8")


def more_classes(weights, config):
    change(config, class_names=["a", "b", "c", "d"])


def more_folds(weights, config):
    change(config, folds=3)


def fewer_folds(weights, config):
    change(config, folds=1)


@pytest.mark.parametrize(
    "damage",
    [
        without_weights,
        without_config,
        truncated,
        no_safetensors,
        other_tensors,
        no_json,
        no_object,
        of_the_paper,
        more_classes,
        more_folds,
        fewer_folds,
    ],
)
def test_load_cross_fit__damaged_files(files, damage):
    damage(*files)
    with pytest.raises(WorkspaceError, match="denoisers of a noise-aware training") as caught:
        load_cross_fit(*files)
    assert "labelfix train --force" in str(caught.value) + str(vars(caught.value))
