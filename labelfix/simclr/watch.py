"""What is told of a training while it runs."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from labelfix.runtime.progress import Progress

NOTE_S = 1.0
"""Between two looks at the loss for the bar: a look makes a GPU wait."""
WARM_UP_STEPS = 1
TIMED_STEPS = 3
"""After the first ones, that the time left is told from."""


@dataclass(frozen=True)
class EpochReport:
    """How training stands after an epoch.

    Attributes:
        epoch: passes over the images that are done.
        loss: mean over its steps; where it was interrupted, over those since it went on.
        learning_rate: of its last step.
        images_per_s: of its steps.
        agreement: share of images whose neighbours agree with the given label; None where
            nobody looked.
    """

    epoch: int
    loss: float
    learning_rate: float
    images_per_s: float
    agreement: float | None


class Watch:
    """Tells the progress of every step, and how long all of them will take.

    Args:
        progress: is told.
        report: is given a line for each epoch.
        what: the training in a few words, for the estimate.
        batch: images in a step.
        steps: of the whole training.
        first: steps that an earlier run has done.
    """

    def __init__(
        self,
        progress: Progress,
        report: Callable[[EpochReport], None],
        what: str,
        *,
        batch: int,
        steps: int,
        first: int,
    ) -> None:
        self._progress, self._report, self._what = progress, report, what
        self._batch, self._steps = batch, steps
        self._first, self._done = first, first
        self._losses: list[Tensor] = []
        self._note = self._agreed = ""
        self._noted = self._clock = time.perf_counter()
        self._first_clock = self._clock
        # The name is short so that the line with loss and agreement fits in 80 columns.
        progress.begin("SimCLR", steps * batch, "images", first * batch)
        if first:
            progress.say(f"going on after step {first} of an earlier run")

    def step_done(self, loss: Tensor) -> None:
        """A step has ended with a loss, a scalar on any device."""
        self._done += 1
        self._losses.append(loss)
        now = time.perf_counter()
        if now - self._noted >= NOTE_S or self._done == self._steps:
            self._note, self._noted = f"loss {float(loss):.2f}", now
        self._progress.advance(self._batch, self._note + self._agreed)
        self._tell_time_left(loss)

    def epoch_done(
        self, epoch: int, learning_rate: float, look: Callable[[int], float | None]
    ) -> None:
        """An epoch has ended; the time that a look at the agreement takes is not its own."""
        mean = float(torch.stack(self._losses).mean())
        seconds = max(time.perf_counter() - self._clock, 1e-9)
        speed = len(self._losses) * self._batch / seconds
        agreement = look(epoch)
        if agreement is not None:
            self._agreed = f", {agreement:.0%} agree"
        self._report(EpochReport(epoch, mean, learning_rate, speed, agreement))
        self._losses.clear()
        self._clock = time.perf_counter()

    def _tell_time_left(self, loss: Tensor) -> None:
        ran = self._done - self._first
        if ran == WARM_UP_STEPS:
            float(loss)  # waits until a GPU has done it
            self._first_clock = time.perf_counter()
        elif ran == WARM_UP_STEPS + TIMED_STEPS:
            float(loss)
            seconds = (time.perf_counter() - self._first_clock) / TIMED_STEPS
            left = duration(seconds * (self._steps - self._done))
            rest = "the rest of " if self._first else ""
            self._progress.say(f"about {left} for {rest}{self._what}")


def duration(seconds: float) -> str:
    """A time as a person would say it: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
