"""The learning-rate schedule of a training, its progress reports and its time estimate."""

import math
import time
from dataclasses import dataclass, field
from pathlib import Path

from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.options.diffusion_options import DiffusionOptions
from labelfix.runtime.checkpoint import add_line, keep_lines_before
from labelfix.runtime.progress import Progress, duration

LEAST_TIME_S = 10.0
"""A training that takes less needs no word about its time."""


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


@dataclass
class TimeEstimate:
    """Says once how long the rest of a training will take, from a part that was timed.

    Attributes:
        progress: where it is said.
        what: the training in a few words.
        left: the work that is to be done, in any unit that takes about equally long.
    """

    progress: Progress
    what: str
    left: float
    _started: float | None = field(default=None, repr=False)
    _is_said: bool = field(default=False, repr=False)

    def done(self, work: float) -> None:
        """Some work has been done.

        The first call begins the measurement, because the first steps load libraries and are
        slow; the second says how long the rest will take.
        """
        self.left -= work
        if self._is_said:
            return
        now = time.perf_counter()
        if self._started is None:
            self._started = now
            return
        self._is_said = True
        seconds = (now - self._started) * self.left / work
        if seconds >= LEAST_TIME_S:
            self.progress.say(f"About {duration(seconds)} for the rest of {self.what}.")
