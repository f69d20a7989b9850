"""Loss, rate and agreement of a training as JSON lines, a line for each epoch."""

import json
from dataclasses import asdict
from pathlib import Path

from labelfix.data import atomic
from labelfix.simclr.watch import EpochReport


class SimclrLog:
    """The log of one training; a training that goes on keeps the lines of the epochs before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last: EpochReport | None = None

    def add(self, report: EpochReport) -> None:
        """Append a line with epoch, loss, learning_rate, images_per_s and agreement."""
        if self.last is None:
            self._keep_lines_before(report.epoch)
        self.last = report
        line = {
            name: round(value, 6) if isinstance(value, float) else value
            for name, value in asdict(report).items()
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _keep_lines_before(self, epoch: int) -> None:
        kept = []
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines(keepends=True):
                try:
                    if line.endswith("\n") and json.loads(line)["epoch"] < epoch:
                        kept.append(line)
                except (ValueError, KeyError, TypeError):
                    continue  # torn by a kill
        atomic.write_text(self.path, "".join(kept))
