"""Noise transition matrices: their strength, and what is taken for the classifier's mistakes."""

import numpy as np
import pytest

from labelfix.noise.transition import (
    EVEN_ROWS,
    LEAST_CLASSES,
    LEAST_STRENGTH,
    decision_transition,
    dependence,
    evenness,
    noise_share,
    scaled,
    strength_without,
)

MATRIX = np.array([[0.7, 0.2, 0.1], [0.05, 0.9, 0.05], [0.3, 0.3, 0.4]])


def even(noise, classes=5):
    """A matrix with the same noise everywhere."""
    matrix = np.full((classes, classes), noise / (classes - 1))
    np.fill_diagonal(matrix, 1 - noise)
    return matrix


def lookalikes(noise):
    """Five classes, of which 0 and 1, 2 and 3, and 4 with 0 are taken for one another."""
    matrix = np.eye(5) * (1 - noise)
    for true, given in ((0, 1), (1, 0), (2, 3), (3, 2), (4, 0)):
        matrix[true, given] = noise
    return matrix


def test_noise_share__mean_over_classes():
    assert noise_share(MATRIX) == pytest.approx((0.3 + 0.1 + 0.6) / 3)


def test_scaled__zero_is_the_identity():
    assert scaled(MATRIX, 0) == pytest.approx(np.eye(3), abs=1e-4)


def test_scaled__one_is_the_matrix():
    assert scaled(MATRIX, 1) == pytest.approx(MATRIX)


def test_scaled__half_of_the_noise():
    expected = np.array([[0.85, 0.1, 0.05], [0.025, 0.95, 0.025], [0.15, 0.15, 0.7]])
    assert scaled(MATRIX, 0.5) == pytest.approx(expected)


def test_scaled__own_strength_for_every_entry():
    strength = np.ones((3, 3))
    strength[0, 1] = 2
    assert scaled(MATRIX, strength)[0] == pytest.approx([0.5, 0.4, 0.1])


@pytest.mark.parametrize("strength", [0, 0.3, 1, 5, 1000])
def test_scaled__rows_are_shares_with_nothing_impossible(strength):
    for matrix in (MATRIX, np.eye(3)):
        found = scaled(matrix, strength)
        assert found.sum(axis=1) == pytest.approx(np.ones(3))
        assert (found > 0).all()


def test_scaled__noise_ends_below_one_in_the_same_proportions():
    assert scaled(MATRIX, 1000)[0] == pytest.approx([0.05, 0.95 * 2 / 3, 0.95 / 3])


def test_scaled__leaves_its_argument_alone():
    before = MATRIX.copy()
    scaled(MATRIX, 2)
    assert np.array_equal(MATRIX, before)


def test_strength_without__hand_computed():
    """0.7 = (1 - noise) 0.9, so that 2/9 of the labels are wrong, of the 0.3 that were found."""
    assert strength_without(even(0.3), even(0.1)) == pytest.approx(2 / 9 / 0.3)


def test_strength_without__no_mistakes_leave_all():
    assert strength_without(even(0.3), np.eye(5)) == pytest.approx(1)


@pytest.mark.parametrize("own", [0.29999, 0.3, 0.5, 0.99])
def test_strength_without__is_never_nothing(own):
    assert strength_without(even(0.3), even(own)) == LEAST_STRENGTH


def test_strength_without__identity_against_itself():
    assert strength_without(np.eye(5), np.eye(5)) == LEAST_STRENGTH


@pytest.mark.parametrize("own", [0.0, 0.1, 0.2])
def test_decision_transition__even_noise_counts_once(own):
    expected = scaled(even(0.3), strength_without(even(0.3), even(own)))
    assert decision_transition(even(0.3), even(own)) == pytest.approx(expected)


def test_decision_transition__noise_between_lookalikes_counts_twice_without_own_mistakes():
    assert decision_transition(lookalikes(0.2), np.eye(5)) == pytest.approx(
        lookalikes(0.4), abs=1e-4
    )


def test_decision_transition__counts_for_less_where_own_mistakes_explain_it():
    """Of 0.2 found 0.1 are own: strength 1/9 / 0.2, counted one and a half times."""
    noise = 1 / 9 * 1.5
    found = decision_transition(lookalikes(0.2), even(0.1))
    assert found == pytest.approx(lookalikes(noise), abs=1e-4)


def test_decision_transition__mixed_noise():
    """On top of 0.02 for each class, class 0 is given 0.2 more for class 1."""
    joint = even(0.08)
    joint[0] = [0.72, 0.22, 0.02, 0.02, 0.02]
    found = decision_transition(joint, np.eye(5))
    assert found[0] == pytest.approx([0.52, 0.42, 0.02, 0.02, 0.02])
    assert found[1:] == pytest.approx(joint[1:])


@pytest.mark.parametrize("classes", [2, 3, 100])
def test_decision_transition__rows_sum_to_one(classes):
    random = np.random.default_rng(0)
    joint, mistakes = (
        0.5 * np.eye(classes) + 0.5 * random.dirichlet(np.ones(classes), classes) for _ in range(2)
    )
    found = decision_transition(joint, 0.5 * np.eye(classes) + 0.5 * mistakes)
    assert found.sum(axis=1) == pytest.approx(np.ones(classes))
    assert (found > 0).all()


def test_dependence__noise_between_lookalikes_without_own_mistakes_is_misreading():
    assert dependence(lookalikes(0.3), even(0.02)) == 1


@pytest.mark.parametrize("own", [0.0, 0.1])
def test_dependence__even_noise_is_independent(own):
    assert dependence(even(0.3), even(own)) == 0


def test_dependence__own_mistakes_that_explain_most_leave_nothing_to_tell():
    assert dependence(lookalikes(0.3), even(0.21)) == 0
    assert dependence(np.eye(5), np.eye(5)) == 0


def test_dependence__half_way():
    """0.3 found and 0.175 own: 5/12 are unexplained, half way from 1/3 to 1/2."""
    assert dependence(lookalikes(0.3), even(0.175)) == pytest.approx(0.5)


def test_dependence__two_classes_have_no_lookalikes():
    assert dependence(np.array([[0.6, 0.4], [0.2, 0.8]]), np.eye(2)) == 0


def test_dependence__rows_weigh_classes():
    """Own mistakes are in a class that was hardly given: they explain nothing."""
    joint, mistakes = lookalikes(0.3), np.eye(5)
    mistakes[0] = even(0.9)[0]
    alike = dependence(joint, mistakes)
    assert dependence(joint, mistakes, np.array([1, 99, 99, 99, 99])) == 1 > alike


def test_evenness__even_noise_is_even_and_noise_between_lookalikes_is_not():
    assert evenness(even(0.3), 10**9) == pytest.approx(1)
    assert evenness(lookalikes(0.3), 10**9) == 0


def test_evenness__few_labels_say_little():
    assert evenness(even(0.3), EVEN_ROWS) == pytest.approx(0.5)


def test_evenness__is_unknown_of_few_classes():
    assert evenness(even(0.3, LEAST_CLASSES - 1), 10**9) == 0
    assert evenness(even(0.3, LEAST_CLASSES), 10**9) > 0


def test_evenness__and_dependence_exclude_each_other():
    mixed = 0.5 * even(0.3) + 0.5 * lookalikes(0.3)
    for joint in (even(0.3), mixed, lookalikes(0.3)):
        assert evenness(joint, 10**9) + dependence(joint, np.eye(5)) <= 1 + 1e-9
