"""Parquet files with images as an image folder: names, bytes, labels, splits."""

import io
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from labelfix.data import image_paths, parquet_images
from labelfix.data.manifest_inputs import EmbedInputs, open_manifest
from labelfix.data.parquet_folder import parquet_manifest, split_of
from labelfix.errors import InputError
from labelfix.images.decode import UnreadableImageError, read_image_file

NAMES = ("cat", "two\nlines", "=1+1")


def png(shade: int) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (24, 24), (shade % 256, 90, 10)).save(held, "PNG")
    return held.getvalue()


def table(images, labels, *, names=NAMES, **more) -> pa.Table:
    """As datasets writes it; a label is a class's number."""
    features = {"image": {"_type": "Image"}, "label": {"names": list(names), "_type": "ClassLabel"}}
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    columns = {"image": pa.array(images, kind), "label": pa.array(labels, pa.int64()), **more}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.table(columns).replace_schema_metadata(metadata)


@pytest.fixture
def folder(tmp_path):
    """Twelve images in two splits, of which one has two files."""
    place = tmp_path / "set"
    (place / "data").mkdir(parents=True)
    rows = [
        {"bytes": png(20 * row), "path": f"up/../{row} \N{GRINNING FACE}.png"} for row in range(12)
    ]
    labels = [row % 3 for row in range(12)]
    parts = {
        "train-00000-of-00002": (0, 5),
        "train-00001-of-00002": (5, 9),
        "test-00000-of-00001": (9, 12),
    }
    for name, (first, end) in parts.items():
        more = {"id": pa.array(list(range(first, end)))}
        written = table(rows[first:end], labels[first:end], **more)
        pq.write_table(written, place / "data" / f"{name}.parquet", row_group_size=2)
    return place


def test_manifest__has_names_labels_splits_and_other_columns(folder, listener):
    opened = open_manifest(EmbedInputs(images=folder), listener, reads_images=True)
    assert opened.images[0] == "data/test-00000-of-00001.parquet/0_9_.png"
    assert opened.table.column_names == ["image", "label", "split", "id"]
    assert opened.table["split"].to_pylist() == ["test"] * 3 + ["train"] * 9
    assert opened.table["id"].to_pylist() == [9, 10, 11, *range(9)]
    assert opened.given_labels == [NAMES[row % 3] for row in opened.table["id"].to_pylist()]
    assert listener.notes == [
        "the images of 12 rows are inside of 3 Parquet files: 3 in test, 9 in train"
    ]


def test_read_image_file__gives_each_rows_bytes_to_many_threads(folder):
    opened = parquet_manifest(folder)
    order = np.random.default_rng(0).permutation(12).tolist() * 5
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda row: read_image_file(folder / opened.images[row]), order))
    ids = opened.table["id"].to_pylist()
    assert found == [png(20 * ids[row]) for row in order]


def test_image_paths__a_row_is_there_and_changes_with_its_file(folder):
    opened = parquet_manifest(folder)
    assert image_paths.rows_without_image(opened, folder) == []
    before = image_paths.stat_lines(opened.images, folder)
    assert not [line for line in before if line.endswith("\0missing")]
    pq.write_table(table([None], [0]), folder / "data" / "test-00000-of-00001.parquet")
    assert image_paths.rows_without_image(opened, folder) == [1, 2]
    after = image_paths.stat_lines(opened.images, folder)
    assert (after[0] != before[0], after[3:]) == (True, before[3:])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("0", "its row has no bytes, perhaps only a path"),
        ("1", r"empty file \(0 bytes\)"),
        ("2", "its Parquet file has no such row"),
        ("99999999999999999999", "its Parquet file has no such row"),
        ("x", "its Parquet file has no such row"),
    ],
)
def test_read_image_file__rows_without_an_image(row, reason, tmp_path):
    rows = [{"bytes": None, "path": "a.png"}, {"bytes": b"", "path": None}]
    pq.write_table(table(rows, [0, 1]), tmp_path / "a.parquet")
    with pytest.raises(UnreadableImageError, match=reason):
        read_image_file(tmp_path / "a.parquet" / row)


def test_read_image_file__damaged_row_group(folder):
    path = folder / "data" / "test-00000-of-00001.parquet"
    data = bytearray(path.read_bytes())
    data[4:60] = b"\xff" * 56
    path.write_bytes(data)
    with pytest.raises(UnreadableImageError):
        read_image_file(path / "0")


def test_folder_named_like_a_parquet_file__is_a_folder(tmp_path):
    (tmp_path / "a.parquet").mkdir()
    (tmp_path / "a.parquet" / "0.png").write_bytes(png(0))
    assert read_image_file(tmp_path / "a.parquet" / "0.png") == png(0)


def test_manifest__labels_may_be_texts_null_or_minus_one(tmp_path):
    images = [{"bytes": png(row), "path": None} for row in range(3)]
    pq.write_table(table(images, [0, None, -1]), tmp_path / "a.parquet")
    assert parquet_manifest(tmp_path).given_labels == ["cat", "", ""]
    plain = pa.table({"image": [png(0)], "label": ["x"], "vector": [[1.0]]})
    pq.write_table(plain, tmp_path / "a.parquet")
    opened = parquet_manifest(tmp_path)
    assert (opened.given_labels, opened.images) == (["x"], ["a.parquet/0"])
    assert opened.table.column_names == ["image", "label", "split"]


@pytest.mark.parametrize(
    ("file", "split"),
    [
        ("data/train-00000-of-00002.parquet", "train"),
        ("default/test/0000.parquet", "test"),
        ("my-set-00000-of-00001.parquet", "my-set"),
        ("valid.parquet", "valid"),
    ],
)
def test_split_of(file, split):
    assert split_of(file) == split


def test_manifest__parquet_without_images_is_none(tmp_path):
    pq.write_table(pa.table({"image": ["a.png"], "label": ["x"]}), tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"other")
    assert parquet_manifest(tmp_path) is None


def test_manifest__damaged_file_beside_others_is_an_error(folder):
    (folder / "data" / "train-00001-of-00002.parquet").write_bytes(b"PAR1 cut")
    with pytest.raises(InputError, match="expected a Parquet file, found something else"):
        parquet_manifest(folder)


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (table([None], [7]), "expected numbers of its 3 classes, found 7"),
        (table([None], [0], more=pa.array([1])), "expected the same columns in every Parquet file"),
        (pa.table({"image": [b""], "kind": ["x"]}), "expected a label column"),
    ],
)
def test_manifest__unusable_columns(other, found, folder):
    pq.write_table(other, folder / "data" / "valid.parquet")
    with pytest.raises(InputError, match=found):
        parquet_manifest(folder)


def test_member_name__keeps_no_path_and_no_odd_characters():
    assert parquet_images.member_name("a.parquet", 3, "..\\x/..\\a\nb.png") == "a.parquet/3_a_b.png"
    assert parquet_images.member_name("a.parquet", 3, None) == "a.parquet/3"
    assert parquet_images.member_name("a.parquet", 3, "..") == "a.parquet/3"
