"""Options are checked where they are made, and the message names the field."""

import dataclasses
import math
import re

import pytest

from labelfix.errors import InputError
from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.options.diffusion_options import DiffusionOptions
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.index_options import IndexOptions
from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.option import LARGEST_SEED
from labelfix.options.relabel_options import RelabelOptions
from labelfix.options.simclr_options import SimclrOptions
from labelfix.options.train_options import TrainOptions

TRAINING = (TrainOptions, CrossFitOptions, DiffusionOptions)
ALL = (ManifestOptions, EmbedOptions, SimclrOptions, IndexOptions, *TRAINING, RelabelOptions)


@pytest.mark.parametrize("options", ALL)
def test_options__defaults_are_allowed_and_frozen(options):
    made = options()
    for field in dataclasses.fields(made):
        assert getattr(made, field.name) == field.default
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, field.default)


@pytest.mark.parametrize(
    "options", [EmbedOptions, SimclrOptions, IndexOptions, *TRAINING, RelabelOptions]
)
@pytest.mark.parametrize("device", ["gpu", "", "CPU", "cuda:0"])
def test_options__unknown_device(options, device):
    expected = f"device: expected one of auto, cpu, cuda, found {device!r}"
    with pytest.raises(InputError, match=re.escape(expected)):
        options(device=device)


@pytest.mark.parametrize(
    ("options", "wrong", "message"),
    [
        (
            ManifestOptions,
            {"missing": "skip"},
            "missing: expected one of error, quarantine, found 'skip'",
        ),
        (
            ManifestOptions,
            {"columns": ("image", " ")},
            "columns: expected names with commas between them, found 'image, '",
        ),
        (
            ManifestOptions,
            {"columns": ("a", "a")},
            "columns: expected different names, found 'a,a'",
        ),
        (
            ManifestOptions,
            {"label_pattern": "[a"},
            "label_pattern: expected a regular expression, found '[a': "
            "unterminated character set at position 0",
        ),
        (
            ManifestOptions,
            {"label_pattern": "(a)", "label_column": "species"},
            "label_pattern cannot be combined with label_column 'species'",
        ),
        (
            EmbedOptions,
            {"precision": "float16"},
            "precision: expected one of auto, float32, bfloat16, found 'float16'",
        ),
        (EmbedOptions, {"batch_size": 0}, "batch_size: expected at least 1, found 0"),
        (EmbedOptions, {"workers": -1}, "workers: expected at least 0, found -1"),
        (EmbedOptions, {"part_rows": 0}, "part_rows: expected at least 1, found 0"),
        *[
            (EmbedOptions, {"encoder": "simclr:resnet50", **wrong}, message)
            for wrong, message in [
                ({"batch_size": 1}, "batch_size: expected at least 2, found 1"),
                ({"epochs": 0}, "epochs: expected at least 1, found 0"),
                ({"image_size": 7}, "image_size: expected at least 8, found 7"),
                ({"seed": -1}, "seed: expected at least 0, found -1"),
            ]
        ],
        *[
            (
                EmbedOptions,
                {"encoder": encoder, name: 50},
                f"{option}: expected encoder simclr, which is trained, "
                f"found encoder {encoder!r}, which is not",
            )
            for encoder in ("hog", "clip:ViT-B-32", "simclr@a.safetensors", "simclr:resnet18@a")
            for name, option in [("epochs", "epochs"), ("image_size", "image_size")]
        ],
        (SimclrOptions, {"seed": 2**63}, f"seed: expected at most {2**63 - 1}, found {2**63}"),
        (SimclrOptions, {"temperature": 0.0}, "temperature: expected more than 0, found 0.0"),
        (
            SimclrOptions,
            {"optimiser": "adam"},
            "optimiser: expected one of adamw, lars, found 'adam'",
        ),
        (
            SimclrOptions,
            {"flip_share": 1.5},
            "flip_share: expected a probability from 0 to 1, found 1.5",
        ),
        (IndexOptions, {"neighbours": 0}, "neighbours: expected at least 1, found 0"),
        *[
            (options, wrong, message)
            for options in TRAINING
            for wrong, message in [
                ({"seed": -1}, "seed: expected at least 0, found -1"),
                ({"epochs": 0}, "epochs: expected at least 1, found 0"),
                ({"width": 0}, "width: expected at least 1, found 0"),
                ({"learning_rate": 0.0}, "learning_rate: expected 0 to 1, found 0.0"),
                ({"learning_rate": 1.0}, "learning_rate: expected 0 to 1, found 1.0"),
                ({"learning_rate": math.nan}, "learning_rate: expected 0 to 1, found nan"),
            ]
        ],
        (
            TrainOptions,
            {"method": "Paper"},
            "method: expected one of noise-aware, paper, found 'Paper'",
        ),
        (
            TrainOptions,
            {"method": "paper", "fast": True},
            "fast: expected method noise-aware, found 'paper'",
        ),
        (
            TrainOptions,
            {"image_branch": "resnet34"},
            "image_branch: expected method paper, found 'noise-aware'",
        ),
        (
            TrainOptions,
            {"method": "paper", "image_branch": "resnet34", "image_size": 7},
            "image_size: expected at least 8, found 7",
        ),
        (
            TrainOptions,
            {"method": "paper", "epochs": 0},
            "epochs: expected at least 1, found 0",
        ),
        *[
            (
                TrainOptions,
                {name: value},
                f"{option}: expected method paper, found 'noise-aware'",
            )
            for name, value, option in [
                ("preset", "cifar10", "preset"),
                ("branch_weights", "none", "branch_weights"),
                ("weighting", "uniform", "weighting"),
                ("embed_again", "never", "embed_again"),
                ("validation_share", 0.1, "validation_share"),
                ("timesteps", 100, "timesteps"),
            ]
        ],
        *[
            (TrainOptions, {"method": "paper", **wrong}, message)
            for wrong, message in [
                (
                    {"preset": "cifar"},
                    "preset: expected one of cifar10, cifar100, food101n, clothing1m, webvision, "
                    "found 'cifar'",
                ),
                (
                    {"branch_weights": "pretrained"},
                    "branch_weights: expected an image branch, found 'pretrained' without one",
                ),
                (
                    {"preset": "food101n", "image_branch": "none", "branch_weights": "a"},
                    "branch_weights: expected an image branch, found 'a' without one",
                ),
                ({"weighting": "x"}, "weighting: expected one of count, uniform, found 'x'"),
                (
                    {"embed_again": "x"},
                    "embed_again: expected one of never, simclr, always, found 'x'",
                ),
                ({"validation_share": 0.6}, "validation_share: expected 0 to 0.5, found 0.6"),
                (
                    {"validation_share": math.nan},
                    "validation_share: expected 0 to 0.5, found nan",
                ),
                ({"neighbours": 0}, "neighbours: expected at least 1, found 0"),
                ({"timesteps": 9}, "timesteps: expected at least 10, found 9"),
            ]
        ],
        (RelabelOptions, {"ddim_steps": 0}, "ddim_steps: expected at least 1, found 0"),
        (CrossFitOptions, {"batch_size": 1}, "batch_size: expected at least 2, found 1"),
        (DiffusionOptions, {"batch_size": 1}, "batch_size: expected at least 2, found 1"),
        (DiffusionOptions, {"timesteps": 9}, "timesteps: expected at least 10, found 9"),
        *[
            (
                RelabelOptions,
                {"min_precision": wrong},
                f"min_precision: expected a probability from 0 to 1, found {wrong}",
            )
            for wrong in (1.01, -0.01, math.nan)
        ],
        (
            RelabelOptions,
            {"min_confidence": 1.01},
            "min_confidence: expected a probability from 0 to 1, found 1.01",
        ),
        (
            RelabelOptions,
            {"min_confidence": -0.01},
            "min_confidence: expected a probability from 0 to 1, found -0.01",
        ),
        (
            RelabelOptions,
            {"min_confidence": math.nan},
            "min_confidence: expected a probability from 0 to 1, found nan",
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
    with pytest.raises(InputError, match="seed: expected at most 9223372036854775807, found 1"):
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
        (TrainOptions(method="paper"), DiffusionOptions()),
        (
            TrainOptions(
                method="paper", seed=4, device="cuda", epochs=2, width=9, learning_rate=0.5
            ),
            DiffusionOptions(
                seed=4, device="cuda", epochs=2, width=9, learning_rate=0.5, least_steps=1
            ),
        ),
    ],
)
def test_of_method__what_is_left_out_is_the_methods_own(options, expected):
    assert options.of_method() == expected


def test_of_method__image_branch():
    options = TrainOptions(method="paper", image_branch="resnet34", image_size=32).of_method()
    assert options == DiffusionOptions(epochs=100, image_branch="resnet34", image_size=32)
    options = TrainOptions(method="paper", image_branch="resnet34", epochs=7).of_method()
    assert options == DiffusionOptions(epochs=7, image_branch="resnet34", least_steps=1)
    assert TrainOptions(method="paper").of_method() == DiffusionOptions()


def test_of_method__preset_by_hand():
    cifar = DiffusionOptions(
        epochs=200, batch_size=200, width=512, warmup_share=0.005, schedule_epochs=1000,
        image_branch="resnet34", embed_again="simclr", validation_share=0.1, preset="cifar10",
    )  # fmt: skip
    assert TrainOptions(method="paper", preset="cifar10").of_method() == cifar
    webvision = DiffusionOptions(
        epochs=300, batch_size=256, width=1024, warmup_share=1 / 300, image_branch="resnet50",
        branch_weights="pretrained", weighting="uniform", embed_again="always",
        validation_share=0.1, preset="webvision",
    )  # fmt: skip
    assert TrainOptions(method="paper", preset="webvision").of_method() == webvision


@pytest.mark.parametrize(
    ("preset", "width", "neighbours", "weighting", "backbone", "weights"),
    [
        ("cifar10", 512, 10, "count", "resnet34", "none"),
        ("cifar100", 512, 10, "count", "resnet34", "none"),
        ("food101n", 1024, 10, "count", "resnet50", "pretrained"),
        ("clothing1m", 1024, 20, "uniform", "resnet50", "pretrained"),
        ("webvision", 1024, 50, "uniform", "resnet50", "pretrained"),
    ],
)
def test_preset__settings_of_the_paper(preset, width, neighbours, weighting, backbone, weights):
    options = TrainOptions(method="paper", preset=preset)
    training = options.of_method()
    assert options.wanted_neighbours == neighbours
    assert (training.width, training.weighting) == (width, weighting)
    assert (training.image_branch, training.branch_weights) == (backbone, weights)


def test_of_method__what_is_given_wins_over_the_preset():
    given = {
        "epochs": 3, "width": 7, "learning_rate": 0.5, "image_branch": "resnet18",
        "image_size": 64, "branch_weights": "none", "weighting": "count", "embed_again": "never",
        "validation_share": 0.0, "timesteps": 50,
    }  # fmt: skip
    options = TrainOptions(method="paper", preset="webvision", neighbours=4, **given)
    training = options.of_method()
    assert {name: getattr(training, name) for name in given} == given
    assert training.least_steps == 1
    assert (training.batch_size, options.wanted_neighbours) == (256, 4)


def test_branch__none_leaves_the_presets_out():
    options = TrainOptions(method="paper", preset="food101n", image_branch="none")
    assert (options.branch, options.of_method().branch_weights) == (None, "none")
    assert not options.sees_images  # nothing is embedded again either
    assert TrainOptions(method="paper", preset="webvision", image_branch="none").sees_images


@pytest.mark.parametrize(
    ("options", "steps", "schedule"),
    [
        (DiffusionOptions(epochs=10, batch_size=50, least_steps=1), 200, 200),
        (DiffusionOptions(epochs=10, batch_size=50, least_steps=1, schedule_epochs=50), 200, 1000),
        (DiffusionOptions(epochs=10, batch_size=50, least_steps=1, schedule_epochs=5), 200, 200),
        (DiffusionOptions(epochs=10, batch_size=50, schedule_epochs=50), 1000, 5000),
    ],
)
def test_schedule_steps_for__never_fewer_than_are_made(options, steps, schedule):
    assert (options.steps_for(1000), options.schedule_steps_for(1000)) == (steps, schedule)


@pytest.mark.parametrize(
    ("encoder", "trained"),
    [
        ("simclr", True),
        ("simclr:resnet50", True),
        ("simclr@a.safetensors", False),
        ("simclr:resnet50@a.safetensors", False),
        ("simclrx", False),
        ("hog", False),
    ],
)
def test_trains_encoder__where_no_file_is_named(encoder, trained):
    assert EmbedOptions(encoder=encoder).trains_encoder == trained


@pytest.mark.parametrize(
    ("options", "images"),
    [
        (EmbedOptions(), 32),
        (EmbedOptions(encoder="hog", batch_size=5), 5),
        (EmbedOptions(encoder="simclr@a", batch_size=5), 5),
        (EmbedOptions(encoder="simclr", batch_size=5), 32),
    ],
)
def test_encoded_at_once__a_trainings_batch_says_nothing_of_it(options, images):
    assert options.encoded_at_once == images


def test_simclr__what_is_left_out_is_its_own():
    assert EmbedOptions(encoder="simclr").simclr() == SimclrOptions()
    given = EmbedOptions(
        encoder="simclr:resnet50",
        device="cpu",
        batch_size=7,
        workers=2,
        precision="float32",
        epochs=3,
        image_size=40,
        seed=5,
    ).simclr()
    assert given == SimclrOptions(
        backbone="resnet50",
        seed=5,
        device="cpu",
        precision="float32",
        workers=2,
        epochs=3,
        batch_size=7,
        image_size=40,
    )


@pytest.mark.parametrize(
    ("images", "most", "batch"),
    [
        (2, None, 2),
        (50, None, 50),  # fewer than 64
        (500, None, 62),  # eight steps of 62 leave 4 out; seven of 64 would leave 52
        (1_600, None, 100),
        (60_000, None, 508),  # at most 512: 119 steps
        (60_000, 1000, 1000),
        (100, 99, 50),
        (3, 2, 2),  # never a batch of one
    ],
)
def test_batch_for__even_steps(images, most, batch):
    assert SimclrOptions(batch_size=most).batch_for(images) == batch


def test_rate_for__grows_with_the_root_of_the_batch():
    assert SimclrOptions().rate_for(256) == 1e-3
    assert SimclrOptions().rate_for(64) == 5e-4
    assert SimclrOptions(optimiser="lars").rate_for(1024) == pytest.approx(2.4)
    assert SimclrOptions(learning_rate=0.1).rate_for(1024) == pytest.approx(0.2)
