"""CLIP's image tower: the same vectors as open_clip's, and weights that cannot be used."""

import json
import shutil

import numpy as np
import open_clip
import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from labelfix.encoders.clip import make
from labelfix.encoders.registry import EncoderName, EncoderSettings
from labelfix.errors import InputError, WeightsUnavailableError

FLOAT32 = EncoderSettings()
BFLOAT16 = EncoderSettings(precision="bfloat16")


def vectors_of(encoder, images):
    return encoder.encode(np.stack([encoder.prepare(image) for image in images]))


def by_hand(model_name, images, **options):
    """What open_clip itself gives, image by image."""
    model, _, preprocess = open_clip.create_model_and_transforms(model_name, **options)
    with torch.inference_mode():
        rows = [model.eval().encode_image(preprocess(image)[None])[0] for image in images]
    return torch.stack(rows).numpy()


def in_folder(folder):
    return EncoderName("clip", "", str(folder))


@pytest.fixture
def own_folder(tiny_clip, tmp_path):
    """A copy of the tiny CLIP that may be changed."""
    return shutil.copytree(tiny_clip, tmp_path / "own")


@pytest.fixture(scope="session")
def named_clip(tiny_clip, tmp_path_factory):
    """The tiny CLIP as a model that open_clip knows by its name."""
    config = json.loads((tiny_clip / "open_clip_config.json").read_text())["model_cfg"]
    folder = tmp_path_factory.mktemp("configs")
    (folder / "labelfix-tiny.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder / "labelfix-tiny.json")
    return "labelfix-tiny"


def test_make__folder_as_open_clip_reads_it(tiny_clip, pictures):
    encoder = make(in_folder(tiny_clip), FLOAT32)
    assert encoder.dimension == 16
    assert encoder.prepare(pictures[0]).shape == (32, 32, 3)
    expected = by_hand(f"local-dir:{tiny_clip}", pictures)
    np.testing.assert_allclose(vectors_of(encoder, pictures), expected, atol=1e-5, rtol=0)


def test_make__preprocessing_of_the_folder(own_folder, pictures):
    config = json.loads((own_folder / "open_clip_config.json").read_text())
    config["preprocess_cfg"] = {"mean": [0.5] * 3, "std": [0.5] * 3, "resize_mode": "squash"}
    (own_folder / "open_clip_config.json").write_text(json.dumps(config))
    expected = by_hand(f"local-dir:{own_folder}", pictures)
    found = vectors_of(make(in_folder(own_folder), FLOAT32), pictures)
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=0)


def test_make__patches_are_not_dropped(own_folder, pictures):
    expected = vectors_of(make(in_folder(own_folder), FLOAT32), pictures)
    config = json.loads((own_folder / "open_clip_config.json").read_text())
    config["model_cfg"]["vision_cfg"]["patch_dropout"] = 0.5  # while it is trained
    (own_folder / "open_clip_config.json").write_text(json.dumps(config))
    found = vectors_of(make(in_folder(own_folder), FLOAT32), pictures)
    assert found.tobytes() == expected.tobytes()


def test_make__model_and_file(tiny_clip, named_clip, pictures, tmp_path):
    file = shutil.copy(tiny_clip / "open_clip_model.safetensors", tmp_path)  # its config is not
    encoder = make(EncoderName("clip", named_clip, str(file)), FLOAT32)
    expected = by_hand(named_clip, pictures, pretrained=str(file))
    np.testing.assert_allclose(vectors_of(encoder, pictures), expected, atol=1e-5, rtol=0)


def test_make__bfloat16_is_close(tiny_clip, pictures, cosine):
    exact = vectors_of(make(in_folder(tiny_clip), FLOAT32), pictures)
    rough = vectors_of(make(in_folder(tiny_clip), BFLOAT16), pictures)
    assert cosine(exact, rough).min() >= 0.99
    assert rough.tobytes() != exact.tobytes()


def test_make__coca_gives_one_vector_per_image(own_folder, pictures):
    """Its image tower gives the vectors of all patches beside the image's own."""
    config = json.loads((own_folder / "open_clip_config.json").read_text())
    model = config["model_cfg"]
    model["vision_cfg"] |= {"output_tokens": True, "attentional_pool": True, "attn_pooler_heads": 2}
    model["text_cfg"] |= {"output_tokens": True, "embed_cls": True}
    model["multimodal_cfg"] = {
        "context_length": 8, "vocab_size": 64, "width": 16, "heads": 2, "layers": 1,
        "attn_pooler_heads": 2,
    }  # fmt: skip
    model["custom_text"] = True
    (own_folder / "open_clip_config.json").write_text(json.dumps(config))
    coca = open_clip.create_model(f"local-dir:{own_folder}", load_weights=False)
    assert isinstance(coca, open_clip.CoCa)
    save_file(coca.state_dict(), own_folder / "open_clip_model.safetensors")
    encoder = make(in_folder(own_folder), FLOAT32)
    assert encoder.dimension == 16
    expected = by_hand(f"local-dir:{own_folder}", pictures)  # scaled to length 1
    found = vectors_of(encoder, pictures)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=0)


def test_make__pickled_weights_beside_the_safetensors(own_folder, pictures, acting_pickle):
    """open_clip would choose the pickle by its name."""
    data, trace = acting_pickle
    expected = vectors_of(make(in_folder(own_folder), FLOAT32), pictures)
    (own_folder / "open_clip_model.safetensors").rename(own_folder / "mine.safetensors")
    (own_folder / "open_clip_pytorch_model.bin").write_bytes(data)
    found = vectors_of(make(in_folder(own_folder), FLOAT32), pictures)
    assert found.tobytes() == expected.tobytes()
    assert not trace.exists()


@pytest.mark.parametrize("ending", ["pt", "bin", "ckpt", "pth", "pkl", "SAFETENSORS"])
def test_make__pickled_weights(named_clip, tmp_path, acting_pickle, ending):
    data, trace = acting_pickle
    file = tmp_path / f"weights.{ending}"
    file.write_bytes(data)
    with pytest.raises(InputError, match=r"a pickled file can run any code .* was not opened"):
        make(EncoderName("clip", named_clip, str(file)), FLOAT32)
    assert not trace.exists()


def test_make__pickle_named_safetensors(named_clip, tmp_path, acting_pickle):
    data, trace = acting_pickle
    file = tmp_path / "weights.safetensors"
    file.write_bytes(data)
    with pytest.raises(InputError, match=f"{file}: the weights do not fit {named_clip}: "):
        make(EncoderName("clip", named_clip, str(file)), FLOAT32)
    assert not trace.exists()


@pytest.mark.parametrize("kept", [0, 5, 1000, -1])
def test_make__truncated_weights(own_folder, kept):
    file = own_folder / "open_clip_model.safetensors"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(InputError) as caught:
        make(in_folder(own_folder), FLOAT32)
    assert caught.value.message.startswith(f"{own_folder}: the weights do not fit their config: ")


def test_make__weight_is_missing(own_folder):
    file = own_folder / "open_clip_model.safetensors"
    tensors = load_file(file)
    del tensors["visual.proj"]
    save_file(tensors, file)
    with pytest.raises(InputError, match="the weights do not fit their config"):
        make(in_folder(own_folder), FLOAT32)


def test_make__weights_of_another_model(named_clip, tiny_timm):
    with pytest.raises(InputError) as caught:
        make(EncoderName("clip", named_clip, str(tiny_timm)), FLOAT32)
    assert caught.value.message.startswith(f"{tiny_timm}: the weights do not fit {named_clip}: ")
    assert caught.value.hint == ("Name the model that was trained: clip:MODEL@WEIGHTS.")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            EncoderName("clip", "ViT-B-33", "openai"),
            "--encoder clip:ViT-B-33@openai: open_clip knows no model 'ViT-B-33'",
        ),
        (
            EncoderName("clip", "ViT-B-32", "laion3b"),
            "--encoder clip:ViT-B-32@laion3b: ViT-B-32 has no weights 'laion3b'",
        ),
        (
            EncoderName("clip", "ViT-B-32"),
            "--encoder clip:ViT-B-32: expected weights after an @, found none",
        ),
    ],
)
def test_make__name_that_open_clip_does_not_know(name, message):
    with pytest.raises(InputError) as caught:
        make(name, FLOAT32)
    assert caught.value.message == message
    assert "ViT-B-32" in caught.value.hint or "laion2b_s34b_b79k" in caught.value.hint


def test_make__file_without_a_model(tiny_clip):
    file = tiny_clip / "open_clip_model.safetensors"
    with pytest.raises(InputError) as caught:
        make(EncoderName("clip", "", str(file)), FLOAT32)
    assert caught.value.message == f"--encoder clip:@{file}: expected a model, found none"


def test_make__folder_without_a_config(own_folder):
    (own_folder / "open_clip_config.json").unlink()
    with pytest.raises(InputError, match="a folder needs none where it has an open_clip_config"):
        make(in_folder(own_folder), FLOAT32)


@pytest.fixture
def nothing_downloaded(tmp_path, monkeypatch):
    """A hub that is not reached, and an empty cache of it."""
    assert constants.HF_HUB_OFFLINE
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.mark.parametrize(
    "name", [EncoderName("clip"), EncoderName("clip", "RN50-quickgelu", "openai")]
)
def test_make__weights_cannot_be_had(nothing_downloaded, name):
    with pytest.raises(WeightsUnavailableError) as caught:
        make(name, FLOAT32)
    model = name.model or "ViT-B-32"
    weights = name.weights or "laion2b_s34b_b79k"
    assert caught.value.message.startswith(
        f"the weights of clip:{model}@{weights} could not be loaded: "
    )
    assert caught.value.hint.splitlines() == [
        "Three ways out:",
        f"  1. a local file: --encoder clip:{model}@/path/to/weights.safetensors",
        "  2. other embeddings: --encoder timm:MODEL@weights.safetensors "
        "or --encoder precomputed:FILE.npy",
        "  3. no weights at all: --encoder hog",
    ]


def test_embed__weights_cannot_be_had(nothing_downloaded, labelfix, write_images, tmp_path):
    """No other encoder is taken, and nothing is left that looks like embeddings."""
    manifest = write_images(tmp_path / "data", ["a", "b"])
    outcome = labelfix("embed", tmp_path / "data" / "images", manifest)
    assert outcome.code == 2
    assert outcome.stdout == ""
    for way in ("1. a local file", "2. other embeddings", "3. no weights at all: --encoder hog"):
        assert way in outcome.stderr
    assert sorted(path.name for path in (tmp_path / ".labelfix").iterdir()) == [
        ".gitignore",
        "lock",
        "workspace.json",
    ]
