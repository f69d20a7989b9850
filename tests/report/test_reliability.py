import numpy as np

from labelfix.report.reliability import make_dots
from labelfix.scoring.reliability import reliability_bins


def test_make_dots__places_and_sizes():
    bins = reliability_bins(
        np.array([0.75, 0.75, 0.75, 0.75, 0.25]), np.array([True, True, True, False, True])
    )
    few, many = make_dots(bins, side=200, radius=10)
    assert (many.x, many.y, many.radius) == (150.0, 50.0, 10.0)
    assert (few.x, few.y, few.radius) == (50.0, 0.0, 5.0)  # a quarter of the rows: half as wide
    assert many.y_high < many.y < many.y_low
