"""The command line of an encoder that is trained."""

import json

import pytest

LABELS = ["cat", "dog"] * 6
OWN = ("--encoder", "simclr:test_resnet", "--device", "cpu", "--image-size", 16)


@pytest.fixture
def data(tmp_path, write_images):
    write_images(tmp_path, LABELS)
    return "images", "manifest.csv"


@pytest.mark.slow
@pytest.mark.parametrize("epochs", ["--epochs", "--encoder-epochs"])
def test_embed__trains_and_embeds(labelfix, data, tmp_path, epochs):
    outcome = labelfix("embed", *data, *OWN, epochs, 2, "--batch-size", 4, "--seed", 3)
    assert outcome.code == 0, outcome.stderr
    assert "for 2 epochs of 12 images" in outcome.stderr
    assert "12 images, 96 values each, simclr:test_resnet" in outcome.stderr
    record = json.loads((tmp_path / ".labelfix" / "encoder.safetensors.record.json").read_text())
    assert (record["seed"], record["options"]["epochs"]) == (3, 2)
    assert (record["options"]["batch_size"], record["options"]["image_size"]) == (4, 16)


@pytest.mark.slow
def test_run__takes_the_encoder_of_embed(labelfix, data):
    """What embed has trained is up to date for run."""
    labelfix("embed", *data, *OWN, "--epochs", 1)
    outcome = labelfix(
        "run", *data, *OWN, "--encoder-epochs", 1, "--denoiser-epochs", 1, "--fast", "--width", 8,
        "--out", "fixed.csv",
    )  # fmt: skip
    assert outcome.code == 0, outcome.stderr
    assert "embed   up to date" in outcome.stderr
    assert "SimCLR" not in outcome.stderr
    assert "Two trainings" not in outcome.stderr
    assert "passes over" in outcome.stderr  # of the denoisers alone


@pytest.mark.parametrize("option", ["--epochs", "--image-size"])
def test_embed__options_of_a_training_with_another_encoder(labelfix, data, option):
    outcome = labelfix("embed", *data, "--encoder", "hog", option, 20)
    assert outcome.code == 2
    assert "expected --encoder simclr, which is trained" in outcome.stderr
    assert option.replace("--epochs", "--encoder-epochs") in outcome.stderr


def test_embed__epochs_of_the_denoiser_in_a_settings_file(labelfix, data, tmp_path):
    """They are for train and run, and no reason to refuse another encoder in embed."""
    (tmp_path / "labelfix.toml").write_text('epochs = 3\nencoder = "hog"\nseed = 1\n')
    assert labelfix("embed", *data).code == 0


@pytest.mark.slow
def test_run__both_trainings_are_told_before_they_start(labelfix, data):
    outcome = labelfix(
        "run", *data, *OWN, "--encoder-epochs", 2, "--denoiser-epochs", 3, "--fast", "--width", 8,
        "--out", "fixed.csv",
    )  # fmt: skip
    assert outcome.code == 0, outcome.stderr
    both = (
        "Two trainings follow: the encoder, 2 passes over the images (--encoder-epochs), and then "
        "the denoisers, at least 3 passes (--denoiser-epochs)."
    )
    encoder = "Training the encoder test_resnet: 2 passes over 12 images (--encoder-epochs)."
    lines = outcome.stderr.splitlines()
    assert lines.index(both) < lines.index(encoder)
    denoisers = next(place for place, line in enumerate(lines) if "denoisers, about" in line)
    assert lines.index(encoder) < denoisers


def test_run__plain_epochs_beside_a_trained_encoder(labelfix, data):
    outcome = labelfix("run", *data, *OWN, "--epochs", 5, "--out", "fixed.csv")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "expected --encoder-epochs or --denoiser-epochs" in outcome.stderr
    assert "For the encoder write --encoder-epochs 5, for the denoisers --denoiser-epochs 5." in (
        outcome.stderr
    )


@pytest.mark.parametrize("command", ["run", "train"])
def test_train__both_names_of_the_same_passes(labelfix, data, command):
    begin = ("run", *data, "--encoder", "hog", "--out", "f.csv") if command == "run" else ("train",)
    outcome = labelfix(*begin, "--epochs", 5, "--denoiser-epochs", 6)
    assert outcome.code == 2
    assert "expected it without --denoiser-epochs, found 5 beside 6" in outcome.stderr
