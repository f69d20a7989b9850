"""Measures of ranking and of reliability."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from labelfix.scoring.metrics import (
    area_under_roc,
    average_precision,
    calibration_error,
    missed_within,
    reliability_bins,
)


def test_area_and_precision__by_hand():
    suspicion = np.array([0.9, 0.8, 0.3, 0.1])
    is_wrong = np.array([True, False, True, False])
    assert area_under_roc(suspicion, is_wrong) == 0.75  # of four pairs one is in the wrong order
    assert average_precision(suspicion, is_wrong) == pytest.approx((1 + 2 / 3) / 2)


@pytest.mark.parametrize("seed", range(5))
def test_area_and_precision__as_scikit_learn_has_them_with_ties(seed):
    random = np.random.default_rng(seed)
    suspicion = random.integers(0, 6, 80) / 5
    is_wrong = random.random(80) < 0.2 + 0.5 * suspicion
    assert area_under_roc(suspicion, is_wrong) == pytest.approx(roc_auc_score(is_wrong, suspicion))
    expected = average_precision_score(is_wrong, suspicion)
    assert average_precision(suspicion, is_wrong) == pytest.approx(expected)


def test_area_and_precision__of_labels_of_one_kind():
    right = np.zeros(3, dtype=bool)
    assert area_under_roc(np.arange(3.0), right) is None
    assert area_under_roc(np.arange(3.0), ~right) is None
    assert average_precision(np.arange(3.0), right) is None
    assert average_precision(np.arange(3.0), ~right) == 1


def test_missed_within__a_budget():
    is_wrong = np.array([True, False, True, True])
    order = np.array([2, 1, 0, 3])
    assert [missed_within(order, is_wrong, budget) for budget in range(5)] == [3, 2, 2, 1, 0]


def test_reliability_bins__by_hand():
    confidence = np.array([0.9, 0.95, 1.0, 0.5, 0.55])
    is_right = np.array([True, True, False, True, False])
    low, high = reliability_bins(confidence, is_right)
    assert (low.rows, low.right) == (2, 0.5)
    assert low.confidence == pytest.approx(0.525)
    assert (high.rows, high.right) == (3, pytest.approx(2 / 3))
    assert high.confidence == pytest.approx(0.95)
    # (2 * 0.025 + 3 * (0.95 - 2/3)) / 5
    assert calibration_error([low, high]) == pytest.approx(0.18)


def test_calibration_error__of_nothing_and_of_the_perfect():
    assert calibration_error([]) == 0
    perfect = reliability_bins(np.array([1.0, 1.0, 0.0]), np.array([True, True, False]))
    assert calibration_error(perfect) == 0


def interval(right: int, rows: int) -> tuple[float, float]:
    """That of the single bin of some rows."""
    (part,) = reliability_bins(np.full(rows, 0.95), np.arange(rows) < right)
    return part.low, part.high


def test_reliability_bins__interval_of_wilson():
    # Of 5 of 10: centre 0.5, half 1.959964 / (1 + z²/10) * sqrt(0.025 + z²/400)
    assert interval(5, 10) == (pytest.approx(0.2366, abs=1e-4), pytest.approx(0.7634, abs=1e-4))


def test_reliability_bins__interval_stays_within_0_and_1():
    low, high = interval(10, 10)
    assert high == pytest.approx(1.0)
    assert high <= 1
    assert low == pytest.approx(0.7225, abs=1e-4)
    assert interval(0, 10)[0] >= 0
