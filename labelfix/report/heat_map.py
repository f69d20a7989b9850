"""The noise transition matrix as a heat map, for as many classes as fit on a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Shares at which the colour gets one step stronger; fixed, so that pages can be compared."""

MOST_CLASSES = 40
MOST_WITH_NUMBERS = 14
"""Classes up to which a cell has room for its number."""

SHORT_NAME = 4
"""Characters up to which a name fits above its column."""


@dataclass(frozen=True, kw_only=True)
class HeatMap:
    """The matrix of the S classes that are shown.

    Attributes:
        class_names: S labels.
        shares: (S, S) float64, P(given j | true i).
        steps: (S, S) int64, from 0 for no colour to `len(STEPS)`; the diagonal has none.
        left_out: how many classes are not shown.
        elsewhere: (S,) float64, the share of each class whose given label is not shown.
    """

    class_names: Sequence[str]
    shares: npt.NDArray[np.float64] = field(repr=False)
    steps: npt.NDArray[np.int64] = field(repr=False)
    left_out: int
    elsewhere: npt.NDArray[np.float64] = field(repr=False)

    @property
    def has_numbers(self) -> bool:
        """Whether cells have room for their numbers."""
        return len(self.class_names) <= MOST_WITH_NUMBERS

    @property
    def has_short_names(self) -> bool:
        """Whether the names fit above their columns."""
        return self.has_numbers and max(map(len, self.class_names)) <= SHORT_NAME

    @property
    def rows(self) -> list[tuple[str, list[tuple[float, int]], float]]:
        """For each class: its name, the share and step of every cell, and the share elsewhere."""
        return [
            (
                name,
                list(zip(shares.tolist(), steps.tolist(), strict=True)),
                float(elsewhere),
            )
            for name, shares, steps, elsewhere in zip(
                self.class_names, self.shares, self.steps, self.elsewhere, strict=True
            )
        ]


def make_heat_map(
    class_names: Sequence[str], transition: npt.NDArray[np.float64], most: int = MOST_CLASSES
) -> HeatMap:
    """The heat map of all classes, or of the most confused ones if there are too many.

    Args:
        class_names: C labels.
        transition: (C, C), P(given j | true i); rows sum to 1.
        most: how many classes are shown.
    """
    shown = most_confused(transition, most)
    shares = transition[np.ix_(shown, shown)]
    steps = np.searchsorted(STEPS, shares, side="right")
    np.fill_diagonal(steps, 0)
    return HeatMap(
        class_names=[class_names[index] for index in shown],
        shares=shares,
        steps=steps,
        left_out=len(class_names) - len(shown),
        elsewhere=np.clip(1 - shares.sum(axis=1), 0, 1),
    )


def most_confused(transition: npt.NDArray[np.float64], most: int) -> list[int]:
    """The classes with the most noise from and to others, in their original order.

    Args:
        transition: (C, C), rows sum to 1.
        most: how many; ties go to the first.
    """
    noise = transition.copy()
    np.fill_diagonal(noise, 0)
    involved = noise.sum(axis=0) + noise.sum(axis=1)
    strongest = np.argsort(-involved, kind="stable")[:most]
    return sorted(strongest.tolist())
