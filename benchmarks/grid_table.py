"""The noise grid as Markdown tables, and as one picture."""

from pathlib import Path
from typing import Any

from grid_cells import Cell

HEADINGS = (
    *("setting", "audits", "given", "bound", "cleanlab", "regression", "after"),
    *("right ones changed", "wrong", "estimated", "covered", "calibration error"),
    *("average precision", "AUROC", "seconds"),
)

TARGET_HEADINGS = (
    "target",
    "audits",
    "at most",
    "found",
    "met",
    "worst setting",
    "of it",
    "missed",
)

STYLES = (("#8a8a8a", "^"), ("#d1603d", "s"), ("#0b6e99", "o"), ("#5b8c5a", "D"))
"""Of the numbers of audits in order; colour and marker differ: it can be read in grey."""

INCHES_A_SETTING, INCHES_OF_EDGES = 0.17, 1.8


def cells_as_markdown(cells: list[Cell]) -> str:
    """A line for each setting and number of audits; shares of labels in percent."""
    return _markdown(HEADINGS, [_cell(cell) for cell in cells])


def targets_as_markdown(held: list[dict[str, Any]]) -> str:
    """A line for each target and number of audits."""
    return _markdown(
        TARGET_HEADINGS,
        [
            [
                line["target"],
                str(line["audits"]),
                f"{line['at_most']:g}",
                f"{line['found']:.2f}",
                "yes" if line["met"] else "**no**",
                line["worst_setting"],
                f"{line['of_worst']:.2f}",
                f"{line['missed_by']} of {line['settings']}" if line["missed_by"] else "",
            ]
            for line in held
        ],
    )


def draw(path: Path, cells: list[Cell]) -> None:
    """Write a PNG: points above the given labels, above the better peer, and below the bound."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = list(dict.fromkeys(cell.name for cell in cells))
    panels = {
        "above the given labels": lambda cell: cell.right_after - cell.given,
        "above the better of cleanlab and regression": lambda cell: (
            cell.right_after - cell.best_peer
        ),
        "above the best possible": lambda cell: (
            None if cell.bound is None else cell.right_after - cell.bound
        ),
    }
    height = INCHES_OF_EDGES + INCHES_A_SETTING * len(names)
    figure, axes = pyplot.subplots(
        1, len(panels), figsize=(13, height), sharey=True, layout="constrained"
    )
    for axis, (title, value) in zip(axes, panels.items(), strict=True):
        _draw_panel(axis, cells, names, value)
        axis.set_title(f"points {title}", fontsize=10, loc="left")
    axes[0].set_yticks(range(len(names)), names, fontsize=7)
    axes[0].set_ylim(len(names) - 0.5, -0.5)
    axes[0].legend(loc="best", fontsize=8, frameon=False)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _draw_panel(axis: Any, cells: list[Cell], names: list[str], value: Any) -> None:
    axis.axvline(0, color="#bbbbbb", linewidth=1, zorder=1)
    for place, audits in enumerate(sorted({cell.audits for cell in cells})):
        colour, marker = STYLES[place % len(STYLES)]
        points = {cell.name: value(cell) for cell in cells if cell.audits == audits}
        there = {name: point for name, point in points.items() if point is not None}
        axis.scatter(
            list(there.values()),
            [names.index(name) for name in there],
            s=18,
            color=colour,
            marker=marker,
            alpha=0.85,
            zorder=3,
            label=f"{audits} audits",
        )
    axis.set_xscale("symlog", linthresh=1)
    axis.set_xticks([-30, -10, -3, -1, 0, 1, 3, 10, 30], [-30, -10, -3, -1, 0, 1, 3, 10, 30])
    axis.grid(color="#eeeeee", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.tick_params(length=0, labelsize=8, colors="#444444", which="both")
    axis.spines[["top", "right", "left", "bottom"]].set_visible(False)


def _cell(cell: Cell) -> list[str]:
    estimated = (
        "" if cell.estimate is None else f"{cell.estimate:.1f} ({cell.low:.1f} to {cell.high:.1f})"
    )
    return [
        cell.name,
        str(cell.audits),
        *(
            _write(value, ".1f")
            for value in (cell.given, cell.bound, cell.cleanlab, cell.logistic_regression)
        ),
        f"{cell.right_after:.1f}",
        _write(cell.changed_right, ".2f"),
        f"{cell.wrong:.1f}",
        estimated,
        "" if cell.covered is None else f"{round(cell.covered * cell.seeds)} of {cell.seeds}",
        *(
            _write(value, ".3f")
            for value in (cell.calibration_error, cell.average_precision, cell.auroc)
        ),
        f"{cell.seconds:.1f}",
    ]


def _write(value: float | None, how: str) -> str:
    return "" if value is None else format(value, how)


def _markdown(headings: tuple[str, ...], rows: list[list[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
