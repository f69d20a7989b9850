"""The user's own embeddings, joined to the images in the right way or refused."""

import io
import random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelfix.encoders.precomputed import fingerprint, make
from labelfix.encoders.registry import EncoderName, EncoderSettings
from labelfix.errors import InputError

ROWS = ["a.png", "b.png", "c.png"]
VECTORS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


def load(path, rows=ROWS):
    return make(EncoderName("precomputed", str(path)), EncoderSettings(rows=rows))


def refusal(path, rows=ROWS):
    with pytest.raises(InputError) as caught:
        load(path, rows)
    return caught.value.message


@pytest.fixture
def parquet(tmp_path):
    """Write columns to a Parquet file."""

    def write(**columns):
        pq.write_table(pa.table(columns), tmp_path / "own.parquet")
        return tmp_path / "own.parquet"

    return write


@pytest.fixture
def npy(tmp_path):
    """Write an array to a .npy file."""

    def write(array):
        np.save(tmp_path / "own.npy", np.asarray(array))
        return tmp_path / "own.npy"

    return write


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", "i1", "i8", "u1"])
def test_make__npy_of_any_numbers_in_order(npy, dtype):
    source = load(npy(np.array(VECTORS).astype(dtype)))
    assert source.dimension == 2
    assert source.vectors(["c.png", "a.png", "c.png"]).tolist() == [[5, 6], [1, 2], [5, 6]]


def test_make__npy_in_columns_order(npy):
    assert load(npy(np.asfortranarray(VECTORS))).vectors(ROWS).tolist() == VECTORS


def test_make__image_in_several_rows(npy):
    """The rows are the manifest's; the first one of an image counts."""
    source = load(npy([[1.0], [2.0], [3.0], [4.0]]), ["a.png", "b.png", "a.png", "c.png"])
    assert source.vectors(["a.png", "b.png", "c.png"]).tolist() == [[1], [2], [4]]


@pytest.mark.parametrize("name_column", ["image", "path", "file", "filename", "image_path"])
def test_make__parquet_is_joined_by_name(parquet, name_column):
    shuffled = {name_column: ["c.png", "other.png", "a.png", "b.png"]}
    path = parquet(**shuffled, embedding=[VECTORS[2], [0.0, 0.0], VECTORS[0], VECTORS[1]])
    assert load(path).vectors(ROWS).tolist() == VECTORS


@pytest.mark.parametrize(
    "list_type",
    [
        pa.list_(pa.float32()),
        pa.large_list(pa.float64()),  # what polars writes
        pa.list_(pa.float32(), 2),
        pa.list_(pa.float16()),
        pa.list_(pa.int64()),
        pa.large_list(pa.uint8()),
    ],
    ids=str,
)
def test_make__parquet_lists_of_any_kind(parquet, list_type):
    kind = np.dtype(list_type.value_type.to_pandas_dtype()).type
    values = pa.array([[kind(value) for value in row] for row in VECTORS], list_type)
    assert load(parquet(image=ROWS, embedding=values)).vectors(ROWS).tolist() == VECTORS


def test_make__parquet_of_several_row_groups(tmp_path):
    table = pa.table({"image": ROWS, "embedding": pa.array(VECTORS, pa.list_(pa.float32()))})
    pq.write_table(table, tmp_path / "own.parquet", row_group_size=1)
    assert load(tmp_path / "own.parquet").vectors(ROWS).tolist() == VECTORS


def test_make__parquet_without_names_is_in_order(parquet):
    assert load(parquet(embedding=VECTORS, label=["x", "y", "z"])).vectors(ROWS).tolist() == VECTORS


@pytest.mark.parametrize(
    "images",
    [pa.array([3, 1, 2]), pa.array(["3", "1", "2"]).dictionary_encode()],
    ids=["integers", "categories"],
)
def test_make__names_that_are_not_plain_text(parquet, images):
    path = parquet(image=images, embedding=VECTORS)
    assert load(path, ["1", "2", "3"]).vectors(["1", "3"]).tolist() == [[3, 4], [1, 2]]


def test_make__name_that_is_no_utf8(parquet):
    """As a part of embeddings itself writes it."""
    path = parquet(image=["bytes:caf%E9.png", "b.png"], embedding=VECTORS[:2])
    rows = ["b.png", "caf\udce9.png"]
    assert load(path, rows).vectors(rows).tolist() == [[3, 4], [1, 2]]


def test_make__missing_values_are_nan(parquet):
    """They are quarantined as vectors that are not finite."""
    path = parquet(image=ROWS, embedding=[[1.0, None], [None, None], [5.0, 6.0]])
    np.testing.assert_array_equal(load(path).vectors(ROWS), [[1, np.nan], [np.nan, np.nan], [5, 6]])


@pytest.mark.parametrize("count", [0, 2, 4])
def test_make__npy_of_other_rows(npy, count):
    path = npy(np.ones((count, 2)))
    assert refusal(path) == (
        f"{path}: expected one embedding for each of the manifest's 3 rows, found {count}"
    )


def test_make__parquet_without_names_of_other_rows(parquet):
    path = parquet(embedding=VECTORS[:2])
    assert refusal(path).startswith(f"{path}: expected one embedding for each of the manifest's 3")


def test_make__images_without_an_embedding(parquet):
    path = parquet(image=["c.png", "A.png", None], embedding=VECTORS)
    assert refusal(path) == (
        f"{path}: expected an embedding for every image of the manifest, "
        "found none for 2, first in row 1: 'a.png'"
    )


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (np.ones(3), "found shape (3,) of type float64"),
        (np.ones((3, 2, 2), np.float32), "found shape (3, 2, 2) of type float32"),
        (np.ones((3, 0)), "found shape (3, 0) of type float64"),
        (np.float32(1), "found shape () of type float32"),
        (np.array([["1"], ["2"], ["3"]]), "found shape (3, 1) of type <U1"),
        (np.ones((3, 2), bool), "found shape (3, 2) of type bool"),
        (np.ones((3, 2), np.complex64), "found shape (3, 2) of type complex64"),
    ],
)
def test_make__not_rows_of_numbers(npy, array, found):
    path = npy(array)
    assert refusal(path) == f"{path}: expected an array of numbers of shape (N, D), {found}"


@pytest.mark.parametrize(
    ("embedding", "found"),
    [
        ([[1.0, 2.0], [3.0], [4.0, 5.0]], "found the lengths 1, 2"),
        ([[1.0, 2.0], None, [4.0, 5.0]], "found the lengths null, 2"),
        ([[], [], []], "found the lengths 0"),
        (pa.array([None] * 3, pa.list_(pa.float32(), 2)), "found the lengths null"),
    ],
)
def test_make__ragged_lists(parquet, embedding, found):
    path = parquet(image=ROWS, embedding=embedding)
    assert refusal(path) == f"{path}, column 'embedding': expected vectors of one length, {found}"


def test_make__parquet_without_rows(parquet):
    path = parquet(embedding=pa.array([], pa.list_(pa.float32())))
    assert refusal(path) == (
        f"{path}, column 'embedding': expected vectors of one length, found no rows"
    )


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"image": ROWS, "vector": VECTORS},
         ": expected a column 'embedding', found image, vector"),
        ({"embedding": [1.0, 2.0, 3.0]},
         ", column 'embedding': expected lists of numbers, found double"),
        ({"embedding": [["x"], ["y"], ["z"]]},
         ": expected an array of numbers of shape (N, D), found shape (3, 1) of type object"),
    ],
)  # fmt: skip
def test_make__parquet_of_another_form(parquet, columns, found):
    path = parquet(**columns)
    assert refusal(path) == f"{path}{found}"


@pytest.mark.parametrize("name", ["", "no.npy", "."])
def test_make__no_such_file(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for function in (make, fingerprint):
        with pytest.raises(InputError, match=r"expected a \.npy or \.parquet file, found nothing"):
            function(EncoderName("precomputed", name), EncoderSettings(rows=ROWS))


def test_make__pickle(tmp_path, acting_pickle):
    data, trace = acting_pickle
    path = tmp_path / "own.npy"
    path.write_bytes(data)
    assert refusal(path).startswith(f"{path}: expected a .npy file of numbers, found something")
    assert not trace.exists()


def test_make__npy_of_pickled_objects(tmp_path, acting_pickle):
    data, trace = acting_pickle
    path = tmp_path / "own.npy"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|O", "fortran_order": False, "shape": (3, 2)}
    )
    path.write_bytes(header.getvalue() + data)
    with pytest.raises(InputError) as caught:
        load(path)
    assert caught.value.message.startswith(f"{path}: expected a .npy file of numbers, found ")
    assert caught.value.hint.endswith("pickled objects are never loaded.")
    assert not trace.exists()


def test_make__archive_of_several_arrays(tmp_path):
    path = tmp_path / "own.npz"
    np.savez(path, one=np.ones((3, 2)))
    assert refusal(path).startswith(f"{path}: expected a .npy file of numbers, found something")


@pytest.mark.parametrize("name", ["own.npy", "own.parquet"])
@pytest.mark.parametrize(
    "content", [b"", b"image,embedding\n", b"PK\x03\x04", b"\x93NUMPY", b"PAR1"]
)
def test_make__something_else(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    kind = "a .npy file of numbers" if name.endswith("npy") else "a Parquet file"
    assert refusal(path).startswith(f"{path}: expected {kind}, found something else (")


def test_make__damaged_npy(npy):
    """Whatever a header holds, it is refused in words; numpy itself raises many kinds."""
    path = npy(np.array(VECTORS, np.float32))
    whole = path.read_bytes()
    rolls = random.Random(0)
    read = 0
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(rolls.randint(1, 3)):
            damaged[rolls.randrange(128)] = rolls.randrange(256)
        path.write_bytes(damaged[: rolls.choice([len(whole), rolls.randrange(len(whole))])])
        try:
            load(path)
            read += 1
        except InputError:
            pass
    assert read < 40  # the harmless ones, in the padding


def test_fingerprint__order_of_the_rows_counts(npy):
    path = npy(VECTORS)
    fingerprints = {
        fingerprint(EncoderName("precomputed", str(path)), EncoderSettings(rows=rows))
        for rows in (ROWS, ROWS[::-1], ROWS[:2])
    }
    assert len(fingerprints) == 3
