"""The learning-rate schedule of a training, and its progress reports."""

import math
from dataclasses import dataclass, field
from pathlib import Path

from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.options.diffusion_options import DiffusionOptions
from labelfix.runtime.checkpoint import add_line, keep_lines_before


def learning_rate_at(step: int, steps: int, options: DiffusionOptions | CrossFitOptions) -> float:
    """Linear warm-up from 0, times a cosine decay to 0 over all steps."""
    warmup = max(1.0, options.warmup_share * steps)
    rise = min(1.0, (step + 1) / warmup)
    return options.learning_rate * rise * (1 + math.cos(math.pi * step / steps)) / 2


@dataclass(frozen=True)
class TrainingReport:
    """The state of a training: mean loss of the last steps, learning rate, images per second."""

    step: int
    loss: float
    learning_rate: float
    images_per_s: float


@dataclass
class TrainingLog:
    """The log of one training; a resumed training keeps the lines before its first step.

    Attributes:
        path: the file; each line has step, loss, learning_rate and images_per_s.
        last_loss: the loss of the last line.
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
