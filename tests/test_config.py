"""Options are checked where they are made, and the message names the option."""

import dataclasses
import math
import re

import pytest

from labelfix.config import (
    LARGEST_SEED,
    CrossFitOptions,
    DiffusionOptions,
    EmbedOptions,
    IndexOptions,
    ManifestOptions,
    RelabelOptions,
    TrainOptions,
)
from labelfix.errors import InputError

TRAINING = (TrainOptions, CrossFitOptions, DiffusionOptions)
ALL = (ManifestOptions, EmbedOptions, IndexOptions, *TRAINING, RelabelOptions)


@pytest.mark.parametrize("options", ALL)
def test_options__defaults_are_allowed_and_frozen(options):
    made = options()
    for field in dataclasses.fields(made):
        assert getattr(made, field.name) == field.default
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, field.default)


@pytest.mark.parametrize("options", [EmbedOptions, IndexOptions, *TRAINING, RelabelOptions])
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
        *[
            (options, wrong, message)
            for options in TRAINING
            for wrong, message in [
                ({"seed": -1}, "--seed: expected at least 0, found -1"),
                ({"epochs": 0}, "--epochs: expected at least 1, found 0"),
                ({"width": 0}, "--width: expected at least 1, found 0"),
                ({"learning_rate": 0.0}, "--learning-rate: expected 0 to 1, found 0.0"),
                ({"learning_rate": 1.0}, "--learning-rate: expected 0 to 1, found 1.0"),
                ({"learning_rate": math.nan}, "--learning-rate: expected 0 to 1, found nan"),
            ]
        ],
        (
            TrainOptions,
            {"method": "Paper"},
            "--method: expected one of noise-aware, paper, found 'Paper'",
        ),
        (
            TrainOptions,
            {"method": "paper", "fast": True},
            "--fast: expected --method noise-aware, found 'paper'",
        ),
        (
            TrainOptions,
            {"method": "paper", "epochs": 0},
            "--epochs: expected at least 1, found 0",
        ),
        (CrossFitOptions, {"batch_size": 1}, "--batch-size: expected at least 2, found 1"),
        (DiffusionOptions, {"batch_size": 1}, "--batch-size: expected at least 2, found 1"),
        (DiffusionOptions, {"timesteps": 9}, "--timesteps: expected at least 10, found 9"),
        *[
            (
                RelabelOptions,
                {"min_precision": wrong},
                f"--min-precision: expected a probability from 0 to 1, found {wrong}",
            )
            for wrong in (1.01, -0.01, math.nan)
        ],
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
        (TrainOptions, {"seed": 0, "epochs": 1, "width": 1}),
        (TrainOptions, {"method": "paper", "seed": LARGEST_SEED, "epochs": 1, "width": 1}),
        (CrossFitOptions, {"seed": 0, "epochs": 1, "batch_size": 2, "width": 1}),
        (DiffusionOptions, {"seed": 0, "epochs": 1, "batch_size": 2, "width": 1, "timesteps": 10}),
        (RelabelOptions, {"min_precision": 0.0}),
        (RelabelOptions, {"min_precision": 1.0}),
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
    options = DiffusionOptions(epochs=10, batch_size=50, least_steps=100)
    assert options.steps_for(images) == steps


def test_train_options__seed_too_large():
    with pytest.raises(InputError, match="--seed: expected at most 9223372036854775807, found 1"):
        TrainOptions(seed=10**23)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (TrainOptions(), CrossFitOptions()),
        (TrainOptions(seed=3, device="cpu"), CrossFitOptions(seed=3, device="cpu")),
        (TrainOptions(fast=True), CrossFitOptions(width=512, folds=4)),
        (TrainOptions(fast=True, width=7), CrossFitOptions(width=7, folds=4)),
        (
            TrainOptions(epochs=2, width=9, learning_rate=0.5),
            CrossFitOptions(epochs=2, width=9, learning_rate=0.5),
        ),
        (TrainOptions("paper"), DiffusionOptions()),
        (
            TrainOptions("paper", 4, "cuda", epochs=2, width=9, learning_rate=0.5),
            DiffusionOptions(seed=4, device="cuda", epochs=2, width=9, learning_rate=0.5),
        ),
    ],
)
def test_of_method__what_is_left_out_is_the_methods_own(options, expected):
    assert options.of_method() == expected
