"""Several encoders: each embeds once, whatever stands beside it, and later stages see all."""

import json
import shutil

import numpy as np
import pytest

from labelfix.config import EmbedOptions, ManifestOptions
from labelfix.data import embeddings, records
from labelfix.data.class_vectors import load_class_vectors
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun
from labelfix.data.workspace import locked, open_workspace
from labelfix.embedding.parts import NOT_FINITE
from labelfix.embedding.stage import run_embed
from labelfix.embedding.workspace_encoder import embed_unseen, encode_again, is_embedded_again
from labelfix.errors import InputError, MissingStageError, WorkspaceError

LABELS = ["cat", "dog"] * 5
HOG_VALUES = 964


@pytest.fixture
def data(tmp_path, write_images):
    """Ten images, their manifest, and vectors of them in two files."""
    write_images(tmp_path, LABELS)
    random = np.random.default_rng(0)
    for name, dimension in (("a", 3), ("b", 5)):
        np.save(tmp_path / f"{name}.npy", random.normal(size=(10, dimension)))
    return tmp_path


@pytest.fixture
def embed(data, listener):
    """Embed by encoders, of which `a` and `b` are the files of vectors."""

    def run(*encoders, workspace="w", force=False, frozen=False, **options):
        first, *more = (named(data, encoder) for encoder in encoders)
        options = EmbedOptions(first, "cpu", part_rows=4, more_encoders=tuple(more), **options)
        opened = open_workspace(data / workspace)
        inputs = EmbedInputs(
            images=data / "images", manifest=data / "manifest.csv", options=ManifestOptions()
        )
        with locked(opened):
            return run_embed(opened, inputs, options, listener, Rerun(force, frozen))

    return run


def named(data, encoder):
    return f"precomputed:{data / encoder}.npy" if encoder in "ab" else encoder


def embedded(data, workspace="w"):
    return embeddings.load_embeddings(data / workspace / "embeddings")


def unit(path):
    vectors = np.load(path)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def artefacts(workspace):
    """Every file's bytes, without the seconds that a stage took."""
    files = {}
    for path in sorted(workspace.rglob("*")):
        if path.is_file() and path.name != "lock":
            content = path.read_bytes()
            if path.name.endswith(".record.json"):
                content = json.dumps({**json.loads(content), "seconds": 0}).encode()
            files[str(path.relative_to(workspace))] = content
    return files


def test_run_embed__vectors_of_both_side_by_side(embed, data):
    details = embed("a", "b").record.details
    assert (details["dimension"], details["images"]) == (8, 10)
    expected = np.hstack([unit(data / "a.npy"), unit(data / "b.npy")]) / np.sqrt(2)
    np.testing.assert_allclose(embedded(data).vectors, expected, atol=1e-6)
    assert embedded(data).images == [f"{row:03d}.png" for row in range(10)]
    assert not (data / "w" / "embeddings").exists()


def test_run_embed__second_encoder_added(embed, data, listener):
    embed("hog")
    listener.advanced = 0
    embed("hog", "a")
    assert listener.advanced == 10  # by the second alone
    embed("hog", "a", workspace="fresh")
    assert artefacts(data / "w") == artefacts(data / "fresh")


def test_run_embed__again_is_skipped(embed, listener):
    embed("hog", "a")
    listener.advanced = 0
    assert embed("hog", "a").skipped
    assert listener.advanced == 0
    assert not embed("hog", "a", force=True).skipped
    assert listener.advanced == 20


def test_run_embed__one_of_them_alone_again(embed, data, listener):
    embed("hog", "a")
    listener.advanced = 0
    embed("hog")
    assert listener.advanced == 0
    embed("hog", workspace="fresh")
    alone, fresh = artefacts(data / "w"), artefacts(data / "fresh")
    assert {name: alone[name] for name in fresh} == fresh
    embed("hog", "a")
    assert listener.advanced == 10  # of the fresh workspace


def test_run_embed__another_order_embeds_nothing(embed, data, listener):
    embed("a", "b")
    before = embedded(data)
    listener.advanced = 0
    assert not embed("b", "a").skipped
    assert listener.advanced == 0
    assert listener.said[-1].startswith("Encoder was ")
    assert embedded(data).fingerprint != before.fingerprint
    np.testing.assert_array_equal(embedded(data).vectors[:, 5:], before.vectors[:, :3])


def test_run_embed__one_encoder_has_other_vectors(embed, data, listener):
    embed("hog", "a")
    np.save(data / "a.npy", np.ones((10, 3)))
    listener.advanced = 0
    embed("hog", "a")
    assert listener.advanced == 10  # hog's are kept
    np.testing.assert_allclose(embedded(data).vectors[:, HOG_VALUES:], 1 / np.sqrt(6), atol=1e-6)


def test_run_embed__frozen_keeps_what_one_has_made(embed, data):
    embed("hog")
    before = artefacts(data / "w")
    with pytest.raises(WorkspaceError, match=r"encoder was hog, is .'hog', "):
        embed("hog", "a", frozen=True)
    assert artefacts(data / "w") == before


def test_run_embed__frozen_keeps_what_several_have_made(embed, data):
    embed("hog", "a")
    before = artefacts(data / "w")
    with pytest.raises(WorkspaceError, match="is hog"):
        embed("hog", frozen=True)
    assert artefacts(data / "w") == before


def test_run_embed__image_that_one_encoder_cannot_use(embed, data):
    vectors = np.load(data / "a.npy")
    vectors[4] = 0
    np.save(data / "a.npy", vectors)
    record = embed("b", "a").record
    assert (record.rows.used, record.rows.quarantined) == (9, 1)
    assert len(embedded(data)) == len(embedded(data).vectors) == 9
    reasons = embeddings.load_quarantined(data / "w" / "embeddings")
    assert reasons == {"004.png": f"{NOT_FINITE} (--encoder {named(data, 'a')})"}


def test_run_embed__content_hashes_are_of_the_files(embed, data):
    embed("a", "hog")
    for name, found in zip(embedded(data).images, embedded(data).content_hashes, strict=True):
        assert found == records.fingerprint_file(data / "images" / name)


def test_run_embed__folder_of_one_is_gone(embed, data):
    embed("hog", "a")
    shutil.rmtree(next((data / "w" / "encoders").glob("hog-*[!n]")))
    with pytest.raises(WorkspaceError, match="missing or damaged"):
        embedded(data)
    next((data / "w" / "encoders").glob("hog-*.record.json")).unlink()
    with pytest.raises(MissingStageError, match=r"the embeddings by hog in .* are missing"):
        embedded(data)


@pytest.mark.parametrize(
    ("encoders", "message"),
    [
        (("hog", "hog"), "expected encoders that differ, found 'hog' twice"),
        (("simclr", "simclr:resnet10t"), "at most one that is trained on the images"),
    ],
)
def test_embed_options__encoders_that_do_not_go_together(encoders, message):
    with pytest.raises(InputError, match=message):
        EmbedOptions(encoders[0], more_encoders=encoders[1:])


def test_embed_options__what_is_said_of_the_one_that_is_trained():
    options = EmbedOptions("hog", batch_size=8, epochs=2, more_encoders=("simclr:resnet10t",))
    hog, simclr = options.each()
    assert (hog.batch_size, hog.epochs) == (None, None)
    assert simclr.simclr() == options.simclr()
    assert (options.simclr().backbone, options.simclr().epochs) == ("resnet10t", 2)


# ---------------------------------------------------------------- class vectors


def write_class_vectors(data, vectors):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"label": ["cat", "dog"], "embedding": vectors.tolist()})
    pq.write_table(table, data / "classes.parquet")
    return data / "classes.parquet"


def test_run_embed__class_vectors_stand_beside_their_encoder(embed, data):
    of_classes = np.array([[1.0, 0, 0, 0, 0], [0, 2.0, 0, 0, 0]])
    embed("a", "b", class_vectors=write_class_vectors(data, of_classes))
    found = load_class_vectors(data / "w" / "class_vectors.parquet", ["cat", "dog"])
    np.testing.assert_array_equal(found, np.eye(8, dtype=np.float32)[[3, 4]])


def test_run_embed__class_vectors_of_no_encoder(embed, data):
    path = write_class_vectors(data, np.ones((2, 4)))
    message = r"just one of the encoders \(3, 5 values\), found vectors of 4 values"
    with pytest.raises(InputError, match=message):
        embed("a", "b", class_vectors=path)


# ---------------------------------------------------------------- other images


def unseen(data, listener, *vectors):
    given = EmbedInputs(images=data / "images", manifest=data / "manifest.csv", embeddings=vectors)
    reference = open_workspace(data / "w")
    return embed_unseen(reference, given, data / "new", "cpu", listener, Rerun())


def test_embed_unseen__by_all_encoders_of_the_workspace(embed, data, listener):
    embed("a", "hog")
    other = shutil.copy(data / "a.npy", data / "other.npy")
    found = unseen(data, listener, other)
    assert found.result.record.details["dimension"] == 3 + HOG_VALUES
    np.testing.assert_array_equal(embedded(data, "new").vectors, embedded(data).vectors)


def test_embed_unseen__keeps_no_vectors_of_before(embed, data, listener):
    embed("a", "hog")
    for name in ("one.npy", "two.npy"):
        unseen(data, listener, shutil.copy(data / "a.npy", data / name))
    folders = [path for path in (data / "new" / "encoders").iterdir() if path.is_dir()]
    assert len(folders) == 2


def test_embed_unseen__as_many_files_as_encoders_are_files(embed, data, listener):
    embed("a", "b")
    with pytest.raises(InputError, match=r"expected 2 files, for .*a.npy, .*b.npy, found 1"):
        unseen(data, listener, data / "a.npy")
    with pytest.raises(InputError, match="found none") as caught:
        unseen(data, listener)
    assert "once for each encoder" in caught.value.hint


# ---------------------------------------------------------------- embedded again in training


def test_encode_again__by_all_side_by_side(embed, data, tiny_clip):
    embed("hog", f"clip:@{tiny_clip}", prompts="none", precision="float32")
    workspace = open_workspace(data / "w")
    assert is_embedded_again(workspace, "always")
    assert not is_embedded_again(workspace, "simclr")
    pixels = np.random.default_rng(0).integers(0, 255, (2, 3, 24, 24), dtype=np.uint8)
    vectors = encode_again(workspace, "cpu")(pixels)
    assert vectors.shape == (2, HOG_VALUES + 16)
    np.testing.assert_allclose(np.linalg.norm(vectors[:, :HOG_VALUES], axis=1), 0.5**0.5, rtol=1e-5)


def test_is_embedded_again__not_where_one_is_a_file(embed, data):
    embed("hog", "a")
    with pytest.raises(InputError, match=r"found --encoder precomputed:.*a.npy"):
        is_embedded_again(open_workspace(data / "w"), "always")
