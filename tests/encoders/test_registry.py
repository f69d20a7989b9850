import shutil

import numpy as np
import pytest
from PIL import Image

from labelfix.config import EmbedOptions
from labelfix.encoders.registry import (
    ENCODERS,
    EncoderName,
    EncoderSettings,
    ImageEncoder,
    VectorSource,
    encoder_fingerprint,
    make_encoder,
    parse_encoder,
)
from labelfix.errors import InputError

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


ROWS = ("a.png", "b.png", "c.png")
NETWORKS = ("clip", "timm", "simclr")
IMAGE_ENCODERS = [kind for kind in ENCODERS if kind != "precomputed"]


@pytest.fixture
def weights(tmp_path, tiny_clip, tiny_timm, tiny_simclr):
    """The files that an encoder reads, by kind; the tests may change them."""
    shutil.copytree(tiny_clip, tmp_path / "clip")
    shutil.copy(tiny_timm, tmp_path / "timm.safetensors")
    np.save(tmp_path / "vectors.npy", np.eye(3, 4, dtype=np.float32))
    shutil.copy(tiny_simclr, tmp_path / "simclr.safetensors")
    return {
        "clip": tmp_path / "clip" / "open_clip_model.safetensors",
        "timm": tmp_path / "timm.safetensors",
        "precomputed": tmp_path / "vectors.npy",
        "simclr": tmp_path / "simclr.safetensors",
    }


@pytest.fixture
def names(weights):
    """A name for every kind of encoder; a new kind needs a line here."""
    known = {
        "clip": EncoderName("clip", "", str(weights["clip"].parent)),
        "timm": EncoderName("timm", "test_vit", str(weights["timm"])),
        "hog": EncoderName("hog"),
        "precomputed": EncoderName("precomputed", str(weights["precomputed"])),
        "simclr": EncoderName("simclr", "", str(weights["simclr"])),
    }
    assert list(known) == list(ENCODERS)
    return known


def prepared(encoder, images):
    return np.stack([encoder.prepare(image) for image in images])


@pytest.mark.parametrize("kind", ENCODERS)
def test_make_encoder__is_one_of_the_two(kind, names):
    encoder = make_encoder(names[kind], EncoderSettings(rows=ROWS))
    assert isinstance(encoder, ImageEncoder) != isinstance(encoder, VectorSource)
    assert isinstance(encoder, ImageEncoder) == (kind in IMAGE_ENCODERS)
    assert encoder.dimension > 0


@pytest.mark.parametrize("kind", IMAGE_ENCODERS)
def test_prepare__every_image_to_one_shape(kind, names, pictures):
    encoder = make_encoder(names[kind], EncoderSettings())
    shapes = {encoder.prepare(image).shape for image in pictures}
    assert len(shapes) == 1
    height, width, bands = shapes.pop()
    assert (height, bands) == (width, 3)
    assert all(encoder.prepare(image).dtype == np.uint8 for image in pictures)


@pytest.mark.parametrize("kind", IMAGE_ENCODERS)
def test_prepare__leaves_the_image_as_it_is(kind, names, pictures):
    encoder = make_encoder(names[kind], EncoderSettings())
    before = [image.tobytes() for image in pictures]
    prepared(encoder, pictures)
    assert [image.tobytes() for image in pictures] == before


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", IMAGE_ENCODERS)
def test_encode__finite_float32_of_the_dimension(kind, names, pictures, precision):
    encoder = make_encoder(names[kind], EncoderSettings(precision=precision))
    vectors = encoder.encode(prepared(encoder, pictures))
    assert vectors.shape == (len(pictures), encoder.dimension)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert (np.linalg.norm(vectors, axis=1) > 0).all()
    assert encoder.precision == (precision if kind in NETWORKS else "float32")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", IMAGE_ENCODERS)
def test_encode__same_image_same_bits(kind, names, pictures, precision):
    """Whatever else is in the batch, and in another process' encoder too."""
    settings = EncoderSettings(precision=precision)
    encoder = make_encoder(names[kind], settings)
    batch = prepared(encoder, pictures)
    vectors = encoder.encode(batch)
    others = np.concatenate([batch[:1], 255 - batch[1:]])
    assert encoder.encode(others)[0].tobytes() == vectors[0].tobytes()
    again = make_encoder(names[kind], settings)
    assert again.encode(prepared(again, pictures)).tobytes() == vectors.tobytes()


@pytest.mark.parametrize("kind", IMAGE_ENCODERS)
def test_encode__different_images_different_vectors(kind, names, pictures):
    encoder = make_encoder(names[kind], EncoderSettings())
    vectors = encoder.encode(prepared(encoder, pictures))
    assert len({vector.tobytes() for vector in vectors}) == len(pictures)


@pytest.mark.parametrize("kind", IMAGE_ENCODERS)
def test_encode__black_image_as_in_a_filled_up_batch(kind, names):
    encoder = make_encoder(names[kind], EncoderSettings())
    pixels = encoder.prepare(Image.new("RGB", (9, 9)))
    assert np.isfinite(encoder.encode(np.zeros_like(pixels)[None])).all()


def test_vectors__of_the_images_asked_for(names):
    source = make_encoder(names["precomputed"], EncoderSettings(rows=ROWS))
    assert source.dimension == 4
    assert source.vectors(["c.png", "a.png"]).tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]


@pytest.mark.parametrize("kind", ENCODERS)
def test_encoder_fingerprint__same_encoder(kind, names):
    settings = EncoderSettings(rows=ROWS)
    fingerprint = encoder_fingerprint(names[kind], settings)
    assert len(fingerprint) == 64
    assert encoder_fingerprint(names[kind], EncoderSettings(rows=list(ROWS))) == fingerprint


def test_encoder_fingerprint__different_encoders(names):
    settings = EncoderSettings(rows=ROWS)
    fingerprints = {encoder_fingerprint(name, settings) for name in names.values()}
    assert len(fingerprints) == len(ENCODERS)


@pytest.mark.parametrize("kind", [kind for kind in ENCODERS if kind != "hog"])
def test_encoder_fingerprint__weights_changed(kind, names, weights):
    settings = EncoderSettings(rows=ROWS)
    before = encoder_fingerprint(names[kind], settings)
    content = bytearray(weights[kind].read_bytes())
    content[-1] ^= 1
    weights[kind].write_bytes(content)
    assert encoder_fingerprint(names[kind], settings) != before


@pytest.mark.parametrize("kind", NETWORKS)
def test_encoder_fingerprint__another_precision(kind, names):
    fingerprints = {
        encoder_fingerprint(names[kind], EncoderSettings(precision=precision))
        for precision in ("float32", "bfloat16")
    }
    assert len(fingerprints) == 2


def test_encoder_fingerprint__preprocessing_changed(names, weights):
    before = encoder_fingerprint(names["clip"], EncoderSettings())
    config = weights["clip"].with_name("open_clip_config.json")
    config.write_text(config.read_text().replace("0.48", "0.5"))
    assert encoder_fingerprint(names["clip"], EncoderSettings()) != before


def test_encoder_fingerprint__same_weights_at_another_place(names, weights, tmp_path):
    before = encoder_fingerprint(names["timm"], EncoderSettings())
    moved = weights["timm"].rename(tmp_path / "moved.safetensors")
    name = EncoderName("timm", "test_vit", str(moved))
    assert encoder_fingerprint(name, EncoderSettings()) == before


def test_encoder_fingerprint__clip_alone_is_the_default():
    settings = EncoderSettings()
    default = encoder_fingerprint(parse_encoder(EmbedOptions.encoder), settings)
    assert encoder_fingerprint(EncoderName("clip"), settings) == default
    other_tag = parse_encoder("clip:ViT-B-32@laion2b_e16")
    assert encoder_fingerprint(other_tag, settings) != default


@pytest.mark.parametrize("function", [make_encoder, encoder_fingerprint])
@pytest.mark.parametrize("kind", ["dino", "CLIP", "clip@tag"])
def test_make_encoder__no_such_kind(function, kind):
    with pytest.raises(InputError) as caught:
        function(EncoderName(kind), EncoderSettings())
    assert caught.value.message == (
        f"--encoder: expected one of clip, timm, hog, precomputed, simclr, found {kind!r}"
    )
    assert "--encoder hog" in caught.value.hint
