"""What a given label says of the true one, by hand and on simulated noise."""

import numpy as np
import pytest

from labelfix.noise.model import NoiseModel, posterior

MATRIX = np.array([[0.8, 0.2], [0.4, 0.6]])


def judged(matrix, probabilities, given):
    """p(true | image, given) where noise depends on the class alone."""
    log_true = np.log(np.array(probabilities, dtype=np.float64))
    return posterior(log_true, NoiseModel(matrix).log_likelihood(log_true, np.array(given)))


def test_posterior__two_classes_by_hand():
    """0.7 times 0.2 against 0.3 times 0.6, and 0.7 times 0.8 against 0.3 times 0.4."""
    found = judged(MATRIX, [[0.7, 0.3], [0.7, 0.3]], [1, 0])
    assert found == pytest.approx(np.array([[14 / 32, 18 / 32], [56 / 68, 12 / 68]]))


def test_posterior__identity_like_matrix_gives_the_given_label():
    almost = np.full((3, 3), 1e-12) + np.eye(3)
    found = judged(almost, [[0.98, 0.01, 0.01]] * 3, [0, 1, 2])
    assert found == pytest.approx(np.eye(3), abs=1e-8)


def test_posterior__uniform_matrix_leaves_the_image_alone():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.05, 0.05, 0.9]])
    assert judged(np.full((3, 3), 1 / 3), probabilities, [2, 0]) == pytest.approx(probabilities)


def test_posterior__rows_sum_to_one_however_small_the_numbers():
    random = np.random.default_rng(0)
    log_true, likelihood = random.uniform(-2000, 0, (2, 50, 4))
    found = posterior(log_true, likelihood)
    assert found.sum(axis=1) == pytest.approx(np.ones(50))
    assert (found >= 0).all()


def test_posterior__leaves_its_arguments_alone():
    log_true, likelihood = np.log([[0.5, 0.5]]), np.log([[0.1, 0.9]])
    posterior(log_true, likelihood)
    assert np.array_equal(log_true, np.log([[0.5, 0.5]]))
    assert np.array_equal(likelihood, np.log([[0.1, 0.9]]))


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        # of an image at 0.64 and 0.36, whose roots are 0.8 and 0.6
        (0.0, [0.2 * 0.6 / (0.8 * 0.8 + 0.2 * 0.6), 0.6 * 0.6 / (0.4 * 0.8 + 0.6 * 0.6)]),
        (np.log(2), [0.2 * 0.6 / (1.6 * 0.8 + 0.2 * 0.6), 1.2 * 0.6 / (0.4 * 0.8 + 1.2 * 0.6)]),
    ],
)
def test_noise_model__image_dependent_by_hand(offset, expected):
    log_true = np.log([[0.64, 0.36]])
    (found,) = NoiseModel(MATRIX, 0.5, offset).log_likelihood(log_true, np.array([1]))
    assert found[0] - found[1] == pytest.approx(np.log(expected[0] / expected[1]))


def test_noise_model__mean_noise_by_hand():
    log_true = np.log([[0.7, 0.3], [0.1, 0.9]])
    expected = 1 - (0.7 * 0.8 + 0.3 * 0.6 + 0.1 * 0.8 + 0.9 * 0.6) / 2
    assert NoiseModel(MATRIX).mean_noise(log_true) == pytest.approx(expected)
    right = [0.8 * 0.8 / 0.76, 0.6 * 0.6 / 0.68]
    expected = 1 - 0.64 * right[0] - 0.36 * right[1]
    found = NoiseModel(MATRIX, 0.5).mean_noise(np.log([[0.64, 0.36]]))
    assert found == pytest.approx(expected)


def test_noise_model__matrix_stays_as_it_is():
    matrix = MATRIX.copy()
    NoiseModel(matrix, 0.5, 3.0).log_likelihood(np.log([[0.5, 0.5]]), np.array([0]))
    assert np.array_equal(matrix, MATRIX)


def test_noise_model__weight_is_a_power_of_the_likelihood():
    log_true, given = np.log([[0.64, 0.36], [0.2, 0.8]]), np.array([1, 0])
    full = NoiseModel(MATRIX, 0.5, 0.3).log_likelihood(log_true, given)
    half = NoiseModel(MATRIX, 0.5, 0.3, weight=0.5).log_likelihood(log_true, given)
    assert half == pytest.approx(full / 2)
