"""Published weights of CLIP: the activation they want, and how images are prepared for them."""

import json

import numpy as np
import open_clip
import pytest
import torch
from open_clip import pretrained
from safetensors.torch import save_file

from labelfix.encoders import clip
from labelfix.encoders.clip_tags import check_activation, preprocessing_of_file
from labelfix.encoders.registry import EncoderName, EncoderSettings
from labelfix.errors import InputError

MODEL = "labelfix-tiny-siglip"
SIGLIP = {
    "mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5), "interpolation": "bicubic",
    "resize_mode": "squash",
}  # fmt: skip


@pytest.mark.parametrize(
    ("model", "tag"),
    [("ViT-L-14", "openai"), ("ViT-B-32", "laion400m_e32"), ("RN50", "cc12m"),
     ("ViT-H-14", "dfn5b")],
)  # fmt: skip
def test_make__weights_that_want_quick_gelu(model, tag):
    """Refused before anything is downloaded, with the name that would be right."""
    with pytest.raises(InputError) as caught:
        clip.make(EncoderName("clip", model, tag), EncoderSettings())
    assert caught.value.message == (
        f"--encoder clip:{model}@{tag}: expected the model {model}-quickgelu, because these "
        f"weights were trained with QuickGELU, found {model}, which has GELU"
    )
    assert caught.value.hint == f"Write --encoder clip:{model}-quickgelu@{tag}."


def test_check_activation__every_published_tag():
    """Refused is what open_clip's configs tell, and what is named instead is right."""
    refused = 0
    for model, tag in open_clip.list_pretrained():
        wants = bool(open_clip.get_pretrained_cfg(model, tag).get("quick_gelu"))
        has = bool(open_clip.get_model_config(model).get("quick_gelu"))
        name = EncoderName("clip", model, tag)
        if wants and not has:
            refused += 1
            with pytest.raises(InputError):
                check_activation(name)
            check_activation(EncoderName("clip", f"{model}-quickgelu", tag))
        else:
            check_activation(name)
    assert refused > 10


def test_check_activation__open_clip_without_the_right_model(monkeypatch):
    monkeypatch.setattr(open_clip, "list_models", lambda: ["RN50"])
    with pytest.raises(InputError) as caught:
        check_activation(EncoderName("clip", "RN50", "openai"))
    assert caught.value.hint.startswith("This open_clip has no RN50-quickgelu")


@pytest.fixture
def siglip_file(tiny_clip, tmp_path, monkeypatch):
    """Random weights of a model whose published ones are prepared as SigLIP's are."""
    config = json.loads((tiny_clip / "open_clip_config.json").read_text())["model_cfg"]
    folder = tmp_path / "configs"
    folder.mkdir()
    (folder / f"{MODEL}.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder)
    published = {"webli": {"url": "", "hf_hub": "", **SIGLIP}}
    monkeypatch.setitem(pretrained._PRETRAINED, MODEL, published)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = open_clip.create_model(MODEL, load_weights=False)
    path = tmp_path / "siglip.safetensors"
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, path)
    return path


def by_hand(path, pictures, **preprocessing):
    """What open_clip itself gives where it is told how images are prepared."""
    given = {f"image_{name}": value for name, value in preprocessing.items()}
    model, _, prepare = open_clip.create_model_and_transforms(
        MODEL, pretrained=str(path), load_weights=True, **given
    )
    with torch.inference_mode():
        rows = [model.eval().encode_image(prepare(picture)[None])[0] for picture in pictures]
    return torch.stack(rows).numpy()


def vectors_of(path, pictures):
    encoder = clip.make(EncoderName("clip", MODEL, str(path)), EncoderSettings())
    return encoder.encode(np.stack([encoder.prepare(picture) for picture in pictures]))


def test_make__file_is_prepared_as_its_models_published_weights(siglip_file, pictures):
    found = vectors_of(siglip_file, pictures)
    np.testing.assert_allclose(found, by_hand(siglip_file, pictures, **SIGLIP), atol=1e-5, rtol=0)
    assert np.abs(found - by_hand(siglip_file, pictures)).max() > 1e-3  # as open_clip alone has it


def test_make__config_beside_the_file_wins(siglip_file, pictures):
    name = EncoderName("clip", MODEL, str(siglip_file))
    before = clip.fingerprint(name, EncoderSettings())
    own = {"mean": [0.1] * 3, "std": [0.9] * 3, "interpolation": "bilinear", "size": 32}
    config = siglip_file.with_name("open_clip_config.json")
    config.write_text(json.dumps({"model_cfg": {}, "preprocess_cfg": own}))
    del own["size"]
    expected = by_hand(siglip_file, pictures, **own)
    np.testing.assert_allclose(vectors_of(siglip_file, pictures), expected, atol=1e-5, rtol=0)
    assert clip.fingerprint(name, EncoderSettings()) != before


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"preprocess_cfg": 3}'])
def test_make__config_beside_the_file_is_damaged(siglip_file, content):
    config = siglip_file.with_name("open_clip_config.json")
    config.write_text(content)
    with pytest.raises(InputError, match=r"expected a config of open_clip with preprocess_cfg"):
        clip.make(EncoderName("clip", MODEL, str(siglip_file)), EncoderSettings())


def test_preprocessing_of_file__published_weights_differ(tmp_path):
    with pytest.warns(UserWarning, match=r"if w\.safetensors is laion2b_s32b_b82k, put its"):
        found = preprocessing_of_file("ViT-L-14", tmp_path / "w.safetensors")
    assert found["mean"] == pytest.approx([0.48145466, 0.4578275, 0.40821073])


def test_preprocessing_of_file__nothing_published(tmp_path):
    assert preprocessing_of_file("ViT-S-16", tmp_path / "w.safetensors") == {}
