"""How confidences are spread, as bars."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BINS = 20


@dataclass(frozen=True)
class Bar:
    """One bar; places and sizes are in the units of the plot, y from the top.

    Attributes:
        low, high: the confidences between which it counts.
        rows: how many it counts.
        x, y, width, height: where it is drawn.
    """

    low: float
    high: float
    rows: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Plot:
    """The room that bars have, in px."""

    width: float = 280.0
    height: float = 84.0
    gap: float = 2.0
    least_height: float = 1.5
    """Of a bar that counts anything, so that one row among thousands is seen."""


def count_in_bins(confidence: npt.NDArray[np.float64], bins: int = BINS) -> npt.NDArray[np.int64]:
    """(bins,) how many values lie in each of some equal parts of [0, 1].

    A value on a border counts above it, 1 in the last part; NaN is passed over.
    """
    known = confidence[~np.isnan(confidence)]
    parts = np.clip(np.floor(known * bins + 1e-9).astype(np.int64), 0, bins - 1)
    counts: npt.NDArray[np.int64] = np.bincount(parts, minlength=bins)
    return counts


def make_bars(counts: npt.NDArray[np.int64], plot: Plot) -> list[Bar]:
    """A bar for each part of [0, 1]; the largest count takes the whole height.

    Args:
        counts: (bins,) int64.
        plot: the room for them.
    """
    bins = len(counts)
    step = plot.width / bins
    most = max(int(counts.max(initial=0)), 1)
    bars = []
    for place, rows in enumerate(counts.tolist()):
        height = max(plot.height * rows / most, plot.least_height) if rows else 0.0
        bars.append(
            Bar(
                place / bins,
                (place + 1) / bins,
                rows,
                round(place * step + plot.gap / 2, 2),
                round(plot.height - height, 2),
                round(step - plot.gap, 2),
                round(height, 2),
            )
        )
    return bars
