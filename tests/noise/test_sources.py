"""Where labels come from: by hand."""

import numpy as np
import pytest

from labelfix.noise.sources import LabelSources

MATRIX = np.array([[0.8, 0.15, 0.05], [0.0, 1.0, 0.0], [0.3, 0.1, 0.6]])
TRUE = np.array([[0.64, 0.32, 0.04], [0.25, 0.25, 0.5]])
GIVEN = np.array([1, 2])


def by_hand(image, given):
    """[right, even, as in the reference, look-alike], each for all true classes."""
    likeness = TRUE[image] ** 0.5
    found = np.zeros((4, 3))
    for true in range(3):
        others = [other for other in range(3) if other != true]
        if true == given:
            found[0, true] = 1
            continue
        found[1, true] = 1 / 2
        found[3, true] = likeness[given] / likeness[others].sum()
        off_diagonal = MATRIX[true, others].sum()
        found[2, true] = MATRIX[true, given] / off_diagonal if off_diagonal else 1 / 2
    return found


def test_chances__by_hand():
    chances = LabelSources(MATRIX).chances(TRUE, GIVEN)
    expected = [TRUE[image] @ by_hand(image, given).T for image, given in enumerate(GIVEN)]
    assert chances == pytest.approx(np.array(expected), abs=1e-6)


def test_chances__over_all_labels_each_source_sums_to_one():
    for image in range(2):
        same = np.repeat(TRUE[[image]], 3, axis=0)
        chances = LabelSources(MATRIX).chances(same, np.arange(3))
        assert chances.sum(axis=0) == pytest.approx(np.ones(4))


def test_log_likelihood__mistakes_of_all_kinds_alike():
    found = LabelSources(MATRIX).log_likelihood(np.log(TRUE), GIVEN, wrong_rate=0.3)
    for image, given in enumerate(GIVEN):
        right, *mistakes = by_hand(image, given)
        expected = 0.7 * right + 0.1 * np.sum(mistakes, axis=0)
        assert np.exp(found[image]) == pytest.approx(expected, abs=1e-6)


def test_log_likelihood__two_classes():
    found = LabelSources(np.eye(2)).log_likelihood(
        np.log([[0.9, 0.1]]), np.array([1]), wrong_rate=0.2
    )
    assert np.exp(found) == pytest.approx(np.array([[0.2, 0.8]]))
