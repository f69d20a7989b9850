"""The encoder in the workspace: made once, made again when something changed, never half made."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from labelfix.data.image_paths import stat_lines
from labelfix.data.records import Rerun, RowCounts, record_path
from labelfix.data.workspace import open_workspace
from labelfix.encoders.registry import EncoderName, EncoderSettings, make_encoder
from labelfix.errors import InputError, WorkspaceError
from labelfix.images.pixels import ImagesToLearn
from labelfix.options.simclr_options import SimclrOptions
from labelfix.runtime.progress import Silent
from labelfix.simclr import stage
from labelfix.simclr.stage import run_simclr

from .conftest import Killed, Killer, striped

NAMES = [f"{row}.png" for row in range(12)]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "images"
    made.mkdir()
    for name, pixels in zip(NAMES, striped(len(NAMES)), strict=True):
        Image.fromarray(pixels.transpose(1, 2, 0)).save(made / name)
    return made


@pytest.fixture
def workspace(tmp_path):
    return open_workspace(tmp_path / "w")


@pytest.fixture
def train(folder, workspace, tiny_options, listener):
    """Run the stage; options by name."""

    def run(*, progress=listener, rerun=None, agreement=None, names=NAMES, **options):
        images = ImagesToLearn(names, folder, stat_lines(names, folder))
        rerun = rerun or Rerun()
        return run_simclr(workspace, images, tiny_options(**options), progress, rerun, agreement)

    return run


@pytest.mark.slow
def test_run_simclr__encoder_and_record(train, workspace, listener):
    result = train(agreement=lambda images, features: 0.5)
    record = result.record
    assert not result.skipped
    assert (record.stage, record.seed, record.rows) == ("simclr", 0, RowCounts(rows_in=12, used=12))
    log = [json.loads(line) for line in workspace.simclr_log.read_text().splitlines()]
    assert [line["epoch"] for line in log] == [1, 2, 3]
    assert record.details == {
        "images": 12, "batch_size": 6, "steps": 6, "precision": "float32", "image_size": 16,
        "loss": log[-1]["loss"], "agreement": 0.5,
    }  # fmt: skip
    assert record.options["backbone"] == "test_resnet"
    assert not {"seed", "workers", "agreement_rows", "checkpoint_s"} & set(record.options)
    assert listener.begun == [("reading images", 12, 0), ("SimCLR", 36, 0)]
    assert listener.said[-1].startswith("trained test_resnet on 12 images in ")
    assert not workspace.encoder_checkpoint.exists()
    with safe_open(workspace.encoder, framework="pt") as file:
        about = json.loads(file.metadata()["labelfix_encoder"])
        assert {file.get_tensor(name).dtype for name in file.keys()} >= {torch.float32}  # noqa: SIM118
    assert about["training"]["options"] == record.options
    assert about["image_size"] == 16


@pytest.mark.slow
def test_run_simclr__encoder_can_be_used(train, workspace, folder):
    train()
    name = EncoderName("simclr", "", str(workspace.encoder))
    encoder = make_encoder(name, EncoderSettings())
    with Image.open(folder / NAMES[0]) as image:
        vectors = encoder.encode(encoder.prepare(image.convert("RGB"))[None])
    assert vectors.shape == (1, encoder.dimension)
    assert np.isfinite(vectors).all()


@pytest.mark.slow
def test_run_simclr__up_to_date_is_skipped(train, listener):
    first = train()
    listener.begun.clear()
    again = train(workers=3, checkpoint_s=9.0, agreement_epochs=1, rerun=Rerun(frozen=True))
    assert again.skipped
    assert again.record == first.record
    assert listener.begun == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        ({"epochs": 2}, "epochs was 3, is 2"),
        ({"seed": 4}, "seed was 0, is 4"),
        ({"image_size": 24}, "image size was not set, is 24"),
        ({"batch_size": 4}, "batch size was 8, is 4"),
        ({"names": NAMES[:11]}, "images changed"),
    ],
)
def test_run_simclr__something_else(train, workspace, listener, changed, difference):
    train()
    before = workspace.encoder.read_bytes()
    with pytest.raises(WorkspaceError, match=f"--frozen: .* is out of date: {difference}"):
        train(rerun=Rerun(frozen=True), **changed)
    assert workspace.encoder.read_bytes() == before
    assert not train(**changed).skipped
    assert (
        f"{difference[:1].upper()}{difference[1:]}; making encoder.safetensors again"
        in listener.said
    )
    assert workspace.encoder.read_bytes() != before


@pytest.mark.slow
def test_run_simclr__forced_gives_the_same_bytes(train, workspace):
    train()
    before = workspace.encoder.read_bytes()
    assert not train(rerun=Rerun(force=True)).skipped
    assert workspace.encoder.read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut", "lost"])
def test_run_simclr__damaged_encoder_is_made_again(train, workspace, damage):
    train()
    before = workspace.encoder.read_bytes()
    workspace.encoder.unlink()
    if damage == "cut":
        workspace.encoder.write_bytes(before[:-1])
    assert not train().skipped
    assert workspace.encoder.read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("killed_after", [1, 4])
def test_run_simclr__killed_and_gone_on(train, workspace, listener, killed_after):
    """Two steps of 6 images make an epoch."""
    train(progress=Silent())
    whole, log = workspace.encoder.read_bytes(), workspace.simclr_log.read_text()
    for path in (workspace.encoder, record_path(workspace.encoder), workspace.simclr_log):
        path.unlink()
    with pytest.raises(Killed):
        train(progress=Killer(6 * killed_after + 1))
    assert not workspace.encoder.exists()
    train()
    assert f"continuing after step {killed_after} of an earlier run" in listener.said
    assert workspace.encoder.read_bytes() == whole
    epochs = [json.loads(line)["epoch"] for line in workspace.simclr_log.read_text().splitlines()]
    assert epochs == [1, 2, 3]
    assert (
        json.loads(log.splitlines()[-1])["loss"]
        == json.loads(workspace.simclr_log.read_text().splitlines()[-1])["loss"]
    )


@pytest.mark.slow
@pytest.mark.parametrize(("rerun", "options"), [(Rerun(force=True), {}), (Rerun(), {"seed": 1})])
def test_run_simclr__checkpoint_of_another_run_is_left(train, workspace, listener, rerun, options):
    with pytest.raises(Killed):
        train(progress=Killer(13))
    assert workspace.encoder_checkpoint.exists()
    train(rerun=rerun, **options)
    assert listener.begun[-1] == ("SimCLR", 36, 0)


def test_run_simclr__unreadable_images_are_left_out(train, folder, listener):
    (folder / NAMES[0]).write_bytes(b"")
    (folder / NAMES[5]).write_bytes(b"no image")
    result = train()
    assert result.record.rows == RowCounts(rows_in=12, used=10, quarantined=2)
    assert result.record.details["images"] == 10
    assert "2 unreadable images are not used in training" in listener.said


def test_run_simclr__next_to_nothing_readable(train, folder):
    for name in NAMES[1:]:
        (folder / name).write_bytes(b"")
    message = r"expected at least 2 images that can be read, found 1 of 12; 1\.png: empty file"
    with pytest.raises(InputError, match=message):
        train()


def test_run_simclr__gpu_too_small(train, monkeypatch):
    def full(*_, **__):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(stage, "train_encoder", full)
    message = "a batch of 6 images of 16 x 16 pixels does not fit in the memory of the cpu device"
    with pytest.raises(InputError, match=message) as caught:
        train()
    assert "--batch-size" in caught.value.hint


def test_run_simclr__options_that_are_not_of_the_result_are_options():
    assert set(stage.NOT_OF_THE_RESULT) <= set(SimclrOptions.__dataclass_fields__)
