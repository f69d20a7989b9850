"""Plots of corrections by matplotlib, which is an extra."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from labelfix.data.corrections import ACTIONS, Corrections
from labelfix.errors import MissingPackageError
from labelfix.library.notebook_tables import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS = 20
"""Of the histogram: 5 points of percent each."""


def draw_confusion(corrections: Corrections, most: int, ax: "Axes | None") -> "Axes":
    """Draw how many rows of each given label are likelier of each other class.

    Args:
        corrections: of R rows.
        most: classes that are drawn, those that are confused most.
        ax: where to draw; None makes a new figure.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    names, counts = _confused(corrections, most)
    ax = _axes(ax)
    ax.set_title("Rows that are likelier of another class")
    if not names:
        ax.text(0.5, 0.5, "none", ha="center", va="center")
        return ax
    image = ax.imshow(counts, cmap="Blues", vmin=0, vmax=int(counts.max()))
    ticks = range(len(names))
    labels = [shortened(name) for name in names]
    ax.set_xticks(ticks, labels, rotation=90, parse_math=False)
    ax.set_yticks(ticks, labels, parse_math=False)
    ax.set_xlabel("suggested label")
    ax.set_ylabel("given label")
    ax.figure.colorbar(image, ax=ax, label="rows")
    return ax


def draw_confidence(corrections: Corrections, ax: "Axes | None") -> "Axes":
    """Draw how probably the given labels are right, by action.

    Args:
        corrections: of R rows.
        ax: where to draw; None makes a new figure.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    ax = _axes(ax)
    known = ~np.isnan(corrections.self_confidence)
    drawn = [action for action in ACTIONS if (known & (corrections.action == action)).any()]
    values = [corrections.self_confidence[known & (corrections.action == one)] for one in drawn]
    if drawn:
        ax.hist(values, bins=BINS, range=(0, 1), stacked=True, label=drawn)
        ax.legend(title="action")
    ax.set_xlim(0, 1)
    ax.set_xlabel("probability that the given label is right")
    ax.set_ylabel("rows")
    return ax


def _confused(corrections: Corrections, most: int) -> tuple[list[Any], npt.NDArray[np.int64]]:
    """The most confused classes in order, and (S, S) rows by [given, suggested] label."""
    pairs = [
        (given, suggested)
        for given, suggested in zip(
            corrections.given_label.tolist(), corrections.suggested_label.tolist(), strict=True
        )
        if suggested is not None and given != suggested and str(given).strip()
    ]
    rows_of: dict[Any, int] = {}
    for pair in pairs:
        for name in pair:
            rows_of[name] = rows_of.get(name, 0) + 1
    names = sorted(sorted(rows_of, key=lambda name: (-rows_of[name], str(name)))[:most])
    place = {name: position for position, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    for given, suggested in pairs:
        if given in place and suggested in place:
            counts[place[given], place[suggested]] += 1
    return names, counts


def _axes(ax: "Axes | None") -> "Axes":
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise MissingPackageError(
            "plots need matplotlib, which is not installed",
            'Install it: pip install "labelfix[plots]"',
        ) from error
    return pyplot.subplots()[1]
