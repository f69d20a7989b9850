"""Shares with their 95 % intervals, as dots and whiskers on one axis."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labelfix.data.shares import AnnotatorQuality, WrongShare

AXIS_ENDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
ROWS_AT_ONCE = 15
"""How many are seen before the rest is unfolded."""
MOST_ROWS = 200
"""Of thousands of classes, those with the largest shares."""


@dataclass(frozen=True)
class NamedShare:
    """Whose share of wrong labels it is."""

    name: str
    wrong: WrongShare


@dataclass(frozen=True)
class Whisker:
    """One line of the chart; places are percent of the axis.

    Attributes:
        name: of a class or an annotator.
        wrong: the share of wrong labels.
        low, dot, high: where the interval begins, the estimate lies, and the interval ends.
    """

    name: str
    wrong: WrongShare
    low: float
    dot: float
    high: float


@dataclass(frozen=True)
class IntervalChart:
    """Dots and whiskers, the largest share first.

    Attributes:
        first: the lines that are seen at once.
        rest: those that are unfolded.
        ticks: (place in percent, share) of the axis.
        overall: the place of the share of all rows; None where it is not known.
        end: the share at the end of the axis.
        left_out: how many have no line.
    """

    first: Sequence[Whisker]
    rest: Sequence[Whisker]
    ticks: Sequence[tuple[float, float]]
    overall: float | None
    end: float
    left_out: int


def make_interval_chart(
    shares: Iterable[NamedShare], overall: WrongShare | None
) -> IntervalChart | None:
    """A chart of shares; None where there are none.

    Args:
        shares: of classes or of annotators; those without rows are left out.
        overall: the share of all rows, a line across the chart.
    """
    known = sorted(
        (one for one in shares if one.wrong.rows),
        key=lambda one: (-one.wrong.share, one.name),
    )
    if not known:
        return None
    highest = max(one.wrong.high for one in known)
    end = axis_end(max(highest, overall.share if overall is not None else 0.0))

    def place(share: float) -> float:
        return round(100 * min(share, end) / end, 2)

    lines = [
        Whisker(
            one.name,
            one.wrong,
            place(one.wrong.low),
            place(one.wrong.share),
            place(one.wrong.high),
        )
        for one in known[:MOST_ROWS]
    ]
    # One line more is no reason to fold anything.
    at_once = ROWS_AT_ONCE if len(lines) > ROWS_AT_ONCE + 1 else len(lines)
    return IntervalChart(
        lines[:at_once],
        lines[at_once:],
        [(0.0, 0.0), (50.0, end / 2), (100.0, end)],
        None if overall is None else place(overall.share),
        end,
        len(known) - len(lines),
    )


def axis_end(highest: float) -> float:
    """The first round share that is not below another one."""
    return next((end for end in AXIS_ENDS if end >= highest - 1e-9), 1.0)


def wrong_share_of(annotator: AnnotatorQuality) -> NamedShare:
    """An annotator's share of wrong labels."""
    return NamedShare(annotator.name, annotator.wrong)
