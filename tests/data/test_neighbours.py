"""Neighbours are checked where they are made, and come back from their file as they were."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from labelfix.data.neighbours import Neighbours, load_neighbours, save_neighbours
from labelfix.errors import InputError, MissingStageError


def made(indices, similarities=None):
    indices = np.array(indices, dtype=np.int64)
    if similarities is None:
        similarities = np.zeros(indices.shape)
    return Neighbours(indices, np.array(similarities, dtype=np.float32))


@pytest.mark.parametrize(
    ("indices", "similarities", "message"),
    [
        ([1, 0], [1, 1], r"expected indices and similarities of one shape \(N, K\), found \(2,\)"),
        ([[1], [0]], [[1, 1], [1, 1]], r"found \(2, 1\) and \(2, 2\)"),
        ([[1, -1], [0, 0]], None, r"expected neighbours in \[0, 2\), found -1 to 1"),
        ([[1], [2]], None, r"expected neighbours in \[0, 2\), found 1 to 2"),
        ([[1, 2], [0, 1], [0, 1]], None, "expected no image among its own neighbours"),
    ],
)
def test_neighbours__impossible_values(indices, similarities, message):
    with pytest.raises(ValueError, match=message):
        made(indices, similarities)


@pytest.mark.parametrize("k", [1, 3])
def test_load_neighbours__gives_back_what_was_saved(tmp_path, k):
    random = np.random.default_rng(0)
    indices = np.stack([random.permutation(np.delete(np.arange(50), row))[:k] for row in range(50)])
    saved = made(indices, random.uniform(-1, 1, (50, k)))
    save_neighbours(tmp_path / "neighbours.parquet", saved)
    loaded = load_neighbours(tmp_path / "neighbours.parquet")
    assert (loaded.indices.dtype, loaded.similarities.dtype) == (np.int64, np.float32)
    np.testing.assert_array_equal(loaded.indices, saved.indices)
    np.testing.assert_array_equal(loaded.similarities, saved.similarities)


def test_save_neighbours__two_list_columns_that_any_reader_takes(tmp_path):
    path = tmp_path / "neighbours.parquet"
    save_neighbours(path, made([[1, 2], [2, 0], [0, 1]], [[0.5, 0.25], [1, -1], [0, 0]]))
    assert pq.read_table(path).to_pydict() == {
        "indices": [[1, 2], [2, 0], [0, 1]],
        "similarities": [[0.5, 0.25], [1, -1], [0, 0]],
    }


def test_save_neighbours__the_same_neighbours_give_the_same_bytes(tmp_path):
    neighbours = made([[1], [0]], [[0.5], [0.5]])
    save_neighbours(tmp_path / "a.parquet", neighbours)
    save_neighbours(tmp_path / "b.parquet", neighbours)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_load_neighbours__index_was_not_run(tmp_path):
    with pytest.raises(MissingStageError, match="no neighbours at") as caught:
        load_neighbours(tmp_path / "neighbours.parquet")
    assert caught.value.hint == "Run labelfix index first."


def test_load_neighbours__file_of_something_else(tmp_path):
    (tmp_path / "neighbours.parquet").write_bytes(b"not Parquet")
    with pytest.raises(InputError, match="expected a Parquet file"):
        load_neighbours(tmp_path / "neighbours.parquet")
