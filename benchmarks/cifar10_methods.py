"""The ways to correct one column of labels, each held against the truth on both sets of images.

An answer is a label for every training image that was given one, and for every test image, whose
labels no method sees.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from cifar10_data import Column
from cifar10_neighbours import nearest_to, neighbours_of
from quality_figures import shares
from resumable import MadeFrom, TimedCheckpoints, Workplace

from labelfix.config import (
    PAPER,
    CrossFitOptions,
    DiffusionOptions,
    RelabelOptions,
    TrainOptions,
)
from labelfix.correction.row_corrections import correct_rows
from labelfix.data.image_labels import LabelledImages
from labelfix.methods.method import GivenLabels
from labelfix.methods.noise_aware.noise_aware_method import CrossFitJudge
from labelfix.methods.noise_aware.rounds import cross_fit
from labelfix.methods.noise_aware.unseen_images import Reading, weigh_unseen
from labelfix.methods.paper.denoiser import Denoiser
from labelfix.methods.paper.denoiser_batches import TrainingData
from labelfix.methods.paper.denoiser_training import train_network
from labelfix.methods.paper.label_reading import class_probabilities
from labelfix.methods.rows import GivenRows, UnseenRows
from labelfix.paper_config import PAPER_DDIM_STEPS
from labelfix.progress import Progress
from labelfix.retrieval.search import retrieve_labels

Classes = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]
Images = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Problem:
    """What a method is given: n training images with labels, M test images without.

    Attributes:
        train: (n, D) float32 of length 1.
        test: (M, D) the same.
        given: (n,) int64.
        classes: C.
        device: `cpu` or `cuda`.
        progress: is told of the work.
        train_pixels, test_pixels: (n or M, 3, S, S) uint8, for an image branch.
    """

    train: Vectors = field(repr=False)
    test: Vectors = field(repr=False)
    given: Classes = field(repr=False)
    classes: int
    device: str
    progress: Progress
    train_pixels: Images | None = field(default=None, repr=False)
    test_pixels: Images | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Answer:
    """What a method says: (n,) labels of training images, (M,) of test images, and how."""

    train: Classes = field(repr=False)
    test: Classes = field(repr=False)
    details: dict[str, Any] = field(default_factory=dict)


Method = Callable[[Problem, TimedCheckpoints], Answer]


def run_method(
    place: Workplace,
    name: str,
    method: Method,
    problem: Problem,
    column: Column,
    made_from: MadeFrom,
) -> None:
    """The stage of one method on one column."""

    def make(checkpoints: TimedCheckpoints) -> tuple[dict[str, Any], list[Any]]:
        answer = method(problem, checkpoints)
        return {**figures(answer, column), **answer.details}, []

    place.run(f"{name}.{column.name}", made_from, make)


def figures(answer: Answer, column: Column) -> dict[str, Any]:
    """An answer against the truth; shares are of 1, a share of no rows is None."""
    of_training = asdict(shares(column.given, answer.train, column.true))
    test_accuracy = float(np.mean(answer.test == column.test_true))
    found = {"test_accuracy": test_accuracy, **of_training}
    return {name: None if value is None else round(value, 4) for name, value in found.items()}


def lra(
    device: str, image_branch: str | None = None, epochs: int | None = None
) -> tuple[Method, dict[str, Any]]:
    """LRA-diffusion as in its paper, and its options: the denoiser's likeliest class.

    Args:
        device: `cpu` or `cuda`.
        image_branch: a backbone that sees the images, None for none.
        epochs: passes over the images, however few steps they are; None takes the method's own.
    """
    train = TrainOptions(PAPER, device=device, image_branch=image_branch, epochs=epochs)
    options = train.of_method()
    return partial(correct_by_lra, options), asdict(options)


def noise_aware(device: str) -> tuple[Method, dict[str, Any]]:
    """What labelfix does by default, and its options; test images are new images without labels."""
    options = TrainOptions(device=device).of_method()
    return partial(correct_noise_aware, options), asdict(options)


def correct_by_lra(
    options: DiffusionOptions, problem: Problem, checkpoints: TimedCheckpoints
) -> Answer:
    """Train one denoiser and take what it makes of every image, however likely it is."""
    neighbours = neighbours_of(problem.train, problem.device)
    data = TrainingData(
        problem.train,
        retrieve_labels(problem.given, neighbours),
        problem.classes,
        problem.train_pixels if options.image_branch else None,
    )
    network, shape, _ = train_network(
        data, options, problem.device, problem.progress, checkpoints=checkpoints
    )
    denoiser = Denoiser(network, shape, [])
    seen = options.image_branch is not None
    return Answer(
        _denoised(denoiser, problem.train, problem.train_pixels if seen else None, problem.device),
        _denoised(denoiser, problem.test, problem.test_pixels if seen else None, problem.device),
        {"steps": options.steps_for(len(problem.train))},
    )


def _denoised(denoiser: Denoiser, vectors: Vectors, pixels: Images | None, device: str) -> Classes:
    """(n,) the class whose entry is nearest 1."""
    options = RelabelOptions()
    found = []
    for start in range(0, len(vectors), options.batch_size):
        batch = slice(start, start + options.batch_size)
        label_0 = denoiser.label_0(
            vectors[batch],
            None if pixels is None else pixels[batch],
            steps=options.ddim_steps or PAPER_DDIM_STEPS,
            batch_size=options.batch_size,
            device=device,
        )
        found.append(class_probabilities(label_0).argmax(axis=1))
    return np.concatenate(found)


def correct_noise_aware(
    options: CrossFitOptions, problem: Problem, checkpoints: TimedCheckpoints
) -> Answer:
    """Train the denoisers of all folds; correct what they judged unseen, and label the rest."""
    device, progress = problem.device, problem.progress
    rows = _given_rows(problem)
    labelled = rows.labelled
    data = GivenLabels(problem.train, labelled.labels, rows.neighbours, problem.classes)
    fit = cross_fit(data, options, device, progress, checkpoints=checkpoints)
    corrected, noise = correct_rows(
        rows, CrossFitJudge(fit), RelabelOptions(device), device, progress
    )
    assert noise is not None  # only the method of the paper tells of none
    unseen = _unseen_rows(problem, rows)
    reading = Reading(unseen, rows, fit, noise.learned, device)
    judged, *_ = weigh_unseen(unseen, reading, noise.learned.model, progress)
    return Answer(corrected.label.astype(np.int64), judged.suggested, {"folds": options.folds})


def _given_rows(problem: Problem) -> GivenRows:
    """The training images as rows to be corrected."""
    given, count = problem.given, len(problem.given)
    classes = list(range(problem.classes))
    labelled = LabelledImages(
        class_names=[str(each) for each in classes],
        labels=given,
        row_images=np.arange(count),
        row_labels=given,
    )
    neighbours = neighbours_of(problem.train, problem.device)
    return GivenRows(problem.train, neighbours, labelled, given, classes, [""] * count)


def _unseen_rows(problem: Problem, rows: GivenRows) -> UnseenRows:
    """The test images as rows without a label."""
    count = len(problem.test)
    return UnseenRows(
        problem.test,
        nearest_to(problem.test, problem.train, problem.device),
        row_images=np.arange(count),
        row_labels=np.full(count, -1),
        labels=np.full(count, "", dtype=object),
        class_values=rows.class_values,
        support=rows.support,
        reasons=[""] * count,
    )


def of_column(problem: Problem, column: Column) -> Problem:
    """The problem with only the training images that have a label in a column."""
    pixels = problem.train_pixels
    return replace(
        problem,
        train=problem.train[column.rows],
        given=column.given,
        train_pixels=None if pixels is None else pixels[column.rows],
    )
