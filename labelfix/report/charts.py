"""Charts of the report: histograms, intervals on an axis, the reliability diagram."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelfix.data.shares import AnnotatorQuality, WrongShare
from labelfix.scoring.metrics import ReliabilityBin

BINS = 20


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar; places and sizes are in the units of the plot, y from the top.

    Attributes:
        low, high: the range of its confidences.
        rows: how many rows are in it.
        x, y, width, height: where it is drawn.
    """

    low: float
    high: float
    rows: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Plot:
    """The size of a plot of bars, in px."""

    width: float = 280.0
    height: float = 84.0
    gap: float = 2.0
    least_height: float = 1.5
    """The least height of a bar that is not empty: one row among thousands stays visible."""


def count_in_bins(confidence: npt.NDArray[np.float64], bins: int = BINS) -> npt.NDArray[np.int64]:
    """(bins,) how many values lie in each of the bins that divide [0, 1] evenly.

    A value on a border counts in the upper bin, 1 in the last bin; NaN is skipped.
    """
    known = confidence[~np.isnan(confidence)]
    parts = np.clip(np.floor(known * bins + 1e-9).astype(np.int64), 0, bins - 1)
    counts: npt.NDArray[np.int64] = np.bincount(parts, minlength=bins)
    return counts


def make_bars(counts: npt.NDArray[np.int64], plot: Plot) -> list[Bar]:
    """A bar for each bin; the largest count takes the whole height.

    Args:
        counts: (bins,) int64.
        plot: the size of the plot.
    """
    bins = len(counts)
    step = plot.width / bins
    most = max(int(counts.max(initial=0)), 1)
    bars = []
    for place, rows in enumerate(counts.tolist()):
        height = max(plot.height * rows / most, plot.least_height) if rows else 0.0
        bars.append(
            Bar(
                low=place / bins,
                high=(place + 1) / bins,
                rows=rows,
                x=round(place * step + plot.gap / 2, 2),
                y=round(plot.height - height, 2),
                width=round(step - plot.gap, 2),
                height=round(height, 2),
            )
        )
    return bars


AXIS_ENDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
ROWS_AT_ONCE = 15
"""Lines that are visible before the rest is unfolded."""
MOST_ROWS = 200
"""Lines of a chart; of more classes, those with the largest shares are shown."""


@dataclass(frozen=True)
class NamedShare:
    """The share of wrong labels of a class or an annotator."""

    name: str
    wrong: WrongShare


@dataclass(frozen=True, kw_only=True)
class Whisker:
    """One line of the chart; places are percent of the axis.

    Attributes:
        name: of a class or an annotator.
        wrong: the share of wrong labels.
        low, dot, high: the beginning of the interval, the estimate, and its end.
    """

    name: str
    wrong: WrongShare
    low: float
    dot: float
    high: float


@dataclass(frozen=True, kw_only=True)
class IntervalChart:
    """Dots and whiskers, the largest share first.

    Attributes:
        first: the lines that are visible at once.
        rest: the lines to unfold.
        ticks: (place in percent, share) of the axis.
        overall: the place of the share of all rows; None where it is unknown.
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
    """A chart of shares; None without shares.

    Args:
        shares: of classes or of annotators; those without rows are skipped.
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

    def line(one: NamedShare) -> Whisker:
        return Whisker(
            name=one.name,
            wrong=one.wrong,
            low=place(one.wrong.low),
            dot=place(one.wrong.share),
            high=place(one.wrong.high),
        )

    lines = [line(one) for one in known[:MOST_ROWS]]
    # A single line is not worth folding.
    at_once = ROWS_AT_ONCE if len(lines) > ROWS_AT_ONCE + 1 else len(lines)
    return IntervalChart(
        first=lines[:at_once],
        rest=lines[at_once:],
        ticks=[(0.0, 0.0), (50.0, end / 2), (100.0, end)],
        overall=None if overall is None else place(overall.share),
        end=end,
        left_out=len(known) - len(lines),
    )


def axis_end(highest: float) -> float:
    """The first round share that is not below a given one."""
    return next((end for end in AXIS_ENDS if end >= highest - 1e-9), 1.0)


def wrong_share_of(annotator: AnnotatorQuality) -> NamedShare:
    """An annotator's share of wrong labels."""
    return NamedShare(annotator.name, annotator.wrong)


@dataclass(frozen=True, kw_only=True)
class Dot:
    """A bin of the reliability diagram, in a square of a given side; y from the top."""

    part: ReliabilityBin
    x: float
    y: float
    y_low: float
    y_high: float
    radius: float


def make_dots(bins: Sequence[ReliabilityBin], side: float, radius: float = 9.0) -> list[Dot]:
    """A dot for each bin of the reliability diagram; its area grows with its rows.

    Args:
        bins: of the diagram.
        side: of the square in px.
        radius: of the bin with the most rows, in px.
    """
    most = max((part.rows for part in bins), default=1)
    return [
        Dot(
            part=part,
            x=round(side * part.confidence, 2),
            y=round(side * (1 - part.right), 2),
            y_low=round(side * (1 - part.low), 2),
            y_high=round(side * (1 - part.high), 2),
            radius=round(max(3.0, radius * (part.rows / most) ** 0.5), 2),
        )
        for part in bins
    ]
