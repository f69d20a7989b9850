from dataclasses import dataclass

import numpy as np
import pytest

from labelfix.data.neighbours import Neighbours
from labelfix.progress import Silent
from labelfix.retrieval.registry import make_engine
from labelfix.retrieval.search import (
    BLOCK_ROWS,
    QUERY_ROWS,
    find_nearest,
    find_neighbours,
    neighbour_agreement,
    recall_against,
    retrieve_labels,
)

# Five directions in a plane, at these degrees; the similarity is the cosine of the difference.
DEGREES = np.array([0, 10, 30, 60, 100])
VECTORS = np.stack([np.cos(np.radians(DEGREES)), np.sin(np.radians(DEGREES))], 1).astype(np.float32)
NEAREST = [[1, 2], [0, 2], [1, 0], [2, 4], [3, 2]]


@dataclass
class Answers:
    """An approximate engine that answers what it is told to."""

    similarities: list
    indices: list
    exact: bool = False

    def search(self, queries, k):
        assert k == len(self.indices[0])
        return np.array(self.similarities, np.float32), np.array(self.indices, np.int64)


def test_find_neighbours__by_hand(listener):
    engine = make_engine("exact", "cpu")
    engine.add(VECTORS)
    found = find_neighbours(engine, VECTORS, 2, listener)
    assert found.indices.tolist() == NEAREST
    by_hand = np.cos(np.radians([[10, 30], [10, 20], [20, 30], [30, 40], [40, 70]]))
    assert np.abs(found.similarities - by_hand).max() < 1e-6
    assert listener.begun == [("searching neighbours", 5, 0)]
    assert listener.advanced == 5


def test_find_neighbours__minus_one_is_filled_up():
    """Row 0 lacks one, row 1 has only itself, row 2 nothing; none of it may index the last row."""
    engine = Answers(
        [[1, 0.98, -9], [1, -9, -9], [-9, -9, -9], [1, 0.87, 0.77], [1, 0.77, 0.34]],
        [[0, 1, -1], [1, -1, -1], [-1, -1, -1], [3, 2, 4], [4, 3, 2]],
    )
    found = find_neighbours(engine, VECTORS, 2, Silent())
    assert found.indices.tolist() == NEAREST
    assert np.abs(found.similarities[2] - np.cos(np.radians([20, 30]))).max() < 1e-6


def test_find_neighbours__image_not_found_for_itself():
    engine = Answers([[0.9, 0.8]] * 5, [[1, 2], [0, 2], [1, 0], [2, 4], [3, 2]])
    found = find_neighbours(engine, VECTORS, 1, Silent())
    assert found.indices.tolist() == [[1], [0], [1], [2], [3]]


def test_find_neighbours__ties_in_order_of_index():
    engine = Answers([[1, 0.5, 0.5, 0.5]] * 5, [[row, *_others(row)[::-1][:3]] for row in range(5)])
    found = find_neighbours(engine, VECTORS, 3, Silent())
    assert found.indices.tolist() == [_others(row)[-3:] for row in range(5)]


def _others(row):
    return [other for other in range(5) if other != row]


def test_find_neighbours__more_rows_than_a_tile(listener):
    vectors = np.zeros((QUERY_ROWS + 3, 2), np.float32)
    vectors[:, 0] = 1
    vectors[-1] = vectors[1] = [0, 1]
    engine = make_engine("exact", "cpu")
    engine.add(vectors)
    found = find_neighbours(engine, vectors, 1, listener)
    assert found.indices[-1].tolist() == [1]
    assert found.indices[1].tolist() == [QUERY_ROWS + 2]
    assert listener.advanced == QUERY_ROWS + 3


def exact_engine():
    engine = make_engine("exact", "cpu")
    engine.add(VECTORS)
    return engine


@pytest.mark.parametrize(
    ("indices", "sample", "recall"),
    [
        (NEAREST, 1000, 1.0),
        ([[2, 1], [2, 0], [0, 1], [4, 2], [2, 3]], 1000, 1.0),  # the order does not matter
        ([[1, 3], [0, 2], [1, 0], [2, 4], [0, 1]], 1000, 0.7),  # 7 of 10
        ([[1, 3], [0, 2], [1, 0], [2, 4], [0, 1]], 2, 0.25),  # of rows 0 and 4: 1 of 4
        ([[1, 3], [0, 2], [1, 0], [2, 4], [0, 1]], 1, 0.5),  # of row 0
    ],
)
def test_recall_against__by_hand(indices, sample, recall):
    found = Neighbours(np.array(indices), np.zeros((5, 2), np.float32))
    assert recall_against(exact_engine(), found, VECTORS, sample) == pytest.approx(recall)


# The nearest of images that are not indexed

ASKED = np.radians([5, 95, 31])
QUERIES = np.stack([np.cos(ASKED), np.sin(ASKED)], 1).astype(np.float32)


def test_find_nearest__by_hand(listener):
    """Image 0 and 1 are as near to 5 degrees: the first of the two comes first."""
    engine = make_engine("exact", "cpu")
    engine.add(VECTORS)
    found = find_nearest(engine, VECTORS, QUERIES, 2, listener)
    assert [sorted(found.indices[0]), *found.indices[1:].tolist()] == [[0, 1], [4, 3], [2, 1]]
    by_hand = np.cos(np.radians([[5, 5], [5, 35], [1, 21]]))
    assert np.abs(found.similarities - by_hand).max() < 1e-6
    assert listener.begun == [("searching neighbours", 3, 0)]
    assert listener.advanced == 3


def test_find_nearest__fewer_images_than_neighbours():
    engine = make_engine("exact", "cpu")
    engine.add(VECTORS)
    found = find_nearest(engine, VECTORS, QUERIES, 10, Silent())
    assert found.indices.shape == found.similarities.shape == (3, 5)
    assert (np.sort(found.indices, axis=1) == np.arange(5)).all()


def test_find_nearest__minus_one_is_filled_up():
    block = [[-9, -9]] * (BLOCK_ROWS - 3)
    engine = Answers(
        [[1, -9], [-9, -9], [1, 0.93], *block],
        [[0, -1], [-1, -1], [2, 1], *[[-1, -1]] * len(block)],
    )
    found = find_nearest(engine, VECTORS, QUERIES, 2, Silent())
    assert found.indices[1:].tolist() == [[4, 3], [2, 1]]
    assert sorted(found.indices[0]) == [0, 1]


def test_find_nearest__ties_in_the_order_of_the_images():
    vectors = np.eye(4, dtype=np.float32)
    vectors[[1, 3]] = vectors[0]
    block = [[3, 1, 0]] * BLOCK_ROWS
    engine = Answers([[1, 1, 1]] * BLOCK_ROWS, block)
    found = find_nearest(engine, vectors, vectors[:1], 3, Silent())
    assert found.indices.tolist() == [[0, 1, 3]]


@pytest.mark.parametrize("count", [1, 19, 21, BLOCK_ROWS, BLOCK_ROWS + 1])
def test_find_nearest__the_same_bits_however_many_are_asked(count, monkeypatch):
    """FAISS multiplies one by one or as matrices, by the number of queries: it is always one."""
    random = np.random.default_rng(0)
    vectors = random.normal(size=(2 * BLOCK_ROWS + 300, 200)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    known, asked = vectors[:300], vectors[300:]
    engine = make_engine("exact", "cpu")
    engine.add(known)
    shapes, search = set(), engine.search
    monkeypatch.setattr(engine, "search", lambda *sent: shapes.add(sent[0].shape) or search(*sent))
    every = find_nearest(engine, known, asked, 5, Silent())
    some = find_nearest(engine, known, asked[7 : 7 + count], 5, Silent())
    assert np.array_equal(some.indices, every.indices[7 : 7 + count])
    assert np.array_equal(some.similarities, every.similarities[7 : 7 + count])
    assert shapes == {(BLOCK_ROWS, 200)}


LABELS = np.array([7, 8, 9, 7])
NEIGHBOURS = Neighbours(
    np.array([[3, 1], [2, 0], [1, 3], [0, 2]]), np.zeros((4, 2), dtype=np.float32)
)


def test_retrieve_labels__own_label_comes_last():
    retrieved = retrieve_labels(LABELS, NEIGHBOURS)
    assert retrieved.tolist() == [[7, 8, 7], [9, 7, 8], [8, 7, 9], [7, 9, 7]]
    assert retrieved.dtype == np.int64


def test_neighbour_agreement__of_images():
    agreement = neighbour_agreement(LABELS, NEIGHBOURS, np.arange(4), LABELS)
    assert agreement.tolist() == [0.5, 0.0, 0.0, 0.5]


def test_neighbour_agreement__of_rows():
    """Image 2 stands in two rows with different labels, image 1 in one row out of order."""
    agreement = neighbour_agreement(LABELS, NEIGHBOURS, np.array([2, 2, 1]), np.array([9, 7, 9]))
    assert agreement.tolist() == [0.0, 0.5, 0.5]
