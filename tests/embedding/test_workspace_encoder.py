import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from labelfix.config import EmbedOptions
from labelfix.data import embeddings, records
from labelfix.data.embeddings import load_embeddings, part_path
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun, read_record, record_path, write_record
from labelfix.data.workspace import open_workspace
from labelfix.embedding.stage import run_embed
from labelfix.embedding.workspace_encoder import embed_unseen, encode_again, is_embedded_again
from labelfix.errors import InputError, MissingStageError
from labelfix.progress import Silent

LABELS = ["cat", "dog"] * 5
OWN = "simclr:test_resnet"


@pytest.fixture
def reference(tmp_path, write_images, listener):
    """A workspace of ten images, embedded by some encoder."""

    def make(encoder="hog", **options):
        write_images(tmp_path, LABELS)
        made = open_workspace(tmp_path / "w")
        options = EmbedOptions(encoder, "cpu", precision="float32", part_rows=4, **options)
        inputs = EmbedInputs(images=tmp_path / "images", manifest=tmp_path / "manifest.csv")
        run_embed(made, inputs, options, listener, Rerun())
        listener.said.clear()
        listener.begun.clear()
        return made

    return make


@pytest.fixture
def embed(tmp_path, listener):
    def run(reference, folder="images", **inputs):
        given = EmbedInputs(images=tmp_path / folder, **inputs)
        return embed_unseen(reference, given, reference.new, "cpu", listener, Rerun())

    return run


def vectors_of(workspace):
    return load_embeddings(workspace.embeddings).vectors


@pytest.mark.parametrize(
    ("encoder", "options"), [("hog", {}), (OWN, {"epochs": 1, "image_size": 16})]
)
def test_embed_unseen__as_the_workspace_was(reference, embed, tmp_path, encoder, options):
    """What was embedded gets the same bits again, also in another order and part."""
    made = reference(encoder, **options)
    encoder_file = made.encoder.read_bytes() if made.encoder.exists() else b""
    found = embed(made)
    assert found.workspace.root == made.root / "new"
    assert found.manifest.given_labels == [""] * 10
    assert np.array_equal(vectors_of(found.workspace), vectors_of(made))
    (tmp_path / "turned.csv").write_text(
        "\n".join(["image", *(f"{row:03d}.png" for row in range(9, 2, -1))]) + "\n"
    )
    turned = embed(made, manifest=tmp_path / "turned.csv")
    assert np.array_equal(vectors_of(turned.workspace), vectors_of(made)[9:2:-1])
    options = read_record(made.embeddings).options
    assert read_record(turned.workspace.embeddings).options == options
    assert (made.encoder.read_bytes() if made.encoder.exists() else b"") == encoder_file
    assert not turned.workspace.encoder.exists()


def test_embed_unseen__goes_on_with_whole_parts(reference, embed, listener):
    made = reference()
    found = embed(made)
    vectors = vectors_of(found.workspace)
    record_path(found.workspace.embeddings).unlink()
    part_path(found.workspace.embeddings, 1).unlink()
    again = embed(made)
    assert listener.said == ["continuing after 6 images that an earlier run embedded"]
    assert np.array_equal(vectors_of(again.workspace), vectors)
    assert embed(made).result.skipped


def test_embed_unseen__counts_its_rows(reference, embed, tmp_path):
    """A missing label is no reason to reject a row here."""
    made = reference()
    (tmp_path / "images" / "003.png").write_bytes(b"no image")
    (tmp_path / "new.csv").write_text("image,label\n000.png,\n003.png,cat\n000.png,dog\n")
    rows = embed(made, manifest=tmp_path / "new.csv").result.record.rows
    assert (rows.rows_in, rows.used, rows.quarantined, rows.rejected) == (3, 2, 1, 0)


def test_embed_unseen__nothing_that_can_be_read(reference, embed, tmp_path):
    made = reference()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.png").write_bytes(b"no image")
    with pytest.raises(InputError, match="expected at least 1 image that can be read, found 0 of"):
        embed(made, "other")


def test_embed_unseen__own_encoder_is_gone(reference, embed):
    made = reference(OWN, epochs=1, image_size=16)
    made.encoder.unlink()
    with pytest.raises(MissingStageError, match=r"there is no .*encoder.safetensors\nRun labelfix"):
        embed(made)


def test_embed_unseen__own_encoder_is_another(reference, embed, tmp_path):
    """As where an embed that trained another one was killed before it embedded."""
    made = reference(OWN, epochs=1, image_size=16)
    other = open_workspace(tmp_path / "other")
    options = EmbedOptions(OWN, "cpu", precision="float32", epochs=2, image_size=16)
    inputs = EmbedInputs(images=tmp_path / "images", manifest=tmp_path / "manifest.csv")
    run_embed(other, inputs, options, Silent(), Rerun())
    shutil.copy(other.encoder, made.encoder)
    with pytest.raises(InputError, match=r"is not the one that .* was made by: expected the"):
        embed(made)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_embed_unseen__precision_is_that_of_the_record(reference, embed, precision):
    """Also where this machine would now choose another one."""
    made = reference(OWN, epochs=1, image_size=16)
    record = read_record(made.embeddings)
    details = {**record.details, "precision": precision}
    write_record(made.embeddings, replace(record, details=details))
    if precision == "float32":
        assert embed(made).result.record.details["precision"] == "float32"
    else:
        with pytest.raises(InputError, match="is not the one that"):
            embed(made)


@pytest.fixture
def workspace(tmp_path, write_images):
    manifest = write_images(tmp_path, ["cat", "dog"] * 3)
    made = open_workspace(tmp_path / ".labelfix")
    options = EmbedOptions(encoder="hog", device="cpu")
    run_embed(
        made, EmbedInputs(images=tmp_path / "images", manifest=manifest), options, Silent(), Rerun()
    )
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
