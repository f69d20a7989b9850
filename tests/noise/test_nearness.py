"""Outer fences, by hand."""

import numpy as np
import pytest

from labelfix.noise.nearness import LeastNearness, least_nearness


def test_least_nearness__three_interquartile_ranges_below_the_lower_quartile():
    """Class 0: quartiles 0.7 and 0.8. Class 2: all alike. All: quartiles 0.75 and 0.95."""
    nearness = np.array([0.6, 0.95, 0.7, 0.95, 0.75, 0.95, 0.8, 0.95, 0.9])
    labels = np.array([0, 2, 0, 2, 0, 2, 0, 2, 0])
    found = least_nearness(nearness, labels, 3)
    assert found.of_class == pytest.approx(np.array([0.4, -np.inf, 0.95]))
    assert found.of_all == pytest.approx(0.75 - 3 * 0.2)


def test_typical__of_a_uniform_class_and_of_another():
    fences = LeastNearness(np.array([0.8, 0.3]), 0.5)
    nearness = np.array([0.8, 0.7, 0.4, 0.4, 0.2])
    classes = np.array([0, 0, 0, 1, 1])
    assert fences.typical(nearness, classes).tolist() == [True, False, False, True, False]
    assert fences.off_topic(nearness, classes).tolist() == [False, False, True, False, True]
