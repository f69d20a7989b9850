"""`embed` with an encoder that is trained first: one command, no labels, and what is kept."""

import csv
import json
import time
from pathlib import Path

import numpy as np
import pytest

from labelfix.config import EmbedOptions
from labelfix.data.embeddings import load_embeddings
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun, read_record
from labelfix.data.workspace import open_workspace
from labelfix.embedding.stage import encoder_in, run_embed
from labelfix.encoders.registry import EncoderName
from labelfix.errors import InputError, WorkspaceError

SAMPLE = Path(__file__).parent.parent.parent / "sample_data"
LABELS = ["cat", "dog"] * 6
OWN = "simclr:test_resnet"


@pytest.fixture
def data(tmp_path, write_images):
    write_images(tmp_path, LABELS)
    return tmp_path


@pytest.fixture
def embed(data, listener):
    """Run the stage; options by name, those of the rerun too."""

    def run(
        encoder=OWN, *, images="images", manifest="manifest.csv", workspace="w", force=False,
        frozen=False, **options,
    ):  # fmt: skip
        own = {"epochs": 2, "image_size": 16} if EmbedOptions(encoder).trains_encoder else {}
        options = EmbedOptions(encoder, "cpu", precision="float32", **{**own, **options})
        inputs = EmbedInputs(images=data / images, manifest=data / manifest)
        opened = open_workspace(data / workspace)
        return run_embed(opened, inputs, options, listener, Rerun(force, frozen))

    return run


def vectors_in(folder):
    return load_embeddings(folder / "embeddings").vectors


def test_run_embed__trains_then_embeds(embed, data, listener):
    result = embed()
    assert result.record.details["encoder"] == OWN
    assert result.record.details["images"] == len(LABELS)
    assert result.record.options == {
        "encoder": OWN, "device": "cpu", "batch_size": 32, "part_rows": 4096
    }  # fmt: skip
    doing = [begun[0] for begun in listener.begun]
    assert doing == ["reading images", "SimCLR", "embedding"]
    log = (data / "w" / "simclr.jsonl").read_text().splitlines()
    assert 0 <= json.loads(log[-1])["agreement"] <= 1


def test_run_embed__up_to_date(embed, listener):
    embed()
    listener.begun.clear()
    assert embed(frozen=True).skipped
    assert listener.begun == []


def test_run_embed__labels_decide_nothing(embed, data):
    embed(workspace="one")
    text = (data / "manifest.csv").read_text()
    (data / "manifest.csv").write_text(text.replace("cat", "bird").replace("dog", "cat"))
    embed(workspace="other")
    one, other = ((data / name / "encoder.safetensors").read_bytes() for name in ("one", "other"))
    assert one == other


def test_run_embed__trained_again_embedded_again(embed, data):
    embed()
    before = vectors_in(data / "w")
    assert not embed(epochs=3).skipped
    assert not np.array_equal(vectors_in(data / "w"), before)


def test_run_embed__batch_size_is_of_the_training(embed, data):
    embed(batch_size=4)
    record = read_record(data / "w" / "encoder.safetensors")
    assert record.options["batch_size"] == record.details["batch_size"] == 4
    assert read_record(data / "w" / "embeddings").options["batch_size"] == 32


def test_run_embed__file_on_the_same_and_on_other_images(embed, data, write_images):
    embed()
    file = data / "w" / "encoder.safetensors"
    embed(f"simclr@{file}", workspace="again", batch_size=32)
    assert np.array_equal(vectors_in(data / "again"), vectors_in(data / "w"))
    write_images(data / "new", ["cat", "dog"] * 2, seed=9)
    embed(f"{OWN}@{file}", images="new/images", manifest="new/manifest.csv", workspace="other")
    assert vectors_in(data / "other").shape == (4, vectors_in(data / "w").shape[1])
    assert not (data / "other" / "encoder.safetensors").exists()


def test_run_embed__unreadable_images_are_quarantined(embed, data, listener):
    (data / "images" / sorted(path.name for path in (data / "images").iterdir())[0]).write_bytes(
        b""
    )
    result = embed()
    assert result.record.details["images_quarantined"] == 1
    assert any(line.endswith("empty file (0 bytes)") for line in listener.said)


def test_run_embed__frozen_is_told_before_the_training(embed, listener):
    embed("hog")
    listener.begun.clear()
    with pytest.raises(WorkspaceError, match=f"encoder was hog, is {OWN}"):
        embed(frozen=True)
    assert listener.begun == []


def test_run_embed__no_such_backbone(embed, data):
    with pytest.raises(InputError, match="found 'resnet-eighteen'"):
        embed("simclr:resnet-eighteen")
    assert not (data / "w" / "embeddings").exists()


@pytest.mark.parametrize(
    ("encoder", "name"),
    [
        ("hog", EncoderName("hog")),
        ("simclr@a.safetensors", EncoderName("simclr", "", "a.safetensors")),
        ("simclr:resnet50@a", EncoderName("simclr", "resnet50", "a")),
        ("simclr", EncoderName("simclr", "", "{w}")),
        ("simclr:resnet50", EncoderName("simclr", "resnet50", "{w}")),
    ],
)
def test_encoder_in__the_workspaces_own_file(tmp_path, encoder, name):
    workspace = open_workspace(tmp_path / "w")
    weights = name.weights.format(w=tmp_path / "w" / "encoder.safetensors")
    assert encoder_in(workspace, encoder) == EncoderName(name.kind, name.model, weights)


def test_run_embed__500_digits_in_a_minute(tmp_path, listener):
    """Three epochs on real images; the loss falls in each."""
    with (SAMPLE / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))[:501]
    (tmp_path / "manifest.csv").write_text("\n".join(map(",".join, rows)) + "\n")
    inputs = EmbedInputs(images=SAMPLE / "images", manifest=tmp_path / "manifest.csv")
    options = EmbedOptions("simclr:resnet10t", "cpu", epochs=3, image_size=8)
    started = time.monotonic()
    result = run_embed(open_workspace(tmp_path / "w"), inputs, options, listener, Rerun())
    assert time.monotonic() - started < 60
    assert result.record.details["images"] == 500
    log = [json.loads(line) for line in (tmp_path / "w" / "simclr.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in log]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] - 0.05
