"""Loss and rate of a training as JSON lines, a line as it comes."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from labelfix.data import atomic
from labelfix.diffusion.training import TrainingReport


@dataclass
class TrainingLog:
    """The log of one training; a training that goes on keeps the lines up to where it goes on.

    Attributes:
        path: the file; each line has step, loss, learning_rate and images_per_s.
        last_loss: of the last line.
    """

    path: Path
    last_loss: float = float("nan")
    _is_trimmed: bool = field(default=False, repr=False)

    def add(self, report: TrainingReport) -> None:
        """Append a line."""
        if not self._is_trimmed:
            self._keep_lines_before(report.step)
        self.last_loss = round(report.loss, 6)
        values = {name: round(value, 6) for name, value in asdict(report).items()}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    def _keep_lines_before(self, step: int) -> None:
        kept = []
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines(keepends=True):
                try:
                    if line.endswith("\n") and json.loads(line)["step"] < step:
                        kept.append(line)
                except (ValueError, KeyError, TypeError):
                    continue  # torn by a kill
        atomic.write_text(self.path, "".join(kept))
        self._is_trimmed = True
