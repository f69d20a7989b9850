"""Names of encoders."""

import pytest

from labelfix.encoders.encoder import EncoderName, parse_encoder
from labelfix.errors import InputError
from labelfix.options.embed_options import EmbedOptions

NAMES = {
    "hog": EncoderName("hog"),
    "clip": EncoderName("clip"),
    "clip:ViT-B-32": EncoderName("clip", "ViT-B-32"),
    "clip:ViT-B-32@laion2b_s34b_b79k": EncoderName("clip", "ViT-B-32", "laion2b_s34b_b79k"),
    "clip:@/models/b32": EncoderName("clip", "", "/models/b32"),
    "clip:ViT-B-32@C:/me@home/w.safetensors": EncoderName(
        "clip", "ViT-B-32", "C:/me@home/w.safetensors"
    ),
    "timm:resnet50.a1_in1k": EncoderName("timm", "resnet50.a1_in1k"),
    "simclr": EncoderName("simclr"),
    "simclr:resnet50": EncoderName("simclr", "resnet50"),
    "simclr:resnet50@w/encoder.safetensors": EncoderName(
        "simclr", "resnet50", "w/encoder.safetensors"
    ),
    "simclr@C:/me@home/a:b.safetensors": EncoderName("simclr", "", "C:/me@home/a:b.safetensors"),
    "precomputed:/me@home/a:b.npy": EncoderName("precomputed", "/me@home/a:b.npy"),
}


@pytest.mark.parametrize(("text", "name"), NAMES.items())
def test_parse_encoder__known_forms(text, name):
    assert parse_encoder(text) == name


@pytest.mark.parametrize("text", [*NAMES, EmbedOptions.encoder])
def test_encoder_name__as_the_user_wrote_it(text):
    assert str(parse_encoder(text)) == text


@pytest.mark.parametrize("text", ["", ":ViT-B-32", ":"])
def test_parse_encoder__no_kind(text):
    with pytest.raises(InputError) as caught:
        parse_encoder(text)
    assert caught.value.message == f"--encoder: expected KIND[:MODEL[@WEIGHTS]], found {text!r}"
