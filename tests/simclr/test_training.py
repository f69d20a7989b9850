"""Training: the loss falls, the same bits come out, also after a kill, and labels are not read."""

from dataclasses import replace

import pytest
import torch

from labelfix.errors import InputError
from labelfix.images.pixels import Pixels
from labelfix.runtime.checkpoint import Checkpoints
from labelfix.runtime.progress import Silent
from labelfix.simclr.training import train_encoder

from .conftest import Killed, Killer


def weights_of(trained):
    backbone, about = trained
    return {name: value.numpy().tobytes() for name, value in backbone.state_dict().items()}, about


@pytest.fixture
def train(make_pixels, tiny_options):
    """Train on some striped images; options by name."""

    def run(count=20, progress=None, checkpoints=None, agreement=None, report=None, **options):
        return train_encoder(
            make_pixels(count),
            tiny_options(**options),
            progress or Silent(),
            checkpoints=checkpoints,
            agreement=agreement,
            report=report or (lambda _: None),
        )

    return run


def test_train_encoder__what_it_gives_back(train, make_pixels):
    backbone, about = train()
    assert not backbone.training
    assert (about.backbone, about.image_size) == ("test_resnet", 16)
    values = make_pixels(20).values / 255
    assert about.mean == pytest.approx(values.mean(axis=(0, 2, 3)), abs=1e-5)
    # At most 8 of 20 images in a step: three steps of 6 in each of three epochs.
    assert about.training == {
        "images": 20, "batch_size": 6, "steps": 9, "precision": "float32"
    }  # fmt: skip


@pytest.mark.slow
def test_train_encoder__loss_falls(train):
    reports = []
    train(120, epochs=8, batch_size=30, learning_rate=5e-3, report=reports.append)
    assert [line.epoch for line in reports] == list(range(1, 9))
    assert reports[-1].loss < 0.9 * reports[0].loss
    assert reports[-1].learning_rate == pytest.approx(0, abs=1e-9)


@pytest.mark.slow
def test_train_encoder__seed_decides(train):
    first, about = weights_of(train(seed=1))
    same, same_about = weights_of(train(seed=1))
    other, _ = weights_of(train(seed=2))
    assert first == same
    assert about == same_about
    assert first != other


@pytest.mark.slow
@pytest.mark.parametrize(
    ("optimiser", "precision", "killed_after"),
    [
        ("adamw", "float32", 1),
        ("adamw", "float32", 3),
        ("adamw", "float32", 8),
        ("lars", "float32", 5),
        ("adamw", "bfloat16", 5),
    ],
)
def test_train_encoder__killed_and_gone_on(
    train, tmp_path, listener, optimiser, precision, killed_after
):
    """In the middle of an epoch and at its end; three steps of 6 images make an epoch."""
    options = {"optimiser": optimiser, "precision": precision}
    whole = weights_of(train(**options))
    checkpoints = Checkpoints(tmp_path / "c.safetensors", "key")
    with pytest.raises(Killed):
        train(progress=Killer(6 * killed_after + 1), checkpoints=checkpoints, **options)
    gone_on = train(progress=listener, checkpoints=checkpoints, **options)
    assert listener.begun == [("SimCLR", 54, 6 * killed_after)]
    assert listener.notes[0] == f"continuing after step {killed_after} of an earlier run"
    assert weights_of(gone_on) == whole


@pytest.mark.slow
def test_train_encoder__no_checkpoint_before_its_time(train, tmp_path):
    checkpoints = Checkpoints(tmp_path / "c.safetensors", "key")
    train(checkpoints=checkpoints, checkpoint_s=3600.0)
    assert not checkpoints.path.exists()


@pytest.mark.slow
def test_train_encoder__agreement_is_looked_at_and_decides_nothing(train):
    seen, reports = [], []

    def look(images, features):
        seen.append((list(images), features.shape))
        torch.rand(5)  # whatever a look does to torch's generator
        return 0.25

    options = {"epochs": 5, "agreement_epochs": 2, "agreement_rows": 7}
    looked = train(agreement=look, report=reports.append, **options)
    assert [line.agreement for line in reports] == [None, 0.25, None, 0.25, 0.25]
    # Of 20 images every third, which makes 7.
    assert seen[0] == ([f"{row}.png" for row in range(0, 20, 3)], (7, looked[0].num_features))
    assert weights_of(looked) == weights_of(train(**options))


def test_train_encoder__says_how_long_it_takes(train, listener):
    train(progress=listener)
    (estimate,) = listener.notes
    assert estimate.startswith("about ")
    assert estimate.endswith(" s for 3 epochs of 20 images")
    assert listener.advanced == 54


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 3, 7])
def test_train_encoder__fewer_images_than_a_batch(train, count):
    _, about = train(count, batch_size=64)
    assert (about.training["batch_size"], about.training["steps"]) == (count, 3)


@pytest.mark.parametrize("count", [0, 1])
def test_train_encoder__too_few_images(tiny_options, make_pixels, count):
    pixels = make_pixels(2)
    with pytest.raises(InputError, match=f"expected at least 2 images .* found {count}"):
        train_encoder(
            Pixels(images=pixels.images[:count], values=pixels.values[:count]),
            tiny_options(),
            Silent(),
        )


def test_train_encoder__no_such_backbone(make_pixels, tiny_options):
    options = replace(tiny_options(), backbone="resnet-eighteen")
    with pytest.raises(InputError, match="found 'resnet-eighteen'"):
        train_encoder(make_pixels(4), options, Silent())
