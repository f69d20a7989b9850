"""Varied images embedded by the workspace's own encoder."""

import json

import numpy as np
import pytest
from PIL import Image

from labelfix.data import embeddings, records
from labelfix.data.stage import Rerun
from labelfix.data.workspace import open_workspace
from labelfix.embedding.embed_again import encode_again, is_embedded_again
from labelfix.embedding.inputs import EmbedInputs
from labelfix.embedding.stage import run_embed
from labelfix.errors import InputError
from labelfix.options.embed_options import EmbedOptions
from labelfix.runtime.progress import Silent


@pytest.fixture
def workspace(tmp_path, write_images):
    manifest = write_images(tmp_path, ["cat", "dog"] * 3)
    made = open_workspace(tmp_path / ".labelfix")
    options = EmbedOptions(encoder="hog", device="cpu")
    run_embed(made, EmbedInputs(tmp_path / "images", manifest), options, Silent(), Rerun())
    return made


def pixels_of(folder):
    files = sorted((folder / "images").iterdir())
    return np.stack([np.asarray(Image.open(file)).transpose(2, 0, 1) for file in files])


def test_encode_again__images_as_they_are_get_their_own_vectors(workspace, tmp_path):
    encode = encode_again(workspace, "cpu")
    kept = embeddings.load_embeddings(workspace.embeddings).vectors
    pixels = pixels_of(tmp_path)
    np.testing.assert_allclose(encode(pixels), kept, atol=1e-6)
    mirrored = encode(pixels[..., ::-1].copy())
    assert np.abs(mirrored - kept).max() > 0.01
    np.testing.assert_allclose(np.linalg.norm(mirrored, axis=1), 1, atol=1e-5)


def test_encode_again__another_encoder_than_was(workspace):
    path = records.record_path(workspace.embeddings)
    record = json.loads(path.read_text())
    record["inputs"]["encoder"] = "0" * 64
    path.write_text(json.dumps(record))
    with pytest.raises(InputError, match="the encoder hog is not the one that"):
        encode_again(workspace, "cpu")


@pytest.mark.parametrize(
    ("wanted", "again"), [("never", False), ("simclr", False), ("always", True)]
)
def test_is_embedded_again__hog(workspace, wanted, again):
    assert is_embedded_again(workspace, wanted) == again


def test_is_embedded_again__simclr(workspace):
    path = records.record_path(workspace.embeddings)
    record = json.loads(path.read_text())
    record["options"]["encoder"] = "simclr:resnet18"
    path.write_text(json.dumps(record))
    assert is_embedded_again(workspace, "simclr")
    assert not is_embedded_again(workspace, "never")


def test_is_embedded_again__vectors_from_a_file(embed_vectors, clusters):
    workspace = embed_vectors(clusters(8, 2).vectors, ["a", "b"] * 4)
    assert not is_embedded_again(workspace, "simclr")
    with pytest.raises(InputError, match="--embed-again always: expected an encoder that"):
        is_embedded_again(workspace, "always")
