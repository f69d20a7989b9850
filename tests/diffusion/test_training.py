"""The training loop: the seed, the loss, the rate, and a training that goes on after a kill."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from labelfix.config import DiffusionOptions
from labelfix.diffusion import training
from labelfix.diffusion.checkpoint import Checkpoints
from labelfix.diffusion.training import TrainingData, learning_rate_at, train_network
from labelfix.progress import Silent

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


def test_train_network__same_seed_same_weights(data, weights):
    assert same(weights, train(data))


def test_train_network__other_seed_other_weights(data, weights):
    other = train(data, replace(OPTIONS, seed=1))
    assert not torch.equal(weights["output.weight"], other["output.weight"])


def test_train_network__the_seed_is_of_the_draws_too(data, weights, monkeypatch):
    build = training.build_network
    monkeypatch.setattr(training, "build_network", lambda shape, _: build(shape, 0))
    assert same(weights, train(data))
    other = train(data, replace(OPTIONS, seed=1))  # begins with the same weights
    assert not torch.equal(weights["output.weight"], other["output.weight"])


def test_train_network__drawn_labels_weigh_as_often_as_retrieved(data, monkeypatch):
    weighed = []

    def listen(predicted, noise, weights):
        weighed.append(weights)
        return training_loss(predicted, noise, weights)

    training_loss = training.noise_loss
    monkeypatch.setattr(training, "noise_loss", listen)
    train(data, replace(OPTIONS, least_steps=5, batch_size=200))
    for weights in weighed:  # a row's labels are of one class, or 3 of one and 1 of another
        assert weights.sum() == pytest.approx(1)
        counts = weights / weights.min()
        assert {round(count, 3) for count in counts.tolist()} == {1.0, 3.0, 4.0}


def test_train_network__checkpoints_do_not_change_the_weights(data, weights, tmp_path):
    assert same(weights, train(data, checkpoints=Checkpoints(tmp_path / "state", "key")))


def test_train_network__global_random_state_is_untouched(data):
    before = torch.get_rng_state()
    train(data, replace(OPTIONS, least_steps=2))
    assert torch.equal(torch.get_rng_state(), before)


def test_train_network__is_in_evaluation_mode_and_of_its_shape(data):
    network, shape = train_network(data, replace(OPTIONS, least_steps=2), "cpu", Silent())
    assert not any(module.training for module in network.modules())
    assert (shape.classes, shape.dimension, shape.width, shape.timesteps) == (3, 16, 16, 100)


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
    assert listener.said == []


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
    network, _ = train_network(
        data, OPTIONS, "cpu", listener, checkpoints=checkpoints, report=reports.append
    )
    assert same(weights, network.state_dict())
    assert listener.begun == [("training the denoiser", 150, goes_on_after)]
    assert listener.said == [f"going on after step {goes_on_after} of an earlier run"]
    assert listener.advanced == 150 - goes_on_after
    assert [report.step for report in reports] == [
        step for step in (50, 100, 150) if step > goes_on_after
    ]


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


@pytest.mark.parametrize(
    ("step", "rate"),
    [
        (0, 0.1),
        (4, 0.5 * (1 + math.cos(math.pi * 0.04)) / 2),
        (9, (1 + math.cos(math.pi * 0.09)) / 2),
        (50, 0.5),
        (75, (1 - math.sqrt(0.5)) / 2),
        (99, (1 + math.cos(math.pi * 0.99)) / 2),
    ],
)
def test_learning_rate_at__by_hand(step, rate):
    options = DiffusionOptions(learning_rate=0.01, warmup_share=0.1)
    assert learning_rate_at(step, 100, options) == pytest.approx(0.01 * rate)


def test_learning_rate_at__rises_then_falls():
    options = DiffusionOptions(learning_rate=0.01, warmup_share=0.2)
    rates = [learning_rate_at(step, 1000, options) for step in range(1000)]
    peak = rates.index(max(rates))
    assert 190 <= peak < 200
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert 0 < rates[-1] < 1e-6
    assert max(rates) <= 0.01


def test_learning_rate_at__no_warm_up():
    assert learning_rate_at(0, 100, DiffusionOptions(learning_rate=0.01, warmup_share=0)) == 0.01
