"""How a training goes: loss, speed and agreement, on the progress bar and in a log of epochs."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from labelfix.data.embeddings import unit_length
from labelfix.runtime.checkpoint import add_line, keep_lines_before
from labelfix.runtime.progress import Progress, duration

NEIGHBOURS = 10

Agreement = Callable[[Sequence[str], npt.NDArray[np.float32]], float]
"""Maps the names of n images and their (n, D) features to a share in [0, 1]."""


def agreement_with(given_labels: Mapping[str, str]) -> Agreement:
    """How well the features of some images agree with their given labels."""

    def agreement(images: Sequence[str], features: npt.NDArray[np.float32]) -> float:
        return majority_agreement(features, [given_labels[image] for image in images])

    return agreement


def majority_agreement(
    features: npt.NDArray[np.float32], labels: Sequence[str], neighbours: int = NEIGHBOURS
) -> float:
    """The share of images whose label is the commonest one among their neighbours.

    By hand and not by scikit-learn's k-NN, which counts an image as its own neighbour and breaks
    ties by the class's number.

    Args:
        features: (n, D) of any length, compared by cosine; an image is not its own neighbour.
        labels: n labels.
        neighbours: K; all others if there are fewer.

    Returns:
        In [0, 1]. Among equally common labels the nearer neighbours' one wins.
    """
    units, _ = unit_length(features)
    _, numbers = np.unique(np.asarray(labels, dtype=object).astype(str), return_inverse=True)
    similarities = units @ units.T  # (n, n)
    np.fill_diagonal(similarities, -np.inf)
    nearest = np.argsort(-similarities, axis=1, kind="stable")[:, : min(neighbours, len(units) - 1)]
    votes = np.zeros((len(units), numbers.max() + 1))
    for place in range(nearest.shape[1]):
        # The bonus for nearness is so small that all of it together never outweighs a vote.
        weight = 1 + (neighbours - place) / (neighbours + 1) ** 2
        votes[np.arange(len(units)), numbers[nearest[:, place]]] += weight
    return float(np.mean(votes.argmax(axis=1) == numbers))


NOTE_S = 1.0
"""Time between two readings of the loss for the bar: a reading makes a GPU wait."""
WARM_UP_STEPS = 1
TIMED_STEPS = 3
"""Steps after the warm-up from which the remaining time is estimated."""


@dataclass(frozen=True, kw_only=True)
class EpochReport:
    """The state of a training after an epoch.

    Attributes:
        epoch: finished passes over the images.
        loss: mean over the epoch's steps, or over those since a restart.
        learning_rate: of the last step.
        images_per_s: of the steps.
        agreement: share of images whose neighbours agree with the given label; None if it was
            not measured.
    """

    epoch: int
    loss: float
    learning_rate: float
    images_per_s: float
    agreement: float | None


class Watch:
    """Reports every step, every epoch and the remaining time.

    Args:
        progress: reports progress.
        report: called after each epoch.
        what: the training in a few words, for the time estimate.
        batch: images in a step.
        steps: in the whole training.
        first: steps done by an earlier run.
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
            progress.say(f"continuing after step {first} of an earlier run")

    def step_done(self, loss: Tensor) -> None:
        """Report a finished step; the loss is a scalar on any device."""
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
        """Report a finished epoch; the time for measuring agreement is not counted."""
        mean = float(torch.stack(self._losses).mean())
        seconds = max(time.perf_counter() - self._clock, 1e-9)
        speed = len(self._losses) * self._batch / seconds
        agreement = look(epoch)
        if agreement is not None:
            self._agreed = f", {agreement:.0%} agree"
        self._report(
            EpochReport(
                epoch=epoch,
                loss=mean,
                learning_rate=learning_rate,
                images_per_s=speed,
                agreement=agreement,
            )
        )
        self._losses.clear()
        self._clock = time.perf_counter()

    def _tell_time_left(self, loss: Tensor) -> None:
        ran = self._done - self._first
        if ran == WARM_UP_STEPS:
            float(loss)  # waits for the GPU
            self._first_clock = time.perf_counter()
        elif ran == WARM_UP_STEPS + TIMED_STEPS:
            float(loss)
            seconds = (time.perf_counter() - self._first_clock) / TIMED_STEPS
            left = duration(seconds * (self._steps - self._done))
            rest = "the rest of " if self._first else ""
            self._progress.say(f"about {left} for {rest}{self._what}")


class SimclrLog:
    """The log of one training; a resumed training keeps the lines of earlier epochs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last: EpochReport | None = None

    def add(self, report: EpochReport) -> None:
        """Append a line with epoch, loss, learning_rate, images_per_s and agreement."""
        if self.last is None:
            keep_lines_before(self.path, "epoch", report.epoch)
        self.last = report
        add_line(self.path, report)
