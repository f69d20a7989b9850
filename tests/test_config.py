"""Options are checked where they are made, and the message names the option."""

import dataclasses
import math
import re

import pytest

from labelfix.config import (
    EmbedOptions,
    IndexOptions,
    ManifestOptions,
    RelabelOptions,
    TrainOptions,
)
from labelfix.errors import InputError

ALL = (ManifestOptions, EmbedOptions, IndexOptions, TrainOptions, RelabelOptions)


@pytest.mark.parametrize("options", ALL)
def test_options__defaults_are_allowed_and_frozen(options):
    made = options()
    for field in dataclasses.fields(made):
        assert getattr(made, field.name) == field.default
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, field.default)


@pytest.mark.parametrize("options", [EmbedOptions, IndexOptions, TrainOptions, RelabelOptions])
@pytest.mark.parametrize("device", ["gpu", "", "CPU", "cuda:0"])
def test_options__unknown_device(options, device):
    expected = f"--device: expected one of auto, cpu, cuda, found {device!r}"
    with pytest.raises(InputError, match=re.escape(expected)):
        options(device=device)


@pytest.mark.parametrize(
    ("options", "wrong", "message"),
    [
        (
            ManifestOptions,
            {"missing": "skip"},
            "--missing: expected one of error, quarantine, found 'skip'",
        ),
        (
            EmbedOptions,
            {"precision": "float16"},
            "--precision: expected one of auto, float32, bfloat16, found 'float16'",
        ),
        (EmbedOptions, {"batch_size": 0}, "--batch-size: expected at least 1, found 0"),
        (EmbedOptions, {"workers": -1}, "--workers: expected at least 0, found -1"),
        (EmbedOptions, {"part_rows": 0}, "--part-rows: expected at least 1, found 0"),
        (IndexOptions, {"neighbours": 0}, "--neighbours: expected at least 1, found 0"),
        (TrainOptions, {"seed": -1}, "--seed: expected at least 0, found -1"),
        (TrainOptions, {"epochs": 0}, "--epochs: expected at least 1, found 0"),
        (TrainOptions, {"batch_size": 1}, "--batch-size: expected at least 2, found 1"),
        (TrainOptions, {"width": 0}, "--width: expected at least 1, found 0"),
        (TrainOptions, {"timesteps": 9}, "--timesteps: expected at least 10, found 9"),
        (TrainOptions, {"learning_rate": 0.0}, "--learning-rate: expected 0 to 1, found 0.0"),
        (TrainOptions, {"learning_rate": 1.0}, "--learning-rate: expected 0 to 1, found 1.0"),
        (TrainOptions, {"learning_rate": math.nan}, "--learning-rate: expected 0 to 1, found nan"),
        (
            RelabelOptions,
            {"min_confidence": 1.01},
            "--min-confidence: expected a probability from 0 to 1, found 1.01",
        ),
        (
            RelabelOptions,
            {"min_confidence": -0.01},
            "--min-confidence: expected a probability from 0 to 1, found -0.01",
        ),
        (
            RelabelOptions,
            {"min_confidence": math.nan},
            "--min-confidence: expected a probability from 0 to 1, found nan",
        ),
    ],
)
def test_options__value_out_of_range(options, wrong, message):
    with pytest.raises(InputError) as caught:
        options(**wrong)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("options", "least"),
    [
        (ManifestOptions, {"missing": "quarantine"}),
        (EmbedOptions, {"batch_size": 1, "workers": 0, "part_rows": 1, "precision": "bfloat16"}),
        (IndexOptions, {"neighbours": 1, "device": "cuda"}),
        (TrainOptions, {"seed": 0, "epochs": 1, "batch_size": 2, "width": 1, "timesteps": 10}),
        (RelabelOptions, {"min_confidence": 0.0}),
        (RelabelOptions, {"min_confidence": 1.0}),
    ],
)
def test_options__ends_of_the_range_are_allowed(options, least):
    made = options(**least)
    assert {name: getattr(made, name) for name in least} == least


@pytest.mark.parametrize(
    ("images", "steps"),
    [
        (1, 100),  # least_steps
        (500, 100),  # 500 * 10 / 50
        (501, 101),  # the last step is not left out
        (1000, 200),
    ],
)
def test_steps_for__epochs_as_far_as_the_least_steps_are_reached(images, steps):
    options = TrainOptions(epochs=10, batch_size=50, least_steps=100)
    assert options.steps_for(images) == steps


def test_train_options__seed_too_large():
    with pytest.raises(InputError, match="--seed: expected at most 9223372036854775807, found 1"):
        TrainOptions(seed=10**23)
