"""The embed stage: what is embedded, what is quarantined, what is made again and what is not."""

import errno
import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from labelfix.data import embeddings, records
from labelfix.data.manifest import load_manifest
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun, RowCounts
from labelfix.data.workspace import locked, open_workspace
from labelfix.embedding.parts import NOT_FINITE
from labelfix.embedding.stage import run_embed
from labelfix.errors import InputError, LabelfixError, OutputError, WorkspaceError
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.manifest_options import ManifestOptions
from labelfix.runtime.atomic import TEMPORARY_MARK
from labelfix.version import __version__

SAMPLE = Path(__file__).parent.parent.parent / "sample_data" / "images"
LABELS = ["cat", "dog"] * 5
PART_ROWS = 4  # so that ten images make three parts


@pytest.fixture
def data(tmp_path, write_images):
    """Ten images and their manifest."""
    write_images(tmp_path, LABELS)
    return tmp_path


@pytest.fixture
def embed(data, listener):
    """Run the stage; options by name, those of the manifest and of the rerun too."""

    def run(
        *, progress=listener, manifest="manifest.csv", workspace="w", missing="error",
        force=False, frozen=False, **options,
    ):  # fmt: skip
        options = {
            "encoder": "hog", "part_rows": PART_ROWS, "batch_size": 3, "prompts": "none", **options
        }  # fmt: skip
        inputs = EmbedInputs(
            images=data / "images",
            manifest=manifest and data / manifest,
            options=ManifestOptions(missing=missing),
        )
        opened = open_workspace(data / workspace)
        with locked(opened):
            return run_embed(
                opened, inputs, EmbedOptions(**options), progress, Rerun(force, frozen)
            )

    return run


def write_manifest(data, *rows, header="image,label"):
    (data / "manifest.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def artefacts(workspace):
    """Every file's bytes, without the seconds that a stage took."""
    files = {}
    for path in sorted(workspace.rglob("*")):
        if path.is_file() and path.name != "lock":
            content = path.read_bytes()
            if path.name.endswith(".record.json"):
                fields = json.loads(content)
                fields.pop("seconds", None)
                content = json.dumps(fields).encode()
            files[str(path.relative_to(workspace))] = content
    return files


def vector_by_image(workspace):
    loaded = embeddings.load_embeddings(workspace / "embeddings")
    return dict(zip(loaded.images, loaded.vectors, strict=True))


def change_image(data, name, colour=(9, 200, 30)):
    path = data / "images" / name
    Image.new("RGB", (24, 24), colour).save(path)
    os.utime(path, ns=(1, 1))  # two changes may fall into one tick of the file system's clock


# ---------------------------------------------------------------- what is embedded


def test_run_embed__every_image_once(embed, data, listener):
    result = embed()
    assert not result.skipped
    assert result.artefact == data / "w" / "embeddings"
    assert result.record.rows == RowCounts(rows_in=10, used=10)
    assert result.record.details["images"] == 10
    assert result.record.details["dimension"] == 964
    assert result.record.details["precision"] == "float32"
    assert listener.begun == [("embedding", 10, 0)]
    assert listener.advanced == 10
    assert listener.said == []
    loaded = embeddings.load_embeddings(result.artefact)
    assert loaded.images == [f"{row:03d}.png" for row in range(10)]
    assert loaded.encoder == "hog"
    for image, content_hash in zip(loaded.images, loaded.content_hashes, strict=True):
        assert content_hash == records.fingerprint_file(data / "images" / image)
    parts = sorted(path.name for path in result.artefact.glob("*.parquet"))
    assert parts == [f"part-0000{number}.parquet" for number in range(3)]
    assert load_manifest(data / "w" / "manifest.parquet").given_labels == LABELS


def test_run_embed__parts_for_other_readers(embed):
    parts = sorted(embed().artefact.glob("*.parquet"))
    table = pd.concat([pd.read_parquet(path) for path in parts])
    assert list(table.columns) == ["image", "content_hash", "embedding"]
    lengths = np.linalg.norm(np.stack(table["embedding"]), axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-6)


def test_run_embed__real_images_with_clip(embed, data, tiny_clip, listener):
    chosen = sorted(SAMPLE.rglob("*.png"))[:40:5]
    shutil.rmtree(data / "images")
    (data / "images").mkdir()
    for path in chosen:
        shutil.copy(path, data / "images" / path.name)
    write_manifest(data, *(f"{path.name},{row % 2}" for row, path in enumerate(chosen)))
    result = embed(encoder=f"clip:@{tiny_clip}", precision="bfloat16")
    assert result.record.rows == RowCounts(rows_in=8, used=8)
    assert result.record.details["dimension"] == 16
    assert result.record.details["precision"] == "bfloat16"
    assert result.record.details["encoder"] == f"clip:@{tiny_clip}"
    assert vector_by_image(data / "w").keys() == {path.name for path in chosen}


def test_run_embed__image_in_several_rows_is_embedded_once(embed, data):
    write_manifest(data, "002.png,cat", "001.png,dog", "002.png,cat", "002.png,dog")
    result = embed()
    assert result.record.rows == RowCounts(rows_in=4, used=4)
    assert result.record.details["images"] == 2
    assert embeddings.load_image_names(result.artefact) == ["002.png", "001.png"]


def test_run_embed__class_folders(embed, data):
    for name in ("cat", "dog"):
        (data / "images" / name).mkdir()
    for row, label in enumerate(LABELS):
        (data / "images" / f"{row:03d}.png").rename(data / "images" / label / f"{row}.png")
    result = embed(manifest=None)
    assert result.record.rows == RowCounts(rows_in=10, used=10)
    assert load_manifest(data / "w" / "manifest.parquet").given_labels == sorted(LABELS)


def test_run_embed__every_kind_of_pixels(embed, data):
    """What a picture looks like counts, not how its file holds it."""
    folder = data / "images"
    upright = Image.open(folder / "000.png").convert("RGB")
    grey = upright.convert("L")
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 270 degrees to see it upright
    upright.transpose(Image.Transpose.ROTATE_90).save(folder / "turned.png", exif=exif)
    alpha = upright.copy()
    alpha.putalpha(255)
    alpha.save(folder / "alpha.png")
    upright.save(folder / "frames.gif", save_all=True, append_images=[upright.rotate(90)])
    upright.convert("CMYK").save(folder / "cmyk.tif")
    Image.fromarray(np.asarray(grey).astype(np.uint16) * 257).save(folder / "deep.png")
    grey.save(folder / "grey.png")
    grey.convert("P").save(folder / "palette.png")
    names = ["000", "turned", "alpha", "cmyk", "frames", "grey", "deep", "palette"]
    endings = {"cmyk": "tif", "frames": "gif"}
    files = [f"{name}.{endings.get(name, 'png')}" for name in names]
    write_manifest(data, *(f"{name},{row % 2}" for row, name in enumerate(files)))
    assert embed().record.rows == RowCounts(rows_in=8, used=8)
    vectors = {Path(name).stem: vector for name, vector in vector_by_image(data / "w").items()}
    for same, tolerance in [("turned", 0), ("alpha", 0), ("cmyk", 0), ("frames", 0.1)]:
        np.testing.assert_allclose(vectors[same], vectors["000"], atol=tolerance)
    for same in ("deep", "palette"):
        np.testing.assert_array_equal(vectors[same], vectors["grey"])


# ---------------------------------------------------------------- what is quarantined


def test_run_embed__unreadable_images(embed, data, listener):
    folder = data / "images"
    whole = (folder / "001.png").read_bytes()
    (folder / "001.png").write_bytes(b"")
    (folder / "002.png").write_bytes(whole[: len(whole) // 2])
    (folder / "003.png").write_text("<html>404</html>")
    (folder / "004.png").unlink()
    (folder / "004.png").mkdir()
    (folder / "005.png").unlink()
    (folder / "005.png").symlink_to("005.png")
    (folder / "006.png").unlink()
    os.mkfifo(folder / "006.png")
    result = embed()
    assert result.record.rows == RowCounts(rows_in=10, used=4, quarantined=6)
    assert result.record.details["images"] == 4
    assert result.record.details["images_quarantined"] == 6
    reasons = embeddings.load_quarantined(result.artefact)
    assert reasons["001.png"] == "empty file (0 bytes)"
    assert reasons["002.png"].startswith("truncated: ")
    assert "HTML" in reasons["003.png"]
    assert reasons["004.png"] == "not a regular file: folder"
    assert reasons["005.png"] == "symlink loop"
    assert reasons["006.png"] == "not a regular file: named pipe"
    assert listener.said[0] == "quarantined 001.png: empty file (0 bytes)"
    assert len(listener.said) == 6  # five of them, and how many more
    assert listener.said[5] == "and 1 more images quarantined"
    assert listener.advanced == 10
    assert vector_by_image(data / "w").keys() == {"000.png", "007.png", "008.png", "009.png"}


def test_run_embed__part_of_which_nothing_is_left(embed, data):
    for row in range(4, 8):
        (data / "images" / f"{row:03d}.png").write_bytes(b"")
    result = embed()
    assert result.record.rows == RowCounts(rows_in=10, used=6, quarantined=4)
    assert len(embeddings.load_embeddings(result.artefact)) == 6
    assert embed().skipped


def test_run_embed__image_that_the_encoder_cannot_take(embed, data, tiny_clip):
    Image.new("RGB", (1, 5000)).save(data / "images" / "003.png")
    result = embed(encoder=f"clip:@{tiny_clip}")
    assert result.record.rows == RowCounts(rows_in=10, used=9, quarantined=1)
    reasons = embeddings.load_quarantined(result.artefact)
    assert reasons["003.png"].startswith("too thin for this encoder: 1 x 5000 pixels")


def test_run_embed__all_rows_of_a_quarantined_image_count(embed, data):
    (data / "images" / "001.png").write_bytes(b"")
    write_manifest(data, "000.png,cat", "001.png,dog", "001.png,cat", "002.png,dog")
    result = embed()
    assert result.record.rows == RowCounts(rows_in=4, used=2, quarantined=2)
    assert result.record.details["images_quarantined"] == 1


def test_run_embed__missing_images_and_labels_quarantined(embed, data):
    (data / "images" / "003.png").unlink()
    write_manifest(
        data, "000.png,cat", "001.png,", "002.png,dog", "003.png,dog", "003.png, ", "000.png,"
    )
    with pytest.raises(InputError, match="--missing quarantine"):
        embed()
    result = embed(missing="quarantine")
    assert result.record.rows == RowCounts(rows_in=6, used=2, quarantined=1, rejected=3)
    assert embeddings.load_quarantined(result.artefact) == {"003.png": "file does not exist"}
    assert embeddings.load_image_names(result.artefact) == ["000.png", "002.png"]


@pytest.mark.parametrize("readable", [0, 1])
def test_run_embed__too_few_images_left(embed, data, readable):
    for row in range(readable, 10):
        (data / "images" / f"{row:03d}.png").write_bytes(b"")
    with pytest.raises(InputError) as caught:
        embed()
    assert caught.value.message == (
        f"expected at least 2 images that can be read, found {readable} of 10; "
        f"00{readable}.png: empty file (0 bytes)"
    )
    assert records.read_record(data / "w" / "embeddings") is None


def test_run_embed__one_image_with_two_labels(embed, data):
    write_manifest(data, "000.png,cat", "000.png,dog")
    with pytest.raises(InputError) as caught:
        embed()
    assert caught.value.message == "expected at least 2 images that can be read, found 1 of 1"


# ---------------------------------------------------------------- what is made again


def test_run_embed__nothing_changed(embed, data, listener):
    first = embed()
    before = artefacts(data / "w")
    listener.advanced = 0
    again = embed(frozen=True)
    assert again.skipped
    assert asdict(again.record) == asdict(first.record)
    assert listener.advanced == 0
    assert artefacts(data / "w") == before


def test_run_embed__forced(embed, data, listener):
    embed()
    before = artefacts(data / "w")
    listener.advanced = 0
    assert not embed(force=True).skipped
    assert listener.advanced == 10
    assert artefacts(data / "w") == before


def test_run_embed__only_labels_and_other_columns_changed(embed, data, listener):
    embed()
    before = artefacts(data / "w" / "embeddings")
    rows = [f"{row:03d}.png,{label},x" for row, label in enumerate(["dog", "cow"] * 5)]
    write_manifest(data, *rows, header="image,label,split")
    assert embed(frozen=True).skipped
    assert listener.advanced == 10
    assert artefacts(data / "w" / "embeddings") == before
    kept = load_manifest(data / "w" / "manifest.parquet")
    assert kept.given_labels == ["dog", "cow"] * 5
    assert kept.table.column_names == ["image", "label", "split"]


@pytest.mark.parametrize("workers", [1, 5])
def test_run_embed__other_workers(embed, data, workers):
    embed(workers=2)
    before = artefacts(data / "w")
    assert embed(workers=workers).skipped
    embed(workers=workers, force=True)
    assert artefacts(data / "w") == before


CHANGES = {
    "encoder": (
        {"encoder": "clip:@{clip}", "precision": "float32", "prompts": "none"},
        "encoder was hog, is clip:@",
    ),
    "batch_size": ({"batch_size": 2}, "batch size was 3, is 2"),
    "part_rows": ({"part_rows": 3}, "part rows was 4, is 3"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("options", "why"), CHANGES.values(), ids=CHANGES)
def test_run_embed__option_changed(embed, data, listener, tiny_clip, options, why):
    embed()
    options = {
        name: value.format(clip=tiny_clip) if isinstance(value, str) else value
        for name, value in options.items()
    }
    before = artefacts(data / "w")
    with pytest.raises(WorkspaceError) as caught:
        embed(**options, frozen=True)
    assert f"is out of date: {why}" in caught.value.message
    assert artefacts(data / "w") == before
    listener.advanced = 0
    embed(**options)
    assert listener.advanced == 10
    assert listener.said[-1].startswith(f"{why[:1].upper()}{why[1:]}")
    assert listener.said[-1].endswith("; embedding again")
    embed(**options, workspace="fresh")
    assert artefacts(data / "w") == artefacts(data / "fresh")


def test_run_embed__precision_changed(embed, data, listener, tiny_clip):
    embed(encoder=f"clip:@{tiny_clip}", precision="float32")
    exact = vector_by_image(data / "w")
    embed(encoder=f"clip:@{tiny_clip}", precision="bfloat16")
    assert listener.said == ["Encoder changed; embedding again"]
    assert listener.advanced == 20
    assert any((exact[name] != row).any() for name, row in vector_by_image(data / "w").items())


def test_run_embed__weights_changed(embed, data, listener, tiny_clip, tmp_path):
    own = shutil.copytree(tiny_clip, tmp_path / "clip")
    embed(encoder=f"clip:@{own}")
    content = bytearray((own / "open_clip_model.safetensors").read_bytes())
    content[-1] ^= 1
    (own / "open_clip_model.safetensors").write_bytes(content)
    assert not embed(encoder=f"clip:@{own}").skipped
    assert listener.said == ["Encoder changed; embedding again"]
    assert listener.advanced == 20


def test_run_embed__another_version(embed, data, listener, monkeypatch):
    """A newer labelfix may decode or embed otherwise: no part of the old one is kept."""
    embed()
    monkeypatch.setattr("labelfix.embedding.one_encoder.__version__", "9.9")
    monkeypatch.setattr("labelfix.data.records.__version__", "9.9")
    listener.advanced = 0
    embed()
    assert listener.advanced == 10
    assert listener.said == [f"Made by labelfix {__version__}, this is 9.9; embedding again"]


def test_run_embed__image_changed(embed, data, listener):
    """Only the part that it is in is made again."""
    embed()
    change_image(data, "005.png")
    with pytest.raises(WorkspaceError, match="is out of date: images changed"):
        embed(frozen=True)
    listener.advanced = 0
    embed()
    assert listener.advanced == PART_ROWS
    embed(workspace="fresh")
    assert artefacts(data / "w") == artefacts(data / "fresh")


def test_run_embed__quarantined_image_was_mended(embed, data):
    whole = (data / "images" / "005.png").read_bytes()
    (data / "images" / "005.png").write_bytes(b"")
    assert embed().record.rows.quarantined == 1
    (data / "images" / "005.png").write_bytes(whole)
    assert embed().record.rows == RowCounts(rows_in=10, used=10)


def test_run_embed__images_added_and_removed(embed, data, listener):
    embed()
    rows = [f"{row:03d}.png,{label}" for row, label in enumerate(LABELS)]
    write_manifest(data, *rows[:9])
    listener.advanced = 0
    embed()
    assert listener.advanced == 1  # the last part has one image less
    write_manifest(data, *rows[:5])
    embed()
    embed(workspace="fresh")
    assert artefacts(data / "w") == artefacts(data / "fresh")


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["flip", "delete", "torn record"])
@pytest.mark.parametrize("number", [0, 2])
def test_run_embed__part_is_damaged(embed, data, listener, harm, number):
    path = embeddings.part_path(embed().artefact, number)
    before = artefacts(data / "w")
    match harm:
        case "flip":
            content = bytearray(path.read_bytes())
            content[len(content) // 3] ^= 4
            path.write_bytes(content)
        case "delete":
            path.unlink()
        case "torn record":
            path.write_bytes(b"")
            embeddings.part_record_path(path).write_text("{")
    listener.advanced = 0
    assert not embed().skipped
    assert listener.said[0] == "A file is missing or damaged; embedding again"
    assert listener.advanced == [4, 4, 2][number]
    assert artefacts(data / "w") == before


def test_run_embed__refused_run_leaves_what_there_is(embed, data):
    """Manifest and embeddings of the workspace still fit together."""
    embed()
    before = artefacts(data / "w")
    (data / "images" / "new.png").write_bytes((data / "images" / "000.png").read_bytes())
    write_manifest(data, "000.png,cat", "new.png,dog")
    with pytest.raises(WorkspaceError):
        embed(frozen=True)
    with pytest.raises(InputError):
        embed(encoder="hog:large")
    assert artefacts(data / "w") == before


# ---------------------------------------------------------------- interrupted and failing runs


class Interrupted(BaseException):
    """The run is killed."""


def interrupting(listener, after):
    """Make a listener that ends the run once some images are done."""

    def advance(count, note=""):
        listener.advanced += count
        if listener.advanced >= after:
            raise Interrupted

    listener.advance = advance
    return listener


@pytest.mark.slow
@pytest.mark.parametrize(
    ("encoder", "after"),
    [*(("hog", after) for after in (1, 3, 4, 7, 8, 10)), ("clip:@{clip}", 3), ("clip:@{clip}", 8)],
)
def test_run_embed__killed_and_run_again(embed, data, listener, tiny_clip, encoder, after):
    encoder = encoder.format(clip=tiny_clip)
    (data / "images" / "006.png").write_bytes(b"")
    embed(encoder=encoder, workspace="whole")
    with pytest.raises(Interrupted):
        embed(encoder=encoder, progress=interrupting(type(listener)(), after))
    assert records.read_record(data / "w" / "embeddings") is None
    listener.begun.clear()
    listener.advanced = 0
    embed(encoder=encoder)
    # A part is kept if all of it was written before the kill: at 4 it was not, yet.
    done = 8 if after > 8 else 4 if after > 4 else 0
    assert listener.begun == [("embedding", 10, done)]
    assert listener.advanced == 10 - done
    assert artefacts(data / "w") == artefacts(data / "whole")


def test_run_embed__killed_while_it_replaces_older_embeddings(embed, data, listener):
    embed()
    for row in (1, 5, 9):
        change_image(data, f"{row:03d}.png")
    with pytest.raises(Interrupted):
        embed(progress=interrupting(type(listener)(), 6))
    assert records.read_record(data / "w" / "embeddings") is None  # neither old nor new
    embed()
    embed(workspace="whole")
    assert artefacts(data / "w") == artefacts(data / "whole")


def test_run_embed__says_that_it_goes_on(embed, listener):
    with pytest.raises(Interrupted):
        embed(progress=interrupting(type(listener)(), 5))
    embed()
    assert listener.said == ["continuing after 4 images that an earlier run embedded"]


def fail_at(patched, call):
    """Let one of the calls that bring a file to the disk fail; they are counted from 1."""
    calls = []
    for function in ("fsync", "replace"):
        original = getattr(os, function)

        def failing(*arguments, original=original, **options):
            calls.append(arguments)
            if len(calls) == call:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return original(*arguments, **options)

        patched.setattr(os, function, failing)
    return calls


@pytest.mark.slow
def test_run_embed__every_write_fails_once(embed, data, monkeypatch):
    """Each file is the old or the new one, whole; another run then ends as if nothing had been."""
    manifest = (data / "manifest.csv").read_bytes()
    embed(workspace="old")
    for row in (1, 9):
        change_image(data, f"{row:03d}.png")
    (data / "images" / "new.png").write_bytes((data / "images" / "000.png").read_bytes())
    (data / "manifest.csv").write_bytes(manifest + b"new.png,dog\n")
    shutil.copytree(data / "old", data / "new")
    embed(workspace="new")
    old, new = artefacts(data / "old"), artefacts(data / "new")
    failures = 0
    while True:
        shutil.rmtree(data / "w", ignore_errors=True)
        shutil.copytree(data / "old", data / "w")
        with monkeypatch.context() as patched:
            calls = fail_at(patched, failures + 1)
            if failures == 0:
                with pytest.raises(OutputError, match="No space left on device"):
                    embed()
            else:
                try:
                    embed()
                except LabelfixError as error:
                    assert "No space left on device" in error.message
            reached = len(calls) > failures
        for name, content in artefacts(data / "w").items():
            assert content in (old.get(name), new.get(name)), name
            assert TEMPORARY_MARK not in name
        if not reached:
            break
        failures += 1
        embed()
        assert artefacts(data / "w") == new
    # The lock, two parts, the manifest and the stage's record: each with a file, a rename and a
    # folder; the parts and the manifest have records of their own.
    assert failures == 3 * (1 + 2 * 2 + 2 + 1)
    assert (data / "manifest.csv").read_bytes() == manifest + b"new.png,dog\n"


@pytest.mark.slow
@pytest.mark.parametrize("limit", [16, 300, 5000])
def test_run_embed__disk_is_full(embed, data, limit):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
    try:
        with pytest.raises(LabelfixError, match=r"could not be written: .*File too large"):
            embed()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not [name for name in artefacts(data / "w") if TEMPORARY_MARK in name]
    embed()
    embed(workspace="whole")
    assert artefacts(data / "w") == artefacts(data / "whole")


# ---------------------------------------------------------------- precomputed embeddings


@pytest.fixture
def vectors():
    return np.random.default_rng(0).normal(size=(10, 6)).astype(np.float32)


def names(count=10):
    return [f"{row:03d}.png" for row in range(count)]


def test_run_embed__precomputed_needs_no_images(embed, data, vectors):
    shutil.rmtree(data / "images")
    np.save(data / "own.npy", vectors)
    result = embed(encoder=f"precomputed:{data / 'own.npy'}")
    assert result.record.rows == RowCounts(rows_in=10, used=10)
    assert result.record.details["precision"] == "as given"
    found = vector_by_image(data / "w")
    for row, name in enumerate(names()):
        expected = vectors[row] / np.linalg.norm(vectors[row])
        np.testing.assert_allclose(found[name], expected, rtol=1e-6)


def test_run_embed__precomputed_without_a_direction(embed, data, vectors):
    vectors[2, 3], vectors[5, 0], vectors[7] = np.nan, -np.inf, 0
    np.save(data / "own.npy", vectors)
    result = embed(encoder=f"precomputed:{data / 'own.npy'}")
    assert result.record.rows == RowCounts(rows_in=10, used=7, quarantined=3)
    assert embeddings.load_quarantined(result.artefact) == dict.fromkeys(
        ["002.png", "005.png", "007.png"], NOT_FINITE
    )
    assert np.isfinite(embeddings.load_embeddings(result.artefact).vectors).all()


def test_run_embed__manifest_was_shuffled(embed, data, vectors, listener):
    """Joined by name, every image keeps its vector."""
    order = [7, 2, 9, 0, 4, 1, 8, 3, 6, 5]
    table = {"image": [names()[row] for row in order], "embedding": list(vectors[order])}
    pq.write_table(pa.table(table), data / "own.parquet")
    encoder = f"precomputed:{data / 'own.parquet'}"
    embed(encoder=encoder)
    before = vector_by_image(data / "w")
    assert list(before) == names()
    rows = [f"{row:03d}.png,{label}" for row, label in enumerate(LABELS)]
    write_manifest(data, *rows[::-1])
    embed(encoder=encoder)
    after = vector_by_image(data / "w")
    assert list(after) == names()[::-1]
    for row, name in enumerate(names()):
        np.testing.assert_array_equal(after[name], before[name])
        np.testing.assert_allclose(after[name], vectors[row] / np.linalg.norm(vectors[row]), 1e-6)


@pytest.mark.parametrize("rows", [9, 11])
def test_run_embed__precomputed_of_other_rows(embed, data, rows):
    np.save(data / "own.npy", np.ones((rows, 3)))
    with pytest.raises(InputError, match=rf"manifest's 10 rows, found {rows}"):
        embed(encoder=f"precomputed:{data / 'own.npy'}")


def test_run_embed__precomputed_file_changed(embed, data, vectors, listener):
    encoder = f"precomputed:{data / 'own.npy'}"
    np.save(data / "own.npy", vectors)
    embed(encoder=encoder)
    vectors[3] *= -1
    np.save(data / "own.npy", vectors)
    embed(encoder=encoder)
    assert listener.said == ["Encoder changed; embedding again"]
    np.testing.assert_allclose(
        vector_by_image(data / "w")["003.png"], vectors[3] / np.linalg.norm(vectors[3]), rtol=1e-6
    )


def test_run_embed__precomputed_file_whose_name_is_no_utf8(embed, data, vectors):
    path = os.fsdecode(bytes(data) + b"/caf\xe9.npy")
    np.save(path, vectors)
    assert not embed(encoder=f"precomputed:{path}").skipped
    assert embed(encoder=f"precomputed:{path}").skipped
