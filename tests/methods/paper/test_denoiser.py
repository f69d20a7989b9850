"""The denoiser's two files: the same network comes back, and nothing is run that is no weights."""

import json
import pickle

import numpy as np
import pytest
import torch

from labelfix.errors import InputError, WorkspaceError
from labelfix.methods.paper.denoiser import Denoiser, load_denoiser, save_denoiser
from labelfix.methods.paper.denoiser_network import NetworkShape, build_network
from labelfix.methods.paper.image_branch import ImageBranchShape

SHAPE = NetworkShape(classes=3, dimension=5, width=4, timesteps=50)
WITH_IMAGES = NetworkShape(3, 5, 4, 50, ImageBranchShape("test_resnet", 16))


@pytest.fixture
def denoiser():
    network = build_network(SHAPE, 3).eval()
    return Denoiser(network, SHAPE, ["cat", "007", "NA"], "f" * 64, "hog")


@pytest.fixture
def files(tmp_path, denoiser):
    weights, config = tmp_path / "denoiser.safetensors", tmp_path / "denoiser.json"
    save_denoiser(weights, config, denoiser)
    return weights, config


@pytest.fixture
def vectors():
    random = np.random.default_rng(0).normal(size=(9, 5))
    return (random / np.linalg.norm(random, axis=1, keepdims=True)).astype(np.float32)


def label_0(denoiser, vectors, batch_size=16):
    return denoiser.label_0(vectors, steps=5, batch_size=batch_size, device="cpu")


def test_load_denoiser__round_trip(denoiser, files, vectors):
    loaded = load_denoiser(*files)
    assert loaded.shape == SHAPE
    assert loaded.class_names == ["cat", "007", "NA"]
    assert loaded.embeddings_fingerprint == "f" * 64
    assert loaded.encoder == "hog"
    assert not loaded.network.training
    assert np.array_equal(label_0(loaded, vectors), label_0(denoiser, vectors))


def test_label_0__does_not_depend_on_the_others_in_a_batch(denoiser, vectors):
    every = label_0(denoiser, vectors)
    assert every.shape == (9, 3)
    assert every.dtype == np.float32
    for start, end in ((0, 1), (2, 7), (8, 9)):
        assert np.array_equal(label_0(denoiser, vectors[start:end]), every[start:end])


def test_label_0__depends_on_the_embedding(denoiser, vectors):
    every = label_0(denoiser, vectors)
    assert np.abs(every - every[0]).max(axis=1)[1:].min() > 1e-4


def check_refused(files):
    with pytest.raises(WorkspaceError) as caught:
        load_denoiser(*files)
    assert caught.value.message.startswith(
        f"expected a denoiser in {files[0]} and {files[1]}, found something else ("
    )
    assert caught.value.hint == "Run labelfix train --force to train it again."


@pytest.mark.parametrize("lost", [0, 1])
@pytest.mark.parametrize("length", [None, 0, 10, 60, -1, -5])
def test_load_denoiser__missing_or_torn(files, lost, length):
    if length is None:
        files[lost].unlink()
    else:
        files[lost].write_bytes(files[lost].read_bytes().rstrip()[:length])
    check_refused(files)


@pytest.mark.parametrize(
    "change",
    [
        {"network": {"classes": 4, "dimension": 5, "width": 4, "timesteps": 50}},
        {"network": {"classes": 3, "dimension": 5, "width": 4, "timesteps": 50, "depth": 3}},
        {"network": None},
        {"class_names": None},
        {"embeddings_fingerprint": None},
        {"encoder": None},
    ],
)
def test_load_denoiser__config_of_another_version(files, change):
    config = json.loads(files[1].read_text(encoding="utf-8")) | change
    config = {name: value for name, value in config.items() if value is not None}
    files[1].write_text(json.dumps(config), encoding="utf-8")
    check_refused(files)


@pytest.mark.parametrize("text", ["[]", "3", "null", "\xff"])
def test_load_denoiser__config_is_no_config(files, text):
    files[1].write_bytes(text.encode("latin-1"))
    check_refused(files)


class Payload:
    """A pickle of it makes a file when it is loaded."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (open, (str(self.target), "w"))


@pytest.mark.parametrize("how", ["pickle", "torch"])
def test_load_denoiser__pickle_is_not_run(files, tmp_path, how):
    made = tmp_path / "made"
    if how == "pickle":
        files[0].write_bytes(pickle.dumps(Payload(made)))
    else:
        torch.save({"output.weight": Payload(made)}, files[0])
    check_refused(files)
    assert not made.exists()


def test_save_denoiser__no_pickle(files):
    assert sorted(path.name for path in files[0].parent.iterdir()) == [
        "denoiser.json",
        "denoiser.safetensors",
    ]
    header_bytes = int.from_bytes(files[0].read_bytes()[:8], "little")
    header = json.loads(files[0].read_bytes()[8 : 8 + header_bytes])
    assert header["output.weight"]["shape"] == [3, 4]


def seeing():
    return Denoiser(build_network(WITH_IMAGES, 3).eval(), WITH_IMAGES, ["cat", "007", "NA"])


@pytest.fixture
def pixels():
    return np.random.default_rng(1).integers(0, 256, (9, 3, 16, 16)).astype(np.uint8)


def label_0_of(denoiser, vectors, pixels):
    return denoiser.label_0(vectors, pixels, steps=5, batch_size=16, device="cpu")


def test_label_0__depends_on_the_pixels(vectors, pixels):
    denoiser = seeing()
    every = label_0_of(denoiser, vectors, pixels)
    other = label_0_of(denoiser, vectors, pixels[::-1])
    assert np.abs(every - other).max(axis=1)[[0, 1, 7, 8]].min() > 1e-4
    assert np.array_equal(every[4], other[4])  # the one in the middle stays


@pytest.mark.slow
def test_label_0__pixels_do_not_depend_on_the_others_in_a_batch(vectors, pixels):
    denoiser = seeing()
    every = label_0_of(denoiser, vectors, pixels)
    for batch in (slice(0, 1), slice(2, 7), slice(8, 9)):
        assert np.array_equal(label_0_of(denoiser, vectors[batch], pixels[batch]), every[batch])


def test_label_0__pixels_that_do_not_fit(denoiser, vectors, pixels):
    for wrong in (None, pixels[:8], pixels[..., :8], pixels.transpose(0, 2, 3, 1)):
        found = None if wrong is None else wrong.shape
        with pytest.raises(InputError) as caught:
            label_0_of(seeing(), vectors, wrong)
        assert caught.value.message == (
            f"expected pixels of shape (9, 3, 16, 16) for the denoiser, found {found}"
        )
    with pytest.raises(InputError, match="of shape None for the denoiser, found \\(9, 3, 16, 16"):
        label_0_of(denoiser, vectors, pixels)


def test_save_denoiser__without_image_branch_nothing_of_it(files):
    about = json.loads(files[1].read_text(encoding="utf-8"))
    assert about["network"] == {"classes": 3, "dimension": 5, "width": 4, "timesteps": 50}
    assert set(about) == {"method", "network", "class_names", "embeddings_fingerprint", "encoder"}


@pytest.mark.slow
def test_load_denoiser__round_trip_with_image_branch(tmp_path, vectors, pixels):
    denoiser = seeing()
    for module in denoiser.network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # not as it began: it has to come back
            module.running_mean += 0.1
    files = tmp_path / "denoiser.safetensors", tmp_path / "denoiser.json"
    save_denoiser(*files, denoiser)
    about = json.loads(files[1].read_text(encoding="utf-8"))["network"]
    assert about["image_branch"] == {"backbone": "test_resnet", "image_size": 16}
    loaded = load_denoiser(*files)
    assert loaded.shape == WITH_IMAGES
    assert not any(module.training for module in loaded.network.modules())
    found = label_0_of(loaded, vectors, pixels)
    assert np.array_equal(found, label_0_of(denoiser, vectors, pixels))


@pytest.mark.parametrize(
    "branch",
    [
        {"backbone": "resnet10t", "image_size": 16},  # another one's weights
        {"backbone": "no such model", "image_size": 16},
        {"backbone": "test_resnet"},
        {"backbone": "test_resnet", "image_size": 16, "depth": 3},
        "test_resnet",
        None,
    ],
)
def test_load_denoiser__image_branch_of_another_version(tmp_path, branch):
    files = tmp_path / "denoiser.safetensors", tmp_path / "denoiser.json"
    save_denoiser(*files, seeing())
    about = json.loads(files[1].read_text(encoding="utf-8"))
    about["network"]["image_branch"] = branch
    files[1].write_text(json.dumps(about), encoding="utf-8")
    check_refused(files)
