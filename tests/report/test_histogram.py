import numpy as np

from labelfix.report.histogram import Plot, count_in_bins, make_bars


def test_count_in_bins__borders_count_above_and_1_in_the_last():
    values = np.array([0.0, 0.24, 0.25, 0.5, 1.0, np.nan])
    assert count_in_bins(values, 4).tolist() == [2, 1, 1, 1]


def test_count_in_bins__a_border_that_no_float_holds_counts_above():
    # 0.29 * 100 is 28.999999999999996
    assert count_in_bins(np.array([0.29]), 100).tolist().index(1) == 29


def test_count_in_bins__nothing():
    assert count_in_bins(np.array([]), 2).tolist() == [0, 0]


def test_make_bars__highest_fills_the_plot_and_a_single_row_is_seen():
    plot = Plot(width=30, height=100, gap=2, least_height=1.5)
    none, one, many = make_bars(np.array([0, 1, 1000]), plot)
    assert (many.x, many.y, many.width, many.height) == (21.0, 0.0, 8.0, 100.0)
    assert (one.y, one.height) == (98.5, 1.5)
    assert none.height == 0
    assert (many.low, many.high, many.rows) == (2 / 3, 1.0, 1000)


def test_make_bars__no_rows_at_all():
    assert [bar.height for bar in make_bars(np.array([0, 0]), Plot())] == [0, 0]
