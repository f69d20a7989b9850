"""The reliability diagram of the page: a dot for each part of the confidences."""

from collections.abc import Sequence
from dataclasses import dataclass

from labelfix.scoring.reliability import ReliabilityBin


@dataclass(frozen=True)
class Dot:
    """One part of the diagram in a square of a given side, y from the top."""

    part: ReliabilityBin
    x: float
    y: float
    y_low: float
    y_high: float
    radius: float


def make_dots(bins: Sequence[ReliabilityBin], side: float, radius: float = 9.0) -> list[Dot]:
    """A dot for each part; its area grows with its rows.

    Args:
        bins: the parts.
        side: of the square in px.
        radius: of the part with the most rows, in px.
    """
    most = max((part.rows for part in bins), default=1)
    return [
        Dot(
            part,
            round(side * part.confidence, 2),
            round(side * (1 - part.right), 2),
            round(side * (1 - part.low), 2),
            round(side * (1 - part.high), 2),
            round(max(3.0, radius * (part.rows / most) ** 0.5), 2),
        )
        for part in bins
    ]
