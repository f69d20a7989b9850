"""Which class is suggested, and to whom a class of too few images is."""

import numpy as np
import pytest

from labelfix.methods.row_evidence import best_supported

PROBABILITIES = np.array([[0.1, 0.3, 0.6], [0.5, 0.3, 0.2], [0.2, 0.1, 0.7]])


@pytest.mark.parametrize(
    ("too_few", "given", "expected"),
    [
        ([False, False, False], [0, 1, 2], [2, 0, 2]),
        ([False, False, True], [0, 1, 0], [1, 0, 0]),  # the next likeliest
        ([False, False, True], [2, 2, 2], [2, 2, 2]),  # its own image stays
        ([True, False, False], [1, 0, 1], [2, 0, 2]),
        ([True, True, True], [1, 2, 0], [1, 2, 0]),
    ],
)
def test_best_supported__by_hand(too_few, given, expected):
    found = best_supported(PROBABILITIES, np.array(given), np.array(too_few))
    assert found.tolist() == expected


def test_best_supported__zero_of_a_supported_class_is_more_than_any_of_another():
    found = best_supported(np.array([[0.0, 1.0]]), np.array([0]), np.array([False, True]))
    assert found.tolist() == [0]
