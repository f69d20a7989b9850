"""How an image's own probabilities and its neighbours' are made one."""

import numpy as np
import pytest

from labelfix.noise.evidence import USUAL, Mixing, fit_mixing, rows_to_fit


def test_log_true__by_hand():
    """0.6 and 0.4 times the roots of 0.64 and 0.36."""
    own, neighbours = np.array([[0.6, 0.4]]), np.array([[0.64, 0.36]])
    found = np.exp(Mixing(1.0, 0.5).log_true(own.astype("f4"), neighbours.astype("f4")))
    assert found == pytest.approx(np.array([[0.48, 0.24]]) / 0.72, abs=1e-4)


@pytest.mark.parametrize("exponents", [(1.0, 0.0), (0.2, 1.0), (2.0, 0.3)])
def test_log_true__rows_sum_to_one(exponents):
    random = np.random.default_rng(0)
    own, neighbours = random.dirichlet([0.1] * 4, (2, 50)).astype(np.float32)
    own[0] = [1, 0, 0, 0]
    found = Mixing(*exponents).log_true(own, neighbours)
    assert np.isfinite(found).all()
    assert np.exp(found).sum(axis=1) == pytest.approx(np.ones(50))


def test_log_true__without_neighbours_it_is_the_own():
    random = np.random.default_rng(0)
    own, neighbours = random.dirichlet([2.0] * 3, (2, 50)).astype(np.float32)
    assert np.exp(Mixing(1.0, 0.0).log_true(own, neighbours)) == pytest.approx(own, abs=1e-3)


MATRIX = 0.8 * np.eye(4) + 0.2 * (1 - np.eye(4)) / 3


def drawn(probabilities, random):
    return (random.random((len(probabilities), 1)) > probabilities.cumsum(axis=1)[:, :-1]).sum(1)


def labels_of(true, random):
    """Given labels of images whose true label has the probabilities `true`, under MATRIX."""
    return drawn(MATRIX[drawn(true, random)], random)


def powered(probabilities, exponent):
    shares = probabilities**exponent
    return shares / shares.sum(axis=1, keepdims=True)


def test_fit_mixing__neighbours_that_are_noise_do_not_count():
    random = np.random.default_rng(0)
    true, neighbours = random.dirichlet([0.5] * 4, (2, 5000))
    mixing = fit_mixing(true.astype("f4"), neighbours.astype("f4"), MATRIX, labels_of(true, random))
    assert mixing.neighbour_exponent < 0.05
    assert mixing.own_exponent == pytest.approx(1, abs=0.12)


def test_fit_mixing__finds_the_exponents_that_labels_follow():
    random = np.random.default_rng(0)
    own, neighbours = random.dirichlet([0.5] * 4, (2, 8000)) + 1e-3
    true = own**0.6 * neighbours**0.5
    true /= true.sum(axis=1, keepdims=True)
    mixing = fit_mixing(own.astype("f4"), neighbours.astype("f4"), MATRIX, labels_of(true, random))
    assert mixing.own_exponent == pytest.approx(0.6, abs=0.1)
    assert mixing.neighbour_exponent == pytest.approx(0.5, abs=0.1)


def test_fit_mixing__takes_back_what_is_too_sure():
    """Own probabilities are squared: a root makes them right."""
    random = np.random.default_rng(0)
    true = random.dirichlet([1.0] * 4, 5000) + 1e-2
    true /= true.sum(axis=1, keepdims=True)
    even = np.full_like(true, 0.25)
    given = labels_of(true, random)
    mixing = fit_mixing(powered(true, 2).astype("f4"), even.astype("f4"), MATRIX, given)
    assert mixing.own_exponent == pytest.approx(0.5, abs=0.08)


def test_fit_mixing__a_few_rows_keep_to_what_is_usual():
    own, neighbours = np.array([[[0.9, 0.05, 0.05, 0]], [[0.1, 0.8, 0.1, 0]]], dtype=np.float32)
    mixing = fit_mixing(own, neighbours, MATRIX, np.array([1]))
    assert (mixing.own_exponent, mixing.neighbour_exponent) == pytest.approx(USUAL, abs=0.1)


@pytest.mark.parametrize(
    ("count", "classes", "rows"),
    [(1, 2, 1), (400, 1000, 400), (19_999, 10, 19_999), (50_000, 10, 20_000), (9000, 1000, 500)],
)
def test_rows_to_fit__spread_evenly(count, classes, rows):
    some = rows_to_fit(count, classes)
    assert len(some) == rows
    assert (some[0], some[-1]) == (0, count - 1)
    if rows > 1:
        gaps = np.diff(some)
        assert 1 <= gaps.min() <= gaps.max() <= gaps.min() + 1
