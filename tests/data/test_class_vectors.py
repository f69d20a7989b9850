"""Class vectors: the user's file and array, and what is wrong with them."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelfix.data.class_vectors import checked_class_vectors, read_class_vectors
from labelfix.errors import InputError

NAMES = ["cat", "dog"]


def write(tmp_path, labels, vectors, column="embedding"):
    path = tmp_path / "classes.parquet"
    pq.write_table(pa.table({"label": labels, column: vectors}), path)
    return path


def test_read_class_vectors__in_the_order_of_the_classes(tmp_path):
    path = write(tmp_path, ["owl", "dog", "cat"], [[9.0, 9.0], [0.0, 2.0], [1.0, 0.0]])
    assert read_class_vectors(path, NAMES).tolist() == [[1, 0], [0, 2]]


@pytest.mark.parametrize(
    ("labels", "vectors", "why"),
    [
        (["cat"], [[1.0, 0.0]], "for each of the 2 classes, found none for 1: 'dog'"),
        (["cat", "dog", "cat"], [[1.0]] * 3, "found 'cat' in rows 1 and 3"),
        (NAMES, [[1.0, 0.0], [1.0]], "vectors of one length"),
        (NAMES, [[1.0, None], [1.0, 0.0]], "without gaps"),
        (NAMES, [1.0, 2.0], "expected lists of numbers, found double"),
    ],
)
def test_read_class_vectors__unusable(tmp_path, labels, vectors, why):
    with pytest.raises(InputError, match=why):
        read_class_vectors(write(tmp_path, labels, vectors), NAMES)


def test_read_class_vectors__other_files(tmp_path):
    with pytest.raises(InputError, match="found label, vector"):
        read_class_vectors(write(tmp_path, NAMES, [[1.0]] * 2, "vector"), NAMES)
    np.save(tmp_path / "classes.npy", np.eye(2))
    with pytest.raises(InputError, match=r"expected a Parquet file .* ending in \.npy"):
        read_class_vectors(tmp_path / "classes.npy", NAMES)
    with pytest.raises(InputError, match="found no file"):
        read_class_vectors(tmp_path / "none.parquet", NAMES)


def test_checked_class_vectors__of_length_1():
    found = checked_class_vectors("x", [[3, 4], [0, 2]], NAMES, 2)
    np.testing.assert_allclose(found, [[0.6, 0.8], [0, 1]], rtol=1e-6)


@pytest.mark.parametrize(
    ("vectors", "why"),
    [
        (np.eye(3), r"expected an array of shape \(2, 2\).*found shape \(3, 3\)"),
        ([[1.0, 0.0], [1.0]], "rows of different lengths"),
        ([[1.0, np.nan], [1.0, 0.0]], "finite vectors.* 1 of 2 classes, first for 'cat'"),
        ([[1.0, 0.0], [0.0, 0.0]], "not all zeros.*first for 'dog'"),
        ([["a", "b"], ["c", "d"]], "of type <U1"),
    ],
)
def test_checked_class_vectors__unusable(vectors, why):
    with pytest.raises(InputError, match=why):
        checked_class_vectors("class_vectors", vectors, NAMES, 2)
