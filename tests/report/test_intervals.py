import pytest

from labelfix.data.shares import AnnotatorQuality, WrongShare
from labelfix.report.intervals import (
    MOST_ROWS,
    ROWS_AT_ONCE,
    NamedShare,
    axis_end,
    make_interval_chart,
    wrong_share_of,
)


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
