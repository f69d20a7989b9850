"""The targets of the grid, whether they are met, and by which setting they are missed most."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from grid_cells import Cell
from noise_settings import RIGHT

ALIKE = "alike"
OF_CLASS = ("even", "pair", "block")
MIDDLE = {"classes": 10, "rows": 5_000}
LEAST_ROWS_TO_CALIBRATE = 1_000
OPEN = {"mobilenetv2-worse-all": 79.0, "mobilenetv2-aggre-all": 92.3, "mobilenetv2-pmd35-all": 78.1}
"""Setting to the right labels in percent that are to be reached or passed."""

Limits = Mapping[int, float]


@dataclass(frozen=True)
class Target:
    """Something that is to be at most so much.

    Attributes:
        name: what is, in words.
        limits: number of audits to the most; other numbers have no target.
        value: of a cell; None where the target says nothing of it.
        mean: whether the cells' mean is held against the limit, and not the largest.
    """

    name: str
    limits: Limits
    value: Callable[[Cell], float | None]
    mean: bool = False


def _below_peer(cell: Cell) -> float | None:
    better = cell.best_peer > cell.given
    return cell.best_peer - cell.right_after if better else None


def _below_bound(cell: Cell) -> float | None:
    in_middle = all(getattr(cell, name) == value for name, value in MIDDLE.items())
    return cell.bound - cell.right_after if in_middle and cell.bound is not None else None


def _of_kind(
    value: Callable[[Cell], float | None], wanted: Callable[[str], bool]
) -> Callable[[Cell], float | None]:
    return lambda cell: value(cell) if wanted(cell.kind) else None


def _below_open(cell: Cell) -> float | None:
    return OPEN[cell.name] - cell.right_after if cell.name in OPEN else None


def _width(cell: Cell) -> float | None:
    return None if cell.low is None or cell.high is None else cell.high - cell.low


TARGETS = (
    Target(
        "points below the given labels",
        {0: 0.3, 20: 0.3, 100: 0.3},
        lambda cell: cell.given - cell.right_after,
    ),
    Target(
        "% of right labels changed where all are right",
        {0: 0.5, 20: 0.1, 100: 0.1},
        _of_kind(lambda cell: cell.changed_right, lambda kind: kind == RIGHT),
    ),
    Target(
        "points below the better peer, but look-alikes without audits",
        {0: 1.0},
        _of_kind(_below_peer, lambda kind: kind != ALIKE),
    ),
    Target(
        "points below the better peer, look-alikes without audits",
        {0: 3.0},
        _of_kind(_below_peer, lambda kind: kind == ALIKE),
    ),
    Target("points below the better peer", {20: 0.5, 100: 0.3}, _below_peer),
    Target(
        "points below the bound, even, pair and block, 10 classes x 500",
        {0: 1.0, 20: 1.0, 100: 1.0},
        _of_kind(_below_bound, lambda kind: kind in OF_CLASS),
    ),
    Target(
        "points below the bound, look-alikes, 10 classes x 500",
        {0: 3.0, 20: 2.0, 100: 1.5},
        _of_kind(_below_bound, lambda kind: kind == ALIKE),
    ),
    Target(
        "points that the estimated share is off, mean",
        {0: 3.0, 20: 2.0, 100: 1.5},
        lambda cell: cell.off,
        mean=True,
    ),
    Target(
        "share of runs whose interval misses the truth",
        {0: 0.05, 20: 0.05, 100: 0.05},
        lambda cell: None if cell.covered is None else 1 - cell.covered,
        mean=True,
    ),
    Target("points from end to end of the interval", {100: 6.0}, _width),
    Target(
        "calibration error, mean",
        {0: 0.03, 20: 0.03, 100: 0.03},
        lambda cell: cell.calibration_error,
        mean=True,
    ),
    Target(
        "calibration error of 1,000 rows or more",
        {0: 0.06, 20: 0.06, 100: 0.06},
        lambda cell: cell.calibration_error if cell.rows >= LEAST_ROWS_TO_CALIBRATE else None,
    ),
    Target("points below what mobilenetv2 is to reach on people's labels", {0: 0.0}, _below_open),
)

COMPARED = {"average precision": "average_precision", "AUROC": "auroc"}
"""What is not to be below an earlier run, in words, and the cells' field of it."""


def held(cells: list[Cell]) -> list[dict[str, Any]]:
    """Every target at every number of audits that was run: what was found, and the worst setting.

    A target of which no cell says anything is left out.
    """
    return [
        _held(target.name, audits, limit, _values(cells, audits, target.value), mean=target.mean)
        for target in TARGETS
        for audits, limit in target.limits.items()
        if _values(cells, audits, target.value)
    ]


def held_against(before: Iterable[Cell], cells: list[Cell]) -> list[dict[str, Any]]:
    """The targets against an earlier run of the grid, over the cells that both have.

    Args:
        before: cells of the earlier run.
        cells: of this one.
    """
    earlier = {(cell.name, cell.audits): cell for cell in before}
    pairs = [
        (earlier[cell.name, cell.audits], cell)
        for cell in cells
        if (cell.name, cell.audits) in earlier
    ]
    found = []
    for name, field in COMPARED.items():
        losses = {
            new.name: 100 * (getattr(old, field) - getattr(new, field))
            for old, new in pairs
            if not new.audits and None not in (getattr(old, field), getattr(new, field))
        }
        if losses:
            target = f"points of {name} lost to the earlier run, mean"
            found.append(_held(target, 0, 0.0, losses, mean=True))
    times = {new.name: new.seconds / old.seconds for old, new in pairs if not new.audits}
    if times:
        found.append(_held("times the earlier seconds, mean", 0, 1.0, times, mean=True))
    return found


def _values(
    cells: list[Cell], audits: int, value: Callable[[Cell], float | None]
) -> dict[str, float]:
    """Setting to value, of the cells that have one."""
    found = {cell.name: value(cell) for cell in cells if cell.audits == audits}
    return {name: one for name, one in found.items() if one is not None}


def _held(
    name: str, audits: int, limit: float, values: Mapping[str, float], *, mean: bool
) -> dict[str, Any]:
    worst = max(values, key=lambda setting: values[setting])
    found = round(float(np.mean([*values.values()])) if mean else values[worst], 4)
    return {
        "target": name,
        "audits": audits,
        "at_most": limit,
        "found": found,
        "met": found <= limit,
        "worst_setting": worst,
        "of_worst": round(values[worst], 4),
        "missed_by": 0 if mean else sum(value > limit for value in values.values()),
        "settings": len(values),
    }
