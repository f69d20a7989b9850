"""The lines of the comparison, and their file: what is finished is kept, and found by its key."""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.bench.clean_rows import NoisyRows
from labelfix.bench.contestants import Contestant
from labelfix.bench.outcome import Cost, Outcome
from labelfix.data import atomic
from labelfix.data.shares import DECIMALS


@dataclass(frozen=True)
class Line:
    """One contestant with one encoder on one draw of the noise.

    Attributes:
        encoder: as the user named it.
        contestant: the method with its settings.
        draw: of the noise, from 0.
        is_right: (n,) which labels are right after correction.
        figures: of `labelfix score`: `fixed`, `harmed`, `exchanged`, `area_under_roc`,
            `average_precision`, `calibration_error`; None where a method does not tell.
        cost: of training and judging; embedding and the search for neighbours do not count.
    """

    encoder: str
    contestant: Contestant
    draw: int
    is_right: npt.NDArray[np.bool_] = field(repr=False)
    figures: Mapping[str, float | None]
    cost: Cost


def make_line(
    encoder: str, contestant: Contestant, rows: NoisyRows, outcome: Outcome, cost: Cost
) -> Line:
    """The line of an outcome."""
    score = outcome.score(rows)
    tells = not np.isnan(outcome.self_confidence).all()
    figures: dict[str, float | None] = {
        "fixed": score.counts.fixed,
        "harmed": score.counts.harmed,
        "exchanged": score.counts.exchanged,
        "area_under_roc": score.area_under_roc if tells else None,
        "average_precision": score.average_precision if tells else None,
        "calibration_error": score.calibration_error,
    }
    return Line(encoder, contestant, rows.draw, outcome.is_right(rows), figures, cost)


class KeptLines:
    """A JSON file of finished lines by their keys; written whole after each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = _read(path)

    def find(self, key: str) -> Line | None:
        """The line that was made from the same; None where there is none that can be read."""
        try:
            return _from_json(self._lines[key])
        except (KeyError, TypeError, ValueError):
            return None

    def keep(self, key: str, line: Line) -> None:
        """Add a line.

        Raises:
            OutputError: the file cannot be written.
        """
        self._lines[key] = _as_json(line)
        atomic.write_json(self._path, self._lines)


def _read(path: Path) -> dict[str, Any]:
    try:
        lines = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return lines if isinstance(lines, dict) else {}


def _as_json(line: Line) -> dict[str, Any]:
    return {
        "encoder": line.encoder,
        "contestant": asdict(line.contestant),
        "draw": line.draw,
        "rows": len(line.is_right),
        "is_right": base64.b64encode(np.packbits(line.is_right).tobytes()).decode("ascii"),
        "figures": {
            name: None if value is None else round(value, DECIMALS)
            for name, value in line.figures.items()
        },
        "cost": asdict(line.cost),
    }


def _from_json(written: Mapping[str, Any]) -> Line:
    bits = np.frombuffer(base64.b64decode(written["is_right"]), dtype=np.uint8)
    return Line(
        written["encoder"],
        Contestant(**written["contestant"]),
        written["draw"],
        np.unpackbits(bits, count=written["rows"]).astype(bool),
        written["figures"],
        Cost(**written["cost"]),
    )
