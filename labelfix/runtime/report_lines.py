"""Reports of a training as JSON lines; a resumed training keeps the earlier ones."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from labelfix.runtime import atomic

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def add_line(path: Path, report: "DataclassInstance") -> None:
    """Append the values of a report as a line; numbers have 6 digits."""
    line = {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in asdict(report).items()
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def keep_lines_before(path: Path, counter: str, number: int) -> None:
    """Keep only whole lines whose counter, such as `step` or `epoch`, is below a number."""
    kept = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            try:
                if line.endswith("\n") and json.loads(line)[counter] < number:
                    kept.append(line)
            except (ValueError, KeyError, TypeError):
                continue  # torn by a kill
    atomic.write_text(path, "".join(kept))
