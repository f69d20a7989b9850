"""Noise-aware training: two rounds of denoisers, cross-fitted."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from labelfix.methods.method import GivenLabels
from labelfix.methods.noise_aware.cross_fit import CrossFit
from labelfix.methods.noise_aware.ddim_steps import choose_steps
from labelfix.methods.noise_aware.effective_views import Views, effective_views
from labelfix.methods.noise_aware.round_training import RoundTraining, Surroundings
from labelfix.methods.noise_aware.training_plan import Round
from labelfix.methods.training_course import TrainingReport
from labelfix.noise.class_noise import class_noise
from labelfix.noise.folds import assign_folds
from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.runtime.checkpoint import Checkpoints
from labelfix.runtime.progress import Progress

ROWS_A_CLASS = 50
"""The first round predicts at least this many images per class, if there are as many."""


def cross_fit(
    data: GivenLabels,
    options: CrossFitOptions,
    device: str,
    progress: Progress,
    *,
    checkpoints: Checkpoints | None = None,
    report: Callable[[TrainingReport], None] = lambda _: None,
) -> CrossFit:
    """Train denoisers that correct for label noise, each only on images that it will not judge.

    The first round learns the given labels and only serves to estimate the noise: `class_noise`.
    In the second, label_0 is drawn from the posterior under that noise, of the image itself or of
    a neighbour. In expectation, the gradient of drawing from p(true | image, given) under the
    current denoiser is that of the forward-corrected loss (Patrini et al., CVPR 2017), so that
    loss is computed. Verified labels count as true in both rounds. The gradient of the label_t
    branch stops before the trunk, whose predictions would get worse.

    Args:
        data: embeddings, given labels and neighbours.
        options: of the training.
        device: `cpu` or `cuda`.
        progress: reports progress, per denoiser.
        checkpoints: to resume from; every trained denoiser is saved in a part.
        report: receives loss and learning rate of every denoiser.

    Returns:
        The denoisers of the last round and the noise that they were trained with.
    """
    count = len(data.labels)
    folds = assign_folds(data.labels, data.neighbours, min(options.folds, count), options.seed)
    measured = _folds_to_measure(folds, max(options.early_rows, ROWS_A_CLASS * data.classes))
    fitting = RoundTraining(
        data, options, folds, Surroundings(device, progress, checkpoints, report)
    )
    early_width = max(1, options.width // 2)
    first = Round(0, early_width, options.early_epochs, measured)
    last = Round(1, options.width, options.epochs, fitting.folds)
    fitting.begin(first, last)
    rows, read = fitting.out_of_fold(fitting.train(first))
    open_rows = rows[~fitting.settled[rows]]
    transition = class_noise(read[~fitting.settled[rows]], data.labels[open_rows])
    networks = fitting.train(replace(last, transition=_tensor(transition)))
    fit = CrossFit(networks, folds, transition)
    if len(data.dimensions) > 1:
        fit = replace(fit, effective_views=_worth_of_views(fit, data, fitting.settled, device))
    judged = np.flatnonzero((folds == 0) & ~fitting.settled)
    return replace(fit, steps=choose_steps(fit, data.vectors, data.labels, judged, device))


def _worth_of_views(
    fit: CrossFit, data: GivenLabels, settled: npt.NDArray[np.bool_], device: str
) -> float:
    """The effective number of views, by given labels without an audit."""
    likeliest = Views(data.dimensions).read_alone(fit, data.vectors, device)
    return effective_views(likeliest[:, ~settled], data.labels[~settled], data.classes)


def _folds_to_measure(folds: npt.NDArray[np.int64], least: int) -> int:
    """The number of first folds that hold at least `least` images, or all folds."""
    reached = np.cumsum(np.bincount(folds)) >= least
    return int(reached.argmax()) + 1 if reached.any() else len(reached)


def _tensor(matrix: npt.NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(matrix.astype(np.float32))
