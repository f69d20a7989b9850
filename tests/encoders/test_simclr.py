"""Encoders that labelfix trained: what they make of an image, and which files are refused."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from labelfix.encoders.network import make_backbone
from labelfix.encoders.registry import EncoderName, EncoderSettings
from labelfix.encoders.simclr import METADATA, TrainedEncoder, fingerprint, make, save_encoder
from labelfix.errors import InputError
from labelfix.images.pixels import square

SETTINGS = EncoderSettings()
MODEL = "test_resnet"


def named(path, model=""):
    return EncoderName("simclr", model, str(path))


def test_make__as_the_backbone_by_hand(tiny_simclr, pictures):
    """Square, scaled by the mean and the deviation that the file has, and pooled."""
    encoder = make(named(tiny_simclr), SETTINGS)
    backbone = make_backbone(MODEL, 16, seed=1).eval()
    pixels = np.stack([square(picture, 16) for picture in pictures])
    assert (np.stack([encoder.prepare(picture) for picture in pictures]) == pixels).all()
    scaled = (pixels / 255 - [0.5, 0.4, 0.3]) / [0.2, 0.3, 0.4]
    with torch.inference_mode():
        expected = backbone(torch.from_numpy(scaled).permute(0, 3, 1, 2).float()).numpy()
    assert encoder.encode(pixels) == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert encoder.dimension == expected.shape[1]


@pytest.mark.parametrize("model", ["", MODEL])
def test_make__backbone_named_or_not(tiny_simclr, pictures, model):
    encoder = make(named(tiny_simclr, model), SETTINGS)
    assert encoder.encode(encoder.prepare(pictures[0])[None]).shape == (1, encoder.dimension)


def test_make__another_backbone(tiny_simclr):
    with pytest.raises(InputError) as caught:
        make(named(tiny_simclr, "resnet50"), SETTINGS)
    assert caught.value.message == (
        f"--encoder simclr:resnet50@{tiny_simclr}: expected the weights of resnet50, found {MODEL}"
    )
    assert caught.value.hint == f"Leave the backbone out: --encoder simclr@{tiny_simclr}."


def test_save_encoder__same_bytes_each_time(tmp_path):
    about = TrainedEncoder(
        backbone=MODEL, image_size=16, mean=(0.5,) * 3, std=(0.2,) * 3, training={"b": 1, "a": 2}
    )
    backbone = make_backbone(MODEL, 16, seed=0, channels_last=True)
    for name in ("one", "other"):
        save_encoder(tmp_path / name, backbone, about)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    loaded = load_file(tmp_path / "one")
    assert all(torch.equal(loaded[name], value) for name, value in backbone.state_dict().items())


@pytest.mark.parametrize("function", [fingerprint, make])
@pytest.mark.parametrize(("weights", "found"), [("", "nothing"), ("laion", "'laion'")])
def test_simclr__no_file(function, weights, found, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = EncoderName("simclr", "resnet18", weights)
    with pytest.raises(InputError) as caught:
        function(name, SETTINGS)
    assert caught.value.message == (
        f"--encoder {name}: expected a .safetensors file after the @, found {found}"
    )


@pytest.mark.parametrize("kept", [0, 5, 1000, -1])
def test_make__cut_file(tiny_simclr, tmp_path, kept):
    path = tmp_path / "cut.safetensors"
    path.write_bytes(tiny_simclr.read_bytes()[:kept])
    with pytest.raises(InputError, match="expected an encoder that labelfix trained"):
        make(named(path), SETTINGS)


@pytest.mark.parametrize(
    "metadata", [None, {METADATA: "{}"}, {METADATA: "no JSON"}, {METADATA: "[]"}]
)
def test_make__weights_of_something_else(tiny_timm, tmp_path, metadata):
    path = tmp_path / "other.safetensors"
    save_file(load_file(tiny_timm), path, metadata)
    with pytest.raises(InputError, match="found another or a damaged file") as caught:
        make(named(path), SETTINGS)
    assert "--encoder timm:MODEL@FILE" in caught.value.hint


def test_make__weights_that_do_not_fit_their_backbone(tiny_simclr, tmp_path):
    path = tmp_path / "other.safetensors"
    with safe_open(tiny_simclr, framework="pt") as file:
        metadata = file.metadata()
    tensors = load_file(tiny_simclr)
    tensors.pop("conv1.weight")
    save_file(tensors, path, metadata)
    with pytest.raises(InputError, match=f"{path}: the weights do not fit"):
        make(named(path), SETTINGS)


def test_make__pickled_weights(tmp_path, acting_pickle):
    data, trace = acting_pickle
    for ending in ("pt", "safetensors"):
        path = tmp_path / f"weights.{ending}"
        path.write_bytes(data)
        with pytest.raises(InputError):
            make(named(path), SETTINGS)
    assert not trace.exists()


def test_make__very_thin_image(tiny_simclr):
    encoder = make(named(tiny_simclr), SETTINGS)
    assert encoder.prepare(Image.new("RGB", (150, 1))).shape == (16, 16, 3)


@pytest.mark.slow
def test_simclr__without_faiss_and_open_clip(tmp_path):
    """Benchmarks train on machines that have neither."""
    code = f"""
import sys
for name in ("faiss", "open_clip"):
    sys.modules[name] = None  # an import of it fails
import numpy as np
from pathlib import Path
from labelfix.options.simclr_options import SimclrOptions
from labelfix.encoders.registry import EncoderSettings, make_encoder, parse_encoder
from labelfix.encoders.simclr import save_encoder
from labelfix.images.pixels import Pixels
from labelfix.runtime.progress import Silent
from labelfix.simclr import epoch_reports, stage
from labelfix.simclr.training import train_encoder
values = np.random.default_rng(0).integers(0, 256, (4, 3, 8, 8), dtype=np.uint8)
pixels = Pixels(images=list("abcd"), values=values)
options = SimclrOptions(backbone={MODEL!r}, device="cpu", epochs=1)
save_encoder(Path("e.safetensors"), *train_encoder(pixels, options, Silent()))
encoder = make_encoder(parse_encoder("simclr@e.safetensors"), EncoderSettings())
sys.stdout.write(str(encoder.encode(values.transpose(0, 2, 3, 1)).shape))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("(4, ")
