"""All of the estimated noise or half of it, by held-out labels."""

import numpy as np
import pytest

from labelfix.methods.noise_aware.matrix_choice import LEAST_GAIN, halved, is_half_likelier

EVEN = np.full((3, 3), 0.2) + 0.4 * np.eye(3)  # 40 % wrong


def labels_of(true, matrix, seed=0):
    """A label for each image, drawn from p(true | image) and a matrix."""
    chances = true @ matrix
    drawn = np.random.default_rng(seed).random(len(true))
    return (drawn[:, None] > chances.cumsum(axis=1)).sum(axis=1).clip(0, 2)


@pytest.fixture
def true():
    """p(true | image) of images that are mostly clear."""
    made = np.random.default_rng(1).dirichlet([0.1, 0.1, 0.1], 2000)
    return made.astype(np.float32)


def test_halved__half_as_many_wrong_labels():
    assert halved(EVEN) == pytest.approx(np.full((3, 3), 0.1) + 0.7 * np.eye(3))


@pytest.mark.parametrize(("matrix", "expected"), [(EVEN, False), (halved(EVEN), True)])
def test_is_half_likelier__finds_the_matrix_that_made_the_labels(true, matrix, expected):
    labels = labels_of(true.astype(np.float64), matrix)
    assert is_half_likelier(true, true, labels, EVEN) is expected


def test_is_half_likelier__sharpness_is_no_reason(true):
    """Both are calibrated before they are compared."""
    labels = labels_of(true.astype(np.float64), EVEN)
    sharp = true**1.5 / (true**1.5).sum(axis=1, keepdims=True)
    assert not is_half_likelier(sharp, true, labels, EVEN)


def test_is_half_likelier__not_by_chance(true):
    """Three labels, of which one surprises, do not choose."""
    clear = np.tile(np.array([[0.98, 0.01, 0.01]], dtype=np.float32), (3, 1))
    assert is_half_likelier(clear, clear, np.array([0, 0, 0]), EVEN)
    assert not is_half_likelier(clear, clear, np.array([0, 0, 1]), EVEN)


def test_is_half_likelier__not_by_next_to_nothing(true):
    """However many labels there are."""
    barely = np.eye(3) + LEAST_GAIN / 10 * (np.full((3, 3), 0.5) - 1.5 * np.eye(3))
    labels = labels_of(true.astype(np.float64), halved(barely))
    many = np.tile(true, (50, 1))
    assert not is_half_likelier(many, many, np.tile(labels, 50), barely)


def test_is_half_likelier__no_labels():
    none = np.zeros((0, 3), dtype=np.float32)
    assert not is_half_likelier(none, none, np.zeros(0, dtype=np.int64), EVEN)
