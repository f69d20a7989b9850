"""A first noise transition matrix, from exact p(given | image) of overlapping classes."""

import numpy as np
import pytest

from labelfix.noise.class_noise import class_noise, expected_counts


def test_expected_counts__by_hand():
    """Two images given 1, one given 2; the candidates stand in any order."""
    candidates = np.array([[0, 1], [2, 1], [1, 2]])
    believed = np.array([[0.25, 0.75], [0.5, 0.5], [0.1, 0.9]])
    found = expected_counts(candidates, np.array([1, 1, 2]), believed, 3)
    assert found == pytest.approx(np.array([[0, 0.25, 0], [0, 1.25, 0.1], [0, 0.5, 0.9]]))


@pytest.mark.slow
def test_class_noise__finds_the_matrix(make, matrix):
    """4,000 images: the worst cell is off by 0.06 at the most; denoisers know given labels only."""
    made = make(4000, matrix)
    read = (made.posterior @ matrix).astype(np.float32)
    found = class_noise(read, made.given)
    assert found == pytest.approx(matrix, abs=0.06)
    assert found.sum(axis=1) == pytest.approx(np.ones(4))


@pytest.mark.slow
def test_class_noise__denoisers_that_are_not_sure_enough(make):
    """Their probabilities to the power of 1/2; labels that they did not see tell how sharp."""
    matrix = 0.7 * np.eye(4) + 0.3 * np.roll(np.eye(4), 1, axis=1)
    made = make(4000, matrix)
    read = np.sqrt(made.posterior @ matrix)
    read /= read.sum(axis=1, keepdims=True)
    assert class_noise(read.astype(np.float32), made.given) == pytest.approx(matrix, abs=0.08)


@pytest.mark.slow
@pytest.mark.parametrize(("distance", "least"), [(1.0, 0.8), (2.0, 0.95), (3.0, 0.98)])
def test_class_noise__right_labels(make, distance, least):
    """Where a third of the images look like another class, a fifth is taken for noise at most."""
    made = make(2000, np.eye(4), distance=distance)
    found = class_noise(made.posterior.astype(np.float32), made.given)
    assert found.diagonal().min() > least


def test_class_noise__many_classes_and_few_rows():
    """20 classes with three images each, all but certain."""
    labels = np.arange(60) % 20
    read = 0.9 * np.eye(20)[labels] + 0.1 / 20
    found = class_noise(read.astype(np.float32), labels)
    assert np.isfinite(found).all()
    assert found.sum(axis=1) == pytest.approx(np.ones(20))
    assert (found.argmax(axis=1) == np.arange(20)).all()


def test_class_noise__blocks_change_nothing(make, monkeypatch):
    matrix = 0.6 * np.eye(4) + 0.1
    made = make(300, matrix)
    read = (made.posterior @ matrix).astype(np.float32)
    expected = class_noise(read, made.given)
    monkeypatch.setattr("labelfix.noise.class_noise.ROWS_AT_ONCE", 77)
    assert class_noise(read, made.given) == pytest.approx(expected)


def test_class_noise__probabilities_of_nothing(make):
    """A denoiser that rules a class out altogether."""
    made = make(300, np.eye(3))
    read = np.eye(3)[made.true].astype(np.float32)
    assert class_noise(read, made.given) == pytest.approx(np.eye(3), abs=0.05)
