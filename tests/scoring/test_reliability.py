import numpy as np
import pytest

from labelfix.scoring.reliability import (
    calibration_error,
    reliability_bins,
    wilson_interval,
)


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


def test_wilson_interval__of_half_of_ten():
    # Wilson's interval of 5 of 10: centre 0.5, half 1.959964 / (1 + z²/10) * sqrt(0.025 + z²/400)
    low, high = wilson_interval(5, 10)
    assert (low, high) == (pytest.approx(0.2366, abs=1e-4), pytest.approx(0.7634, abs=1e-4))


def test_wilson_interval__stays_within_0_and_1():
    low, high = wilson_interval(10, 10)
    assert high == pytest.approx(1.0)
    assert high <= 1
    assert low == pytest.approx(0.7225, abs=1e-4)
    assert wilson_interval(0, 10)[0] >= 0
