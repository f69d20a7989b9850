"""Embeddings of unit length, and their Parquet parts."""

import json
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelfix.data import embeddings, records
from labelfix.data.embeddings import (
    Embeddings,
    Part,
    check_vectors,
    load_embeddings,
    load_image_names,
    load_quarantined,
    part_path,
    read_part,
    read_part_record,
    unit_length,
    write_part,
)
from labelfix.data.records import RowCounts, StagePlan
from labelfix.errors import InputError, MissingStageError, OutputError, WorkspaceError

NOT_UTF8 = os.fsdecode(b"caf\xe9.png")


def unit_rows(count, dimension=5, seed=0):
    rows = np.random.default_rng(seed).normal(size=(count, dimension))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def write_stage(folder, parts):
    """A finished embed stage of parts, each a list of names and a list of quarantined ones."""
    folder.mkdir()
    written = []
    for number, (images, lost) in enumerate(parts):
        hashes = [f"{number}{image}" for image in images]
        path = part_path(folder, number)
        vectors = unit_rows(len(images), seed=number)
        written.append(write_part(path, images, hashes, vectors, key="k", quarantined=lost))
    embedded, lost = sum(part.rows for part in written), sum(len(part[1]) for part in parts)
    StagePlan(stage="embed", artefact=folder, options={}, inputs={}).finish(
        [part_path(folder, number) for number in range(len(parts))],
        RowCounts(rows_in=embedded + lost, used=embedded, quarantined=lost),
        device="cpu",
        details={
            "encoder": "hog",
            "dimension": 5,
            "images": embedded,
            "fingerprint": records.fingerprint([part.sha256 for part in written]),
        },
    )


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.int64, np.uint8])
def test_unit_length__known_values(dtype):
    units, usable = unit_length(np.array([[3, 4], [0, 100], [1, 1]], dtype))
    assert units.dtype == np.float32
    assert usable.tolist() == [True, True, True]
    np.testing.assert_allclose(units, [[0.6, 0.8], [0, 1], [0.5**0.5, 0.5**0.5]], rtol=1e-7)


@pytest.mark.parametrize("bad", [[np.nan, 1], [np.inf, 1], [-np.inf, 0], [0, 0], [-0.0, 0]])
def test_unit_length__row_that_has_no_direction(bad):
    units, usable = unit_length(np.array([[3, 4], bad, [1, 0]]))
    assert usable.tolist() == [True, False, True]
    assert units.tolist() == [[np.float32(0.6), np.float32(0.8)], [0, 0], [1, 0]]


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e-30, 1e30, 1e300, 1.7e308])
def test_unit_length__square_would_not_fit(scale):
    units, usable = unit_length(np.array([[scale, 0.0], [scale, -scale]]))
    assert usable.all()
    np.testing.assert_allclose(units, [[1, 0], [0.5**0.5, -(0.5**0.5)]], rtol=1e-7)


def test_unit_length__leaves_what_it_is_given(tmp_path):
    given = np.array([[3.0, 4.0], [np.nan, 1.0]])
    unit_length(given)
    np.testing.assert_array_equal(given, [[3.0, 4.0], [np.nan, 1.0]])


def test_unit_length__no_rows():
    units, usable = unit_length(np.empty((0, 7)))
    assert units.shape == (0, 7)
    assert usable.shape == (0,)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.ones((2, 1), np.float32), "expected embeddings of shape (3, D) and type float32, "
         "found (2, 1) and float32"),
        (np.ones(3, np.float32), "expected embeddings of shape (3, D) and type float32, "
         "found (3,) and float32"),
        (np.ones((3, 1), np.float64), "expected embeddings of shape (3, D) and type float32, "
         "found (3, 1) and float64"),
        (np.array([[1], [-1], [2]], np.float32), "expected embeddings of length 1, "
         "found length 2.0 in row 3"),
        (np.array([[1], [0], [1]], np.float32), "expected embeddings of length 1, "
         "found length 0.0 in row 2"),
        (np.array([[np.nan], [1], [1]], np.float32), "expected embeddings of length 1, "
         "found length nan in row 1"),
    ],
)  # fmt: skip
def test_check_vectors__not_usable(vectors, message):
    with pytest.raises(InputError) as caught:
        check_vectors(vectors, rows=3)
    assert caught.value.message == message


def test_embeddings__rows_are_checked():
    assert len(Embeddings(images=["a", "b"], content_hashes=["", ""], vectors=unit_rows(2))) == 2
    with pytest.raises(InputError, match=r"shape \(1, D\)"):
        Embeddings(images=["a"], content_hashes=[""], vectors=unit_rows(2))


def test_part_path__sorts_by_number(tmp_path):
    assert part_path(tmp_path, 7) == tmp_path / "part-00007.parquet"
    assert part_path(tmp_path, 12345) == tmp_path / "part-12345.parquet"


def test_write_part__reads_back_bit_for_bit(tmp_path):
    path = part_path(tmp_path, 0)
    images = ["a.png", NOT_UTF8, "bytes:x", "grün/ü,\n.png"]
    vectors = unit_rows(4)
    lost = [(NOT_UTF8 + "2", "empty file (0 bytes)")]
    part = write_part(path, images, list("1234"), vectors, key="made so", quarantined=lost)
    assert part == Part(
        key="made so", sha256=records.fingerprint_file(path), rows=4, quarantined=lost
    )
    assert read_part_record(path) == part
    ((read_images, hashes, read_vectors),) = read_part(path)
    assert read_images == images
    assert hashes == list("1234")
    assert read_vectors.dtype == np.float32
    assert read_vectors.tobytes() == vectors.tobytes()


def test_write_part__columns_for_other_readers(tmp_path):
    path = part_path(tmp_path, 0)
    vectors = unit_rows(2)
    write_part(path, ["a.png", NOT_UTF8], ["1", "2"], vectors, key="", quarantined=[])
    schema = pq.read_schema(path)
    assert schema.names == ["image", "content_hash", "embedding"]
    assert schema.field("image").type == pa.string()
    assert schema.field("content_hash").type == pa.string()
    element = pa.field("element", pa.float32(), nullable=False)
    assert schema.field("embedding").type.equals(pa.list_(element, 5))
    assert not any(schema.field(name).nullable for name in schema.names)
    table = pd.read_parquet(path)
    assert table["image"].tolist() == ["a.png", "bytes:caf%E9.png"]
    np.testing.assert_array_equal(np.stack(table["embedding"]), vectors)


def test_write_part__all_of_it_quarantined(tmp_path):
    """The columns keep their types, so that all parts can be read as one table."""
    lost = [("a.png", "empty file (0 bytes)"), ("b.png", "damaged")]
    write_part(part_path(tmp_path, 0), [], [], unit_rows(0), key="", quarantined=lost)
    write_part(part_path(tmp_path, 1), ["c"], ["1"], unit_rows(1), key="", quarantined=[])
    assert pq.read_schema(part_path(tmp_path, 0)) == pq.read_schema(part_path(tmp_path, 1))
    assert sum(len(images) for images, _, _ in read_part(part_path(tmp_path, 0))) == 0
    assert load_quarantined(tmp_path) == dict(lost)


def test_write_part__several_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(embeddings, "ROW_GROUP_ROWS", 3)
    vectors = unit_rows(7)
    names = [f"{row}.png" for row in range(7)]
    write_part(part_path(tmp_path, 0), names, names, vectors, key="", quarantined=[])
    groups = list(read_part(part_path(tmp_path, 0)))
    assert [len(images) for images, _, _ in groups] == [3, 3, 1]
    assert [image for images, _, _ in groups for image in images] == names
    np.testing.assert_array_equal(np.concatenate([group[2] for group in groups]), vectors)


def test_write_part__disk_is_full(tmp_path):
    resource = pytest.importorskip("resource")
    path = part_path(tmp_path, 0)
    old = write_part(path, ["a"], ["1"], unit_rows(1), key="old", quarantined=[])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"part-00000\.parquet could not be written"):
            write_part(path, ["b"] * 9, ["2"] * 9, unit_rows(9), key="new", quarantined=[])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert read_part_record(path) == old
    assert sorted(tmp_path.iterdir()) == sorted([path, embeddings.part_record_path(path)])


@pytest.mark.parametrize("harm", ["flip", "no record", "torn record", "no part", "list", "null"])
def test_read_part_record__part_is_not_as_it_was_finished(tmp_path, harm):
    path = part_path(tmp_path, 0)
    write_part(path, ["a"], ["1"], unit_rows(1), key="", quarantined=[("b", "damaged")])
    record = embeddings.part_record_path(path)
    match harm:
        case "flip":
            flip_a_byte(path)
        case "no record":
            record.unlink()
        case "torn record":
            record.write_bytes(record.read_bytes()[:-5])
        case "no part":
            path.unlink()
        case "list":
            record.write_text("[]")
        case "null":
            record.write_text(json.dumps({**json.loads(record.read_text()), "quarantined": None}))
    assert read_part_record(path) is None


def test_load_embeddings__parts_in_order(tmp_path):
    folder = tmp_path / "embeddings"
    write_stage(
        folder,
        [
            (["d.png", "b.png"], []),
            ([], [("x.png", "damaged"), (NOT_UTF8, "empty file (0 bytes)")]),
            (["a.png"], [("y.png", "damaged")]),
        ],
    )
    loaded = load_embeddings(folder)
    assert loaded.images == ["d.png", "b.png", "a.png"]
    assert loaded.content_hashes == ["0d.png", "0b.png", "2a.png"]
    expected = np.concatenate([unit_rows(2, seed=0), unit_rows(1, seed=2)])
    assert loaded.vectors.tobytes() == expected.tobytes()
    assert loaded.encoder == "hog"
    assert loaded.fingerprint == records.read_record(folder).details["fingerprint"]
    assert load_image_names(folder) == loaded.images
    assert load_quarantined(folder) == {
        "x.png": "damaged",
        NOT_UTF8: "empty file (0 bytes)",
        "y.png": "damaged",
    }


@pytest.mark.parametrize("load", [load_embeddings, load_image_names])
def test_load_embeddings__stage_was_not_finished(tmp_path, load):
    folder = tmp_path / "embeddings"
    write_stage(folder, [(["a.png"], [])])
    records.record_path(folder).unlink()
    with pytest.raises(MissingStageError) as caught:
        load(folder)
    assert caught.value.message == f"no finished embeddings in {folder}"
    assert caught.value.hint == "Run labelfix embed IMAGES MANIFEST first."


@pytest.mark.parametrize("harm", [flip_a_byte, os.unlink])
def test_load_embeddings__part_is_damaged(tmp_path, harm):
    folder = tmp_path / "embeddings"
    write_stage(folder, [(["a.png"], []), (["b.png"], [])])
    harm(part_path(folder, 1))
    with pytest.raises(WorkspaceError) as caught:
        load_embeddings(folder)
    assert caught.value.message == f"a part of the embeddings in {folder} is missing or damaged"
    assert caught.value.hint == "Run labelfix embed again; whole parts are kept."


def test_write_part__the_folder_reads_as_one_table(tmp_path):
    for number in (0, 1):
        path = embeddings.part_path(tmp_path, number)
        write_part(path, ["a", "b"], ["", ""], unit_rows(2), key="", quarantined=[])
    assert len(pd.read_parquet(tmp_path)) == 4
