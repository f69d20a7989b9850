"""Charts of the report."""

import numpy as np
import pytest

from labelfix.data.shares import AnnotatorQuality, WrongShare
from labelfix.report.charts import (
    MOST_ROWS,
    ROWS_AT_ONCE,
    NamedShare,
    Plot,
    axis_end,
    count_in_bins,
    make_bars,
    make_dots,
    make_interval_chart,
    wrong_share_of,
)
from labelfix.scoring.metrics import reliability_bins


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


def named(name: str, share: float, low: float, high: float, rows: int = 10) -> NamedShare:
    return NamedShare(name, WrongShare(rows=rows, share=share, low=low, high=high))


def test_make_interval_chart__places_in_percent_of_the_axis():
    chart = make_interval_chart(
        [named("a", 0.1, 0.05, 0.18)], WrongShare(rows=10, share=0.15, low=0.1, high=0.2)
    )
    (line,) = chart.first
    assert chart.end == 0.2
    assert (line.low, line.dot, line.high) == (25.0, 50.0, 90.0)
    assert chart.overall == 75.0
    assert chart.ticks == [(0.0, 0.0), (50.0, 0.1), (100.0, 0.2)]


def test_make_interval_chart__largest_share_first_and_ties_by_name():
    chart = make_interval_chart(
        [named("b", 0.1, 0, 0.2), named("c", 0.3, 0.2, 0.4), named("a", 0.1, 0, 0.2)], None
    )
    assert [line.name for line in chart.first] == ["c", "a", "b"]
    assert chart.overall is None


def test_make_interval_chart__without_rows_there_is_none():
    assert make_interval_chart([], None) is None
    assert make_interval_chart([named("a", 0, 0, 0, rows=0)], None) is None


def test_make_interval_chart__overall_share_is_on_the_axis():
    chart = make_interval_chart(
        [named("a", 0.01, 0.0, 0.02)], WrongShare(rows=10, share=0.5, low=0.4, high=0.6)
    )
    assert chart.end == 0.5
    assert chart.overall == 100.0


@pytest.mark.parametrize(
    ("lines", "at_once", "folded", "left_out"),
    [
        (ROWS_AT_ONCE + 1, ROWS_AT_ONCE + 1, 0, 0),
        (ROWS_AT_ONCE + 2, ROWS_AT_ONCE, 2, 0),
        (MOST_ROWS + 5, ROWS_AT_ONCE, MOST_ROWS - ROWS_AT_ONCE, 5),
    ],
)
def test_make_interval_chart__folds_many_lines(lines, at_once, folded, left_out):
    chart = make_interval_chart([named(f"{row:04d}", 0.1, 0, 0.2) for row in range(lines)], None)
    assert (len(chart.first), len(chart.rest), chart.left_out) == (at_once, folded, left_out)


@pytest.mark.parametrize(("highest", "end"), [(0.0, 0.01), (0.2, 0.2), (0.21, 0.3), (0.99, 1.0)])
def test_axis_end__is_round_and_not_below(highest, end):
    assert axis_end(highest) == end


def test_wrong_share_of__turns_the_interval_around():
    share = wrong_share_of(
        AnnotatorQuality(name="ada", labels=7, right_share=0.75, low=0.5, high=0.875)
    )
    assert share == NamedShare("ada", WrongShare(rows=7, share=0.25, low=0.125, high=0.5))


def test_make_dots__places_and_sizes():
    bins = reliability_bins(
        np.array([0.75, 0.75, 0.75, 0.75, 0.25]), np.array([True, True, True, False, True])
    )
    few, many = make_dots(bins, side=200, radius=10)
    assert (many.x, many.y, many.radius) == (150.0, 50.0, 10.0)
    assert (few.x, few.y, few.radius) == (50.0, 0.0, 5.0)  # a quarter of the rows: half as wide
    assert many.y_high < many.y < many.y_low
