"""The figures of label quality as tables on the terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table

COLUMNS = {
    "right_after": ("right after %", "percent"),
    "fixed": ("fixed %", "percent"),
    "harmed": ("harmed %", "percent"),
    "changed": ("changed %", "percent"),
    "changed_rightly": ("rightly %", "percent"),
    "auroc": ("AUROC", "share"),
    "average_precision": ("avg. precision", "share"),
    "calibration_error": ("calib. error", "share"),
    "seconds": ("seconds", "seconds"),
    "process_seconds": ("with imports", "seconds"),
    "peak_mib": ("peak MiB", "whole"),
}
"""Of a method's figures: the heading, and how a number is written."""

WRITTEN = {
    "percent": lambda value: f"{100 * value:.1f}",
    "share": lambda value: f"{value:.3f}",
    "seconds": lambda value: f"{value:.1f}",
    "whole": lambda value: f"{value:.0f}",
}


def print_tables(runs: list[dict[str, Any]]) -> None:
    """Print the methods of each column of given labels, then labelfix through its commands."""
    console = Console(width=None if Console().is_terminal else 160)
    for run in runs:
        console.print(_methods(run))
        for method, reason in run["failed"].items():
            console.print(f"{method} failed: {reason}", markup=False)
        if "labelfix_commands" in run:
            console.print(_commands(run["given"], run["labelfix_commands"]))


def _methods(run: dict[str, Any]) -> Table:
    table = Table(title=f"{run['given']}: {run['rows']} rows, {run['classes']} classes")
    table.add_column("method", min_width=max(map(len, run["methods"]), default=0))
    for heading, _ in COLUMNS.values():
        table.add_column(heading, justify="right")
    for method, figures in run["methods"].items():
        table.add_row(method, *(_write(figures[name], how) for name, (_, how) in COLUMNS.items()))
    return table


def _commands(column: str, commands: dict[str, Any]) -> Table:
    table = Table(title=f"{column}: labelfix index, train and relabel", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    stages = ", ".join(f"{name} {value:.1f}" for name, value in commands["stage_seconds"].items())
    table.add_row("right after %", _write(commands["right_after"], "percent"))
    table.add_row("seconds", f"{commands['seconds']:.1f} ({stages})")
    table.add_row("peak MiB", _write(commands["peak_mib"], "whole"))
    if "times_cleanlab" in commands:
        times = commands["times_cleanlab"]
        table.add_row("seconds, times cleanlab's", f"{times['seconds']:.2f}")
        table.add_row("... with its imports", f"{times['process_seconds']:.2f}")
        table.add_row("memory, times cleanlab's", f"{times['peak_mib']:.2f}")
    for cut in commands["min_precision"]:
        right = _write(cut["changed_rightly"], "percent")
        table.add_row(
            f"changed rightly % at --min-precision {cut['min_precision']}",
            f"{right} of {cut['rows_changed']}",
        )
    return table


def _write(value: float | None, how: str) -> str:
    return "-" if value is None else WRITTEN[how](value)
