"""Loss and rate of a training as JSON lines, a line as it comes."""

from dataclasses import dataclass, field
from pathlib import Path

from labelfix.diffusion.training import TrainingReport
from labelfix.training.report_lines import add_line, keep_lines_before


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
            keep_lines_before(self.path, "step", report.step)
            self._is_trimmed = True
        self.last_loss = round(report.loss, 6)
        add_line(self.path, report)
