import numpy as np
import pytest

from labelfix.errors import InputError
from labelfix.progress import Silent
from labelfix.retrieval.registry import ENGINES, make_engine
from labelfix.retrieval.search import find_neighbours

EXACT = {"exact": True, "ivf": False, "hnsw": False, "torch": True}
each_engine = pytest.mark.parametrize("name", ENGINES)
exact_engine = pytest.mark.parametrize("name", [name for name in ENGINES if EXACT[name]])


def sphere(count, dimension=8, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def corners(count, seed=0):
    """Vectors of +-0.5: many are equal, and every similarity is exact in float32."""
    return np.random.default_rng(seed).choice([-0.5, 0.5], (count, 4)).astype(np.float32)


def search(name, vectors, k):
    engine = make_engine(name, "cpu")
    engine.add(vectors)
    return find_neighbours(engine, vectors, k, Silent())


def compare_all(vectors, k):
    """(N, K) indices and similarities by brute force, in float64, ties by index."""
    similarities = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    np.fill_diagonal(similarities, -np.inf)
    order = np.argsort(-similarities, axis=1, kind="stable")[:, : min(k, len(vectors) - 1)]
    return order, np.take_along_axis(similarities, order, 1)


def check_contract(found, vectors, k):
    """What holds for every engine: no self, no repeats, true similarities, best first."""
    count = len(vectors)
    assert found.indices.shape == found.similarities.shape == (count, min(k, count - 1))
    assert found.indices.dtype == np.int64
    assert found.similarities.dtype == np.float32
    assert found.indices.min() >= 0 and found.indices.max() < count
    assert not (found.indices == np.arange(count)[:, None]).any()
    assert all(len(set(row)) == len(row) for row in found.indices.tolist())
    true = np.einsum("nd,nkd->nk", vectors, vectors[found.indices])
    assert np.abs(true - found.similarities).max() < 1e-6
    falls = np.diff(found.similarities, axis=1)
    assert (falls <= 0).all()
    assert (np.diff(found.indices, axis=1)[falls == 0] > 0).all(), "ties are in order of index"


@each_engine
def test_make_engine__says_whether_it_is_exact(name):
    assert make_engine(name, "cpu").exact is EXACT[name]


def test_make_engine__unknown_name():
    with pytest.raises(InputError) as caught:
        make_engine("annoy", "cpu")
    assert str(caught.value) == (
        "--engine: expected one of exact, ivf, hnsw, torch, found 'annoy'\n"
        "exact is fast enough for millions of rows."
    )


@each_engine
@pytest.mark.parametrize("count", [40, 500])
def test_engine__random_vectors(name, count):
    vectors = sphere(count)
    found = search(name, vectors, 10)
    check_contract(found, vectors, 10)
    true, _ = compare_all(vectors, 10)
    hits = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found.indices, true, strict=True)])
    assert hits == 1.0 if EXACT[name] else hits > 0.9


@exact_engine
@pytest.mark.parametrize("count", [40, 1500])
def test_engine__exact_ones_agree_with_numpy(name, count):
    vectors = sphere(count, seed=2)  # no two similarities that float32 could not tell apart
    found = search(name, vectors, 5)
    indices, similarities = compare_all(vectors, 5)
    assert np.array_equal(found.indices, indices)
    assert np.abs(found.similarities - similarities).max() < 1e-6


@each_engine
@pytest.mark.parametrize("k", [4, 5, 50])
def test_engine__fewer_images_than_neighbours(name, k):
    vectors = sphere(5)
    found = search(name, vectors, k)
    check_contract(found, vectors, k)
    assert np.array_equal(found.indices, compare_all(vectors, k)[0])


@each_engine
def test_engine__two_images(name):
    assert search(name, sphere(2), 10).indices.tolist() == [[1], [0]]


@each_engine
def test_engine__more_equal_images_than_neighbours(name):
    """An image need not be among the K + 1 found for itself: one of the others is left out."""
    vectors = corners(200)  # about 12 of each of 16 kinds
    found = search(name, vectors, 3)
    check_contract(found, vectors, 3)
    assert (found.similarities == 1).all()


@exact_engine
def test_engine__equal_images_have_true_similarities(name):
    vectors = corners(60)
    found = search(name, vectors, 10)
    check_contract(found, vectors, 10)
    assert np.array_equal(found.similarities, compare_all(vectors, 10)[1])


@pytest.mark.parametrize("name", ["ivf", "hnsw"])
def test_engine__approximate_ones_are_filled_up(name):
    """For 390 neighbours of 400 both see too few, and FAISS answers -1."""
    vectors = sphere(400)
    engine = make_engine(name, "cpu")
    engine.add(vectors)
    gave_up = (engine.search(vectors, 391)[1] < 0).any(axis=1)
    assert gave_up.any()
    found = find_neighbours(engine, vectors, 390, Silent())
    check_contract(found, vectors, 390)
    true = compare_all(vectors, 390)[1]
    assert np.abs(found.similarities - true)[gave_up].max() < 1e-6


@each_engine
def test_engine__twice_the_same(name, tmp_path):
    vectors = sphere(3000)
    made = []
    for attempt in ("first", "second"):
        engine = make_engine(name, "cpu")
        engine.add(vectors)
        engine.write(tmp_path / attempt)
        made.append(find_neighbours(engine, vectors, 10, Silent()))
    assert np.array_equal(made[0].indices, made[1].indices)
    assert np.array_equal(made[0].similarities, made[1].similarities)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


@each_engine
def test_engine__few_images_print_nothing(name, capfd):
    search(name, sphere(12), 3)
    assert capfd.readouterr() == ("", "")


@each_engine
def test_read__answers_as_what_was_written(name, tmp_path):
    vectors, queries = sphere(400), sphere(20, seed=1)
    written, read = make_engine(name, "cpu"), make_engine(name, "cpu")
    written.add(vectors)
    written.write(tmp_path / "index")
    read.read(tmp_path / "index", vectors)
    for ours, theirs in zip(written.search(queries, 5), read.search(queries, 5), strict=True):
        assert np.array_equal(ours, theirs)
