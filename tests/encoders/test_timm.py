"""timm's backbones: the same vectors as timm's, and weights that cannot be used."""

import numpy as np
import pytest
import timm
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from labelfix.encoders.registry import EncoderName, EncoderSettings
from labelfix.encoders.timm import make
from labelfix.errors import InputError, WeightsUnavailableError

FLOAT32 = EncoderSettings()
BFLOAT16 = EncoderSettings(precision="bfloat16")
MODEL = "test_vit"


def vectors_of(encoder, images):
    return encoder.encode(np.stack([encoder.prepare(image) for image in images]))


def by_hand(weights, images, name=MODEL):
    """What timm itself gives, image by image."""
    model = timm.create_model(name)
    model.load_state_dict(load_file(weights))
    model.reset_classifier(0)
    config = timm.data.resolve_model_data_config(model)
    preprocess = timm.data.create_transform(**config, is_training=False)
    with torch.inference_mode():
        return torch.cat([model.eval()(preprocess(image)[None]) for image in images]).numpy()


def test_make__pooled_features_as_timm_gives_them(tiny_timm, pictures):
    encoder = make(EncoderName("timm", MODEL, str(tiny_timm)), FLOAT32)
    assert encoder.dimension == 64
    found = vectors_of(encoder, pictures)
    np.testing.assert_allclose(found, by_hand(tiny_timm, pictures), atol=1e-5, rtol=0)


def test_make__batch_norm_is_not_trained(tmp_path, pictures):
    save_file(timm.create_model("test_resnet").state_dict(), tmp_path / "own.safetensors")
    encoder = make(EncoderName("timm", "test_resnet", str(tmp_path / "own.safetensors")), FLOAT32)
    expected = by_hand(tmp_path / "own.safetensors", pictures, "test_resnet")
    np.testing.assert_allclose(vectors_of(encoder, pictures), expected, atol=1e-5, rtol=0)


def test_make__folder_with_one_file(tiny_timm, pictures):
    file = make(EncoderName("timm", MODEL, str(tiny_timm)), FLOAT32)
    folder = make(EncoderName("timm", MODEL, str(tiny_timm.parent)), FLOAT32)
    assert vectors_of(folder, pictures).tobytes() == vectors_of(file, pictures).tobytes()


def test_make__bfloat16_is_close(tiny_timm, pictures, cosine):
    name = EncoderName("timm", MODEL, str(tiny_timm))
    exact = vectors_of(make(name, FLOAT32), pictures)
    rough = vectors_of(make(name, BFLOAT16), pictures)
    assert cosine(exact, rough).min() >= 0.99
    assert rough.tobytes() != exact.tobytes()


@pytest.mark.parametrize("classes", [0, 7])
def test_make__classifier_of_any_size_is_left_out(tiny_timm, tmp_path, pictures, classes):
    """A backbone that was trained further has other classes, or none."""
    tensors = {name: tensor for name, tensor in load_file(tiny_timm).items() if "head." not in name}
    if classes:
        tensors["head.weight"] = torch.ones(classes, 64)
        tensors["head.bias"] = torch.ones(classes)
    save_file(tensors, tmp_path / "own.safetensors")
    encoder = make(EncoderName("timm", MODEL, str(tmp_path / "own.safetensors")), FLOAT32)
    expected = make(EncoderName("timm", MODEL, str(tiny_timm)), FLOAT32)
    assert vectors_of(encoder, pictures).tobytes() == vectors_of(expected, pictures).tobytes()


@pytest.mark.parametrize("model", ["test_resnet", "test_convnext", "test_vit2"])
def test_make__weights_of_another_model(tiny_timm, model):
    """timm would leave what does not fit at random values, and say nothing."""
    with pytest.raises(InputError) as caught:
        make(EncoderName("timm", model, str(tiny_timm)), FLOAT32)
    assert caught.value.message.startswith(f"{tiny_timm}: the weights do not fit {model}: ")
    assert caught.value.hint == "Name the model that was trained: timm:MODEL@WEIGHTS."


@pytest.mark.parametrize("missing", ["pos_embed", "blocks.3.mlp.fc1.weight", "norm.bias"])
@pytest.mark.parametrize("has_classifier", [True, False])
def test_make__weight_is_missing(tiny_timm, tmp_path, missing, has_classifier):
    tensors = {
        name: tensor
        for name, tensor in load_file(tiny_timm).items()
        if name != missing and (has_classifier or "head." not in name)
    }
    save_file(tensors, tmp_path / "own.safetensors")
    with pytest.raises(InputError, match=f"the weights do not fit {MODEL}"):
        make(EncoderName("timm", MODEL, str(tmp_path / "own.safetensors")), FLOAT32)


@pytest.mark.parametrize("kept", [0, 5, 1000, -1])
def test_make__truncated_weights(tiny_timm, tmp_path, kept):
    file = tmp_path / "own.safetensors"
    file.write_bytes(tiny_timm.read_bytes()[:kept])
    with pytest.raises(InputError, match=f"{file}: the weights do not fit {MODEL}"):
        make(EncoderName("timm", MODEL, str(file)), FLOAT32)


@pytest.mark.parametrize("ending", ["pt", "bin", "SAFETENSORS"])
def test_make__pickled_weights(tmp_path, acting_pickle, ending):
    data, trace = acting_pickle
    file = tmp_path / f"weights.{ending}"
    file.write_bytes(data)
    with pytest.raises(InputError, match=r"a pickled file can run any code .* was not opened"):
        make(EncoderName("timm", MODEL, str(file)), FLOAT32)
    assert not trace.exists()


def test_make__pickle_named_safetensors(tmp_path, acting_pickle):
    data, trace = acting_pickle
    file = tmp_path / "weights.safetensors"
    file.write_bytes(data)
    with pytest.raises(InputError, match="the weights do not fit"):
        make(EncoderName("timm", MODEL, str(file)), FLOAT32)
    assert not trace.exists()


@pytest.mark.parametrize("model", ["", "resnet-fifty"])
def test_make__no_such_model(model):
    name = EncoderName("timm", model)
    with pytest.raises(InputError) as caught:
        make(name, FLOAT32)
    assert caught.value.message == f"--encoder {name}: timm knows no model {model!r}"


def test_make__tag_in_place_of_a_file():
    with pytest.raises(InputError) as caught:
        make(EncoderName("timm", "resnet50", "a1_in1k"), FLOAT32)
    assert caught.value.message == (
        "--encoder timm:resnet50@a1_in1k: expected a .safetensors file after the @, found 'a1_in1k'"
    )
    assert caught.value.hint == "Write a tag with a dot instead: timm:resnet50.a1_in1k."


def test_make__weights_cannot_be_had(tmp_path, monkeypatch):
    assert constants.HF_HUB_OFFLINE
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(WeightsUnavailableError) as caught:
        make(EncoderName("timm", "test_vit.r160_in1k"), FLOAT32)
    assert caught.value.message.startswith("the weights of timm:test_vit.r160_in1k could not be ")
    assert [line[:4] for line in caught.value.hint.splitlines()[1:]] == ["  1.", "  2.", "  3."]
    assert caught.value.exit_code == 2
