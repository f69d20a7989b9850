"""The rounds of a noise-aware training: how much each denoiser learns, told before it starts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from labelfix.methods.training_course import TimeEstimate
from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.runtime.progress import Progress

STEPS_AN_EPOCH = 8
"""Minimum steps per epoch, so that small data sets still have several batches."""


@dataclass(frozen=True)
class Round:
    """One round: its number, the denoisers' width and epochs, how many folds, the matrix.

    With a matrix, the denoisers also learn to denoise labels at every timestep.
    """

    number: int
    width: int
    epochs: int
    folds: int
    transition: Tensor | None = None


@dataclass(frozen=True)
class TrainingPlan:
    """The sizes of a cross-fit.

    Attributes:
        options: of the training.
        taught: how many images the denoiser of each fold learns from.
    """

    options: CrossFitOptions
    taught: Sequence[int]

    def size_and_steps(self, of: Round, fold: int) -> tuple[int, int]:
        """The batch size and the training steps of a denoiser."""
        images = self.taught[fold]
        size = max(2, min(self.options.batch_size, images // STEPS_AN_EPOCH))
        return size, max(self.options.least_steps, of.epochs * images // size)

    def work(self, of: Round, fold: int) -> float:
        """How long a denoiser trains, in proportion."""
        size, steps = self.size_and_steps(of, fold)
        return float(size * steps * of.width)

    def begin(
        self, rounds: Sequence[Round], is_kept: Callable[[int, int], bool], progress: Progress
    ) -> TimeEstimate:
        """Report what will be trained, and how much of it an earlier run has trained.

        Args:
            rounds: in their order.
            is_kept: whether an earlier run has trained the denoiser of a round and a fold.
            progress: where it is reported.

        Returns:
            What says how long the rest takes.
        """
        names = [(of, fold) for of in rounds for fold in range(of.folds)]
        left = [(of, fold) for of, fold in names if not is_kept(of.number, fold)]
        if left:
            size, steps = self.size_and_steps(rounds[-1], 0)
            images = self.taught[0]
            progress.say(
                f"Training {len(left):,} denoisers, about {steps * size / max(1, images):,.0f} "
                f"passes over {images:,} images each (--denoiser-epochs)."
            )
        done = len(names) - len(left)
        progress.begin("training denoisers", len(names), "denoisers", done)
        if done:
            progress.say(f"continuing with {done} trained in an earlier run")
        work = sum(self.work(of, fold) for of, fold in left)
        return TimeEstimate(progress, "the training of denoisers", work)
