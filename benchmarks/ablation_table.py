"""The figures of the ablations as two tables: methods by setting, and the two methods' options."""

from collections.abc import Mapping, Sequence
from typing import Any

from ablation_cells import ENCODERS, LABELS, MEASURED, RIVAL_NAMES, Cell, all_cells

NOT_MEASURED = "-"


def as_markdown(found: Sequence[Mapping[str, Any]]) -> str:
    """Right labels after in percent; the best of a column is bold, what is not there is a dash."""
    by_name = {each["name"]: each for each in found}
    settings = [Cell("").name, *(Cell("", labels=each).name for each in LABELS)]
    settings += [Cell("", encoders=each).name for each in ENCODERS]
    lines = ["", *_lines(by_name, settings)]
    options = [cell for cell in all_cells() if cell.method in MEASURED and _of_method(cell)]
    changes = dict.fromkeys(cell.name.split("-", 1)[1] for cell in options)
    lines += ["", "| | " + " | ".join(MEASURED) + " |", "|---|" + "---|" * len(MEASURED)]
    for change in ("base", *changes):
        values = [_after(by_name, f"{method}-{change}") for method in MEASURED]
        lines.append(f"| {change} | " + " | ".join(map(_text, values)) + " |")
    return "\n".join(lines) + "\n"


def _of_method(cell: Cell) -> bool:
    """Whether it is an option of the method that is changed."""
    return any((cell.neighbours, cell.retrieved is not None, cell.weighting, cell.steps))


def _lines(by_name: Mapping[str, Mapping[str, Any]], settings: Sequence[str]) -> list[str]:
    heads = [setting.removeprefix("-").removeprefix("labels=") for setting in settings]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    methods = (*RIVAL_NAMES, *MEASURED)
    given = [_given(by_name, [f"{method}{each}" for method in methods]) for each in settings]
    lines.append("| given | " + " | ".join(map(_text, given)) + " |")
    columns = [[_after(by_name, f"{method}{each}") for method in methods] for each in settings]
    best = [max((value for value in column if value is not None), default=0) for column in columns]
    for row, method in enumerate(methods):
        values = [
            f"**{_text(column[row])}**" if column[row] == most else _text(column[row])
            for column, most in zip(columns, best, strict=True)
        ]
        lines.append(f"| {method} | " + " | ".join(values) + " |")
    return lines


def _after(by_name: Mapping[str, Mapping[str, Any]], name: str) -> float | None:
    return by_name[name]["right_after"] if name in by_name else None


def _given(by_name: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> float | None:
    return next((by_name[name]["given"] for name in names if name in by_name), None)


def _text(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:.1f}"
