"""Loss, rate and agreement of a training as JSON lines, a line for each epoch."""

from pathlib import Path

from labelfix.runtime.checkpoint import add_line, keep_lines_before
from labelfix.simclr.watch import EpochReport


class SimclrLog:
    """The log of one training; a training that goes on keeps the lines of the epochs before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last: EpochReport | None = None

    def add(self, report: EpochReport) -> None:
        """Append a line with epoch, loss, learning_rate, images_per_s and agreement."""
        if self.last is None:
            keep_lines_before(self.path, "epoch", report.epoch)
        self.last = report
        add_line(self.path, report)
