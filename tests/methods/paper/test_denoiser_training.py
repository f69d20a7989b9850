"""The training loop: the seed, the loss, the rate, and a training that goes on after a kill."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from labelfix.errors import InputError
from labelfix.methods.paper import denoiser_batches, denoiser_training
from labelfix.methods.paper.denoiser import Denoiser
from labelfix.methods.paper.denoiser_batches import TrainingData
from labelfix.methods.paper.denoiser_training import train_network
from labelfix.methods.paper.label_reading import class_probabilities
from labelfix.methods.training_course import learning_rate_at
from labelfix.options.diffusion_options import DiffusionOptions
from labelfix.runtime.checkpoint import Checkpoints
from labelfix.runtime.progress import Silent

OPTIONS = DiffusionOptions(
    least_steps=150,
    epochs=1,
    batch_size=32,
    width=16,
    learning_rate=1e-2,
    timesteps=100,
    checkpoint_steps=40,
)


class Killed(Exception):
    """What stands for SIGKILL."""


@pytest.fixture(scope="module")
def data(clusters):
    points = clusters(60, 3)
    vectors = points.vectors / np.linalg.norm(points.vectors, axis=1, keepdims=True)
    retrieved = np.stack([points.given] * 4, axis=1)
    retrieved[::5, 0] = (retrieved[::5, 0] + 1) % 3  # one neighbour of some has another label
    return TrainingData(vectors, retrieved, 3)


def train(data, options=OPTIONS, **more):
    return train_network(data, options, "cpu", Silent(), **more)[0].state_dict()


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture(scope="module")
def weights(data):
    return train(data)


@pytest.mark.slow
def test_train_network__same_seed_same_weights(data, weights):
    assert same(weights, train(data))


@pytest.mark.slow
def test_train_network__other_seed_other_weights(data, weights):
    other = train(data, replace(OPTIONS, seed=1))
    assert not torch.equal(weights["output.weight"], other["output.weight"])


@pytest.mark.slow
def test_train_network__the_seed_is_of_the_draws_too(data, weights, monkeypatch):
    build = denoiser_training.build_network
    monkeypatch.setattr(denoiser_training, "build_network", lambda shape, _: build(shape, 0))
    assert same(weights, train(data))
    other = train(data, replace(OPTIONS, seed=1))  # begins with the same weights
    assert not torch.equal(weights["output.weight"], other["output.weight"])


def test_train_network__drawn_labels_weigh_as_often_as_retrieved(data, monkeypatch):
    weighed = []

    def listen(predicted, noise, weights):
        weighed.append(weights)
        return training_loss(predicted, noise, weights)

    training_loss = denoiser_batches.noise_loss
    monkeypatch.setattr(denoiser_batches, "noise_loss", listen)
    train(data, replace(OPTIONS, least_steps=5, batch_size=200))
    for weights in weighed:  # a row's labels are of one class, or 3 of one and 1 of another
        assert weights.sum() == pytest.approx(1)
        counts = weights / weights.min()
        assert {round(count, 3) for count in counts.tolist()} == {1.0, 3.0, 4.0}


@pytest.mark.slow
def test_train_network__checkpoints_do_not_change_the_weights(data, weights, tmp_path):
    assert same(weights, train(data, checkpoints=Checkpoints(tmp_path / "state", "key")))


def test_train_network__global_random_state_is_untouched(data):
    before = torch.get_rng_state()
    train(data, replace(OPTIONS, least_steps=2))
    assert torch.equal(torch.get_rng_state(), before)


def test_train_network__is_in_evaluation_mode_and_of_its_shape(data):
    network, shape, best = train_network(data, replace(OPTIONS, least_steps=2), "cpu", Silent())
    assert best is None
    assert not any(module.training for module in network.modules())
    assert (shape.classes, shape.dimension, shape.width, shape.timesteps) == (3, 16, 16, 100)


@pytest.mark.slow
def test_train_network__loss_falls_and_is_reported(data, listener):
    reports = []
    options = replace(OPTIONS, least_steps=220)
    train_network(data, options, "cpu", listener, report=reports.append)
    assert [report.step for report in reports] == [50, 100, 150, 200, 220]
    losses = [report.loss for report in reports]
    assert losses[0] < 1.5  # the noise has a variance of 1
    assert losses[-1] < 0.5 * losses[0]
    rates = [learning_rate_at(report.step - 1, 220, options) for report in reports]
    assert [report.learning_rate for report in reports] == rates
    assert all(report.images_per_s > 0 for report in reports)
    assert listener.begun == [("training the denoiser", 220, 0)]
    assert listener.advanced == 220
    assert listener.notes == []


@pytest.mark.slow
def test_train_network__weights_follow_every_option(data, weights):
    changed = [
        {"learning_rate": 5e-3},
        {"batch_size": 34},
        {"least_steps": 151},
        {"warmup_share": 0.5},
        {"largest_gradient_norm": 0.01},
    ]
    for options in changed:
        assert not same(weights, train(data, replace(OPTIONS, **options))), options


@pytest.mark.slow
@pytest.mark.parametrize(("killed_at", "goes_on_after"), [(50, 40), (100, 80), (150, 120)])
def test_train_network__killed_and_gone_on(
    data, weights, tmp_path, listener, killed_at, goes_on_after
):
    checkpoints = Checkpoints(tmp_path / "state", "key")

    def kill(report):
        if report.step == killed_at:
            raise Killed

    with pytest.raises(Killed):
        train(data, checkpoints=checkpoints, report=kill)
    reports = []
    network, *_ = train_network(
        data, OPTIONS, "cpu", listener, checkpoints=checkpoints, report=reports.append
    )
    assert same(weights, network.state_dict())
    assert listener.begun == [("training the denoiser", 150, goes_on_after)]
    assert listener.notes == [f"continuing after step {goes_on_after} of an earlier run"]
    assert listener.advanced == 150 - goes_on_after
    assert [report.step for report in reports] == [
        step for step in (50, 100, 150) if step > goes_on_after
    ]


@pytest.mark.slow
def test_train_network__killed_before_the_first_checkpoint(data, weights, tmp_path):
    checkpoints = Checkpoints(tmp_path / "state", "key")

    def kill(_):
        raise Killed

    with pytest.raises(Killed):
        train(data, replace(OPTIONS, checkpoint_steps=100), checkpoints=checkpoints, report=kill)
    assert same(weights, train(data, checkpoints=checkpoints))


def test_train_network__last_step_leaves_no_checkpoint_to_go_on_from(data, tmp_path):
    checkpoints = Checkpoints(tmp_path / "state", "key")
    train(data, replace(OPTIONS, least_steps=40), checkpoints=checkpoints)
    assert not checkpoints.path.exists()


SEEING = replace(OPTIONS, least_steps=24, batch_size=8, checkpoint_steps=10,
                 image_branch="test_resnet")  # fmt: skip


@pytest.fixture(scope="module")
def with_pixels(data):
    """The same data, and images whose colour tells their class a little."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 200, (60, 3, 16, 16))
    pixels[np.arange(60), data.retrieved[:, -1]] += 50
    return replace(data, pixels=pixels.astype(np.uint8))


@pytest.fixture(scope="module")
def seeing_weights(with_pixels):
    return train(with_pixels, SEEING)


def test_train_network__pixels_that_nobody_sees_change_nothing(with_pixels, weights):
    assert same(weights, train(with_pixels))


@pytest.mark.slow
def test_train_network__image_branch_is_trained(with_pixels, seeing_weights):
    before = denoiser_training.build_network(
        train_network(with_pixels, replace(SEEING, least_steps=1), "cpu", Silent())[1], 0
    ).state_dict()
    learnt = [name for name in before if name.startswith("image_branch.backbone.")]
    assert len(learnt) > 20
    assert not [name for name in learnt if torch.equal(before[name], seeing_weights[name])]
    assert seeing_weights["image_branch.backbone.bn1.num_batches_tracked"] == 24


@pytest.mark.slow
def test_train_network__image_branch_follows_seed_and_pixels(with_pixels, seeing_weights):
    assert same(seeing_weights, train(with_pixels, SEEING))
    others = [
        train(with_pixels, replace(SEEING, seed=1)),
        train(replace(with_pixels, pixels=with_pixels.pixels[::-1].copy()), SEEING),
    ]
    name = "image_branch.backbone.layer1.0.conv1.weight"
    assert not [other for other in others if torch.equal(other[name], seeing_weights[name])]


@pytest.mark.slow
def test_train_network__images_are_varied(with_pixels, seeing_weights, monkeypatch):
    monkeypatch.setattr(denoiser_batches, "vary", lambda pixels, _: pixels)
    assert not same(seeing_weights, train(with_pixels, SEEING))


def kill_at(step):
    def kill(report):
        if report.step == step:
            raise Killed

    return kill


@pytest.mark.slow
@pytest.mark.parametrize("killed_at", [15, 20])
def test_train_network__image_branch_killed_and_gone_on(
    with_pixels, seeing_weights, tmp_path, listener, killed_at
):
    checkpoints = Checkpoints(tmp_path / "state", "key")
    with pytest.raises(Killed):
        train(with_pixels, SEEING, checkpoints=checkpoints, report=kill_at(killed_at))
    network, *_ = train_network(with_pixels, SEEING, "cpu", listener, checkpoints=checkpoints)
    assert listener.notes == ["continuing after step 10 of an earlier run"]
    assert same(seeing_weights, network.state_dict())


@pytest.mark.slow
def test_train_network__dropout_in_the_image_branch_repeats(with_pixels, tmp_path, monkeypatch):
    """A backbone draws from the global generator; a training that goes on draws the same."""
    build = denoiser_training.build_network

    def with_dropout(shape, seed):
        network = build(shape, seed)
        layers = network.image_branch.backbone, torch.nn.Dropout(0.5)
        network.image_branch.backbone = torch.nn.Sequential(*layers)
        return network

    monkeypatch.setattr(denoiser_training, "build_network", with_dropout)
    before = torch.get_rng_state()
    whole = train(with_pixels, SEEING)
    assert torch.equal(torch.get_rng_state(), before)
    checkpoints = Checkpoints(tmp_path / "state", "key")
    with pytest.raises(Killed):
        train(with_pixels, SEEING, checkpoints=checkpoints, report=kill_at(15))
    torch.manual_seed(7)
    assert same(whole, train(with_pixels, SEEING, checkpoints=checkpoints))


@pytest.mark.slow
def test_train_network__image_branch_is_told_of_often(with_pixels):
    reports = []
    train(with_pixels, SEEING, report=reports.append)
    assert [report.step for report in reports] == [5, 10, 15, 20, 24]


def test_train_network__image_branch_without_pixels(data):
    with pytest.raises(InputError) as caught:
        train(data, SEEING)
    assert caught.value.message == (
        "image_branch test_resnet: expected the pixels of the images, found embeddings alone"
    )


HELD_OUT = np.arange(0, 60, 6)


@pytest.fixture(scope="module")
def held_out(data):
    """The same data, of which ten images are held out."""
    return replace(data, held_out=HELD_OUT)


@pytest.mark.slow
def test_train_network__held_out_rows_are_never_drawn(held_out, monkeypatch):
    seen = []
    embedded = denoiser_batches.Batches._embedded

    def listen(batches, rows, varied):
        seen.extend(rows.tolist())
        return embedded(batches, rows, varied)

    monkeypatch.setattr(denoiser_batches.Batches, "_embedded", listen)
    train(held_out, replace(OPTIONS, least_steps=30))
    assert set(seen) == set(range(60)) - set(HELD_OUT.tolist())


@pytest.mark.slow
def test_train_network__best_pass_is_kept(held_out):
    """Its weights are those of a training that ended there, but for the rate's course."""
    network, shape, best = train_network(held_out, OPTIONS, "cpu", Silent())
    assert 0 < best.step <= 150
    assert best.agreement >= 0.8
    read = Denoiser(network, shape, []).label_0(
        held_out.vectors[HELD_OUT], steps=10, batch_size=512, device="cpu"
    )
    classes = class_probabilities(read).argmax(axis=1)
    agreement = np.mean(classes == held_out.retrieved[HELD_OUT, -1])
    assert agreement == pytest.approx(best.agreement)


@pytest.mark.slow
def test_train_network__best_pass_after_a_kill(held_out, tmp_path):
    whole, _, best = train_network(held_out, OPTIONS, "cpu", Silent())
    checkpoints = Checkpoints(tmp_path / "state", "key")
    with pytest.raises(Killed):
        train(held_out, checkpoints=checkpoints, report=kill_at(100))
    network, _, again = train_network(held_out, OPTIONS, "cpu", Silent(), checkpoints=checkpoints)
    assert same(whole.state_dict(), network.state_dict())
    assert (again.step, again.agreement) == (best.step, best.agreement)


@pytest.mark.slow
def test_train_network__schedule_longer_than_the_training(data):
    reports = []
    options = replace(OPTIONS, schedule_epochs=10)
    train(data, options, report=reports.append)
    assert reports[-1].learning_rate == learning_rate_at(149, 1500, options)
    assert reports[-1].learning_rate > 0.9 * OPTIONS.learning_rate


@pytest.mark.slow
def test_train_network__varied_images_are_embedded_again(with_pixels):
    given = []

    def encode(pixels):
        given.append(pixels)
        return np.tile(np.eye(1, 16, dtype=np.float32), (len(pixels), 1))

    options = replace(SEEING, least_steps=8)
    again = replace(with_pixels, encode=encode)
    assert not same(train(with_pixels, options), train(again, options))
    assert [pixels.shape for pixels in given] == [(8, 3, 16, 16)] * 8
    alone = replace(options, image_branch=None)  # the encoder alone sees the images
    assert not same(train(with_pixels, alone), train(again, alone))
    assert len(given) == 16
    rows = {image.tobytes() for image in with_pixels.pixels}
    assert not {image.tobytes() for image in given[0]} <= rows  # they are varied


WITHOUT = """
import sys
for name in sys.argv[1:]:
    sys.modules[name] = None  # an import of it fails
import numpy as np
import labelfix.methods.paper.denoiser
from labelfix.options.diffusion_options import DiffusionOptions
from labelfix.methods.paper.denoiser_network import build_network
from labelfix.methods.paper.denoiser_batches import TrainingData
from labelfix.methods.paper.denoiser_training import train_network
from labelfix.runtime.progress import Silent
data = TrainingData(np.eye(8, dtype=np.float32), np.arange(8)[:, None] % 2, 2)
options = DiffusionOptions(least_steps=2, epochs=1, batch_size=4, width=4)
train_network(data, options, "cpu", Silent())
"""


@pytest.mark.slow
def test_train_network__needs_neither_search_engine_nor_image_libraries():
    absent = ["faiss", "open_clip", "timm", "skimage", "torchvision", "kornia"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *absent], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
