"""`--preset` and its options through the command line."""

import json

import pytest
import timm
import torch
from safetensors.torch import save_file

RUN = ("run", "images", "manifest.csv", "--encoder", "hog", "--out", "fixed.csv")
PAPER = ("--method", "paper")
SMALL = ("--image-branch", "none", "--width", "16", "--epochs", "3")


def record_of(folder, artefact="denoiser.safetensors"):
    return json.loads((folder / ".labelfix" / f"{artefact}.record.json").read_text())


@pytest.mark.slow
def test_run__preset_with_its_image_branch(labelfix, project):
    """The preset's own branch is a ResNet-34; a small one in its place makes the test fast."""
    (project / "labelfix.toml").unlink()  # its width would win over the preset's
    given = ("--image-branch", "test_resnet", "--image-size", "16", "--epochs", "4")
    outcome = labelfix(*RUN, *PAPER, "--preset", "cifar10", *given)
    assert outcome.code == 0, outcome.stderr
    options = record_of(project)["options"]
    assert (options["preset"], options["width"], options["epochs"]) == ("cifar10", 512, 4)
    assert (options["image_branch"], options["weighting"]) == ("test_resnet", "count")
    details = record_of(project)["details"]
    assert (details["held_out"], details["steps"]) == (4, 1)  # 32 images 4 times, 200 in a step
    assert "best after step 1, where it agrees with " in outcome.stderr
    assert labelfix(*RUN, *PAPER, "--preset", "cifar10", *given).stderr.count("skipped") == 4


@pytest.mark.slow
@pytest.mark.parametrize(("preset", "neighbours"), [("food101n", 10), ("clothing1m", 20)])
def test_run__neighbours_of_the_preset(labelfix, project, preset, neighbours):
    command = (*RUN, *PAPER, "--preset", preset, "--embed-again", "never", *SMALL)
    assert labelfix(*command).code == 0
    assert record_of(project, "neighbours.parquet")["options"]["neighbours"] == neighbours
    assert labelfix(*command, "--neighbours", "3").code == 0
    assert record_of(project, "neighbours.parquet")["options"]["neighbours"] == 3


def test_train__other_neighbours_than_the_preset_wants(labelfix, project):
    options = ("--preset", "webvision", "--embed-again", "never", *SMALL)
    outcome = labelfix("train", *PAPER, *options)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        "error: --preset webvision: expected 50 neighbours of each image, found 10 in "
        ".labelfix/neighbours.parquet\n"
        "Run labelfix index --neighbours 50 first, or keep these with labelfix train "
        "--neighbours 10.\n"
    )
    assert labelfix("train", *PAPER, *options, "--neighbours", "10").code == 0
    outcome = labelfix("train", *PAPER, *SMALL, "--neighbours", "4")
    assert "error: --neighbours: expected 4 neighbours of each image, found 10" in outcome.stderr


def test_train__preset_of_the_default_method(labelfix, project):
    before = (project / ".labelfix" / "denoiser.safetensors").read_bytes()
    outcome = labelfix("train", "--preset", "cifar10")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == "error: --preset: expected --method paper, found 'noise-aware'\n"
    assert (project / ".labelfix" / "denoiser.safetensors").read_bytes() == before


@pytest.mark.slow
def test_train__another_preset_is_another_training(labelfix, project):
    assert labelfix("train", *PAPER, "--preset", "cifar10", *SMALL).code == 0
    again = labelfix("train", *PAPER, "--preset", "cifar10", *SMALL)
    assert "up to date, skipped" in again.stderr
    outcome = labelfix("train", *PAPER, "--preset", "cifar10", "--weighting", "uniform", *SMALL)
    assert "Weighting was count, is uniform; training again" in outcome.stderr


def test_train__epochs_are_obeyed_with_a_word(labelfix, project):
    outcome = labelfix("train", *PAPER, "--epochs", "30", "--width", "16")
    assert outcome.code == 0
    assert (
        "--denoiser-epochs 30 is 3 steps: each of the 1,000 timesteps is learned from about 1.5 "
        "labels, too few to learn much; the default is at least 1,000 steps\n"
    ) in outcome.stderr
    assert record_of(project)["details"]["steps"] == 3  # 36 images thirty times, 512 in a step


@pytest.mark.slow
def test_train__enough_epochs_need_no_word(labelfix, project):
    outcome = labelfix("train", *PAPER, "--epochs", "14250", "--width", "4")
    assert "1,002 steps, loss" in outcome.stderr
    assert "too few to learn" not in outcome.stderr


@pytest.mark.slow
def test_train__branch_begins_with_a_file(labelfix, project):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        save_file(timm.create_model("test_resnet").state_dict(), project / "w.safetensors")
    given = ("--image-branch", "test_resnet", "--image-size", "64", "--epochs", "1")
    command = ("train", *PAPER, *given, "--branch-weights", "w.safetensors")
    outcome = labelfix(*command)
    assert outcome.code == 0, outcome.stderr
    first = record_of(project)
    assert first["options"]["branch_weights"] == "file"
    assert len(first["inputs"]["branch_weights"]) == 64
    (project / "w.safetensors").rename(project / "moved.safetensors")
    moved = labelfix(*command[:-1], "moved.safetensors")
    assert "up to date, skipped" in moved.stderr
    assert labelfix("relabel", "--out", "fixed.csv").code == 0


def test_run__weights_are_looked_for_before_anything_is_embedded(labelfix, tmp_path, write_images):
    write_images(tmp_path, ["cat", "dog"] * 2)
    given = ("--preset", "food101n", "--branch-weights", "none.safetensors")
    outcome = labelfix(*RUN, *PAPER, *given)
    assert outcome.code == 2
    assert "expected weights at none.safetensors, found no file" in outcome.stderr
    assert not (tmp_path / ".labelfix" / "embeddings").exists()


@pytest.mark.slow
def test_run__images_embedded_again(labelfix, project):
    command = (*RUN, *PAPER, "--embed-again", "always", "--epochs", "1", "--image-size", "24")
    assert labelfix(*command).code == 0
    record = record_of(project)
    assert record["options"]["embed_again"] == "always"
    assert len(record["inputs"]["images"]) == 64
    assert "image_size" not in record["details"]  # nobody sees the images in relabel
    first = (project / "fixed.csv").read_bytes()
    assert labelfix(*command).stderr.count("up to date, skipped") == 4
    assert labelfix("relabel", "--out", "again.csv", "--force").code == 0
    assert (project / "again.csv").read_bytes() == first


@pytest.mark.slow
def test_ddim_steps__of_relabel(labelfix, project):
    assert labelfix(*RUN, *PAPER, "--timesteps", "20", "--epochs", "9").code == 0
    assert record_of(project)["options"]["timesteps"] == 20
    outcome = labelfix("relabel", "--out", "few.csv", "--ddim-steps", "2")
    assert "Ddim steps was not set, is 2; relabelling again" in outcome.stderr
    outcome = labelfix("relabel", "--out", "few.csv", "--ddim-steps", "21")
    assert outcome.code == 2
    assert "--ddim-steps: expected at most the 20 timesteps of the denoiser, found 21" in (
        outcome.stderr
    )


def test_settings__preset_from_a_file(labelfix, project):
    (project / "labelfix.toml").write_text(
        "method = 'paper'\npreset = 'clothing1m'\nimage-branch = 'none'\nembed-again = 'never'\n"
        "epochs = 2\nwidth = 16\n"
    )
    assert labelfix(*RUN).code == 0
    assert record_of(project)["options"]["preset"] == "clothing1m"
    assert record_of(project, "neighbours.parquet")["options"]["neighbours"] == 20
