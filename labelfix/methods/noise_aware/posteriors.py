"""Evidence by posteriors: the given label counts for as much as the noise leaves of it."""

import numpy as np
import numpy.typing as npt

from labelfix.methods.noise_aware.cross_fit import CrossFit
from labelfix.methods.noise_aware.true_labels import ROWS_AT_ONCE, TrueLabels, true_labels
from labelfix.methods.row_evidence import JudgedRows, RowEvidence
from labelfix.methods.rows import GivenRows
from labelfix.noise.annotators import Annotators, fit_annotators
from labelfix.noise.confident_joint import own_mistakes
from labelfix.noise.estimate import AnnotatorQuality, LearnedNoise, NoiseEstimate
from labelfix.noise.fitting import fit_noise_model, likeliest_noise
from labelfix.noise.model import NoiseModel, NoiseModels, posterior
from labelfix.noise.nearness import least_nearness
from labelfix.noise.transition import (
    decision_transition,
    dependence,
    evenness,
    noise_share,
    scaled,
    strength_without,
)
from labelfix.progress import Progress

CAUTION = 0.5
"""The share of the noise that is believed in where a change has to be sure."""


def weigh_posteriors(
    rows: GivenRows, fit: CrossFit, device: str, progress: Progress
) -> tuple[RowEvidence, NoiseEstimate]:
    """p(true | image, given) of every row that is used, and the noise among the given labels.

    Args:
        rows: what is to be corrected.
        fit: trained on these images.
        device: `cpu` or `cuda`.
        progress: is told of the work.
    """
    believed, models = learn_noise(rows, fit, device, progress)
    given, images = rows.used_labels, rows.used_images
    said = _Said(models, rows, believed)
    judged = JudgedRows(given, rows.support)
    progress.begin("weighing labels", len(given), "rows")
    for start in range(0, len(given), ROWS_AT_ONCE):
        batch = slice(start, min(start + ROWS_AT_ONCE, len(given)))
        log_true = believed.log_probabilities[images[batch]].astype(np.float64)
        judged.add(
            batch,
            *(
                posterior(log_true, said.log_likelihood(which, batch, log_true))
                for which in range(len(models))
            ),
        )
        progress.advance(batch.stop - start)
    nearness = rows.neighbours.similarities.mean(axis=1)
    least = least_nearness(nearness, rows.labelled.labels, len(rows.class_values))
    evidence = judged.evidence(
        known_elsewhere(rows.labelled.labels, fit.folds, images, given),
        typical=least.typical(nearness[images], judged.suggested),
        off_topic=least.off_topic(nearness[images], judged.suggested),
    )
    wrong = judged.shares.finish()
    learned = LearnedNoise(models, believed.mixing, believed.voters, least, wrong[-1])
    return evidence, NoiseEstimate(learned, judged.transition, wrong, said.qualities)


def learn_noise(
    rows: GivenRows, fit: CrossFit, device: str, progress: Progress
) -> tuple[TrueLabels, NoiseModels]:
    """What is believed of the images that training has seen, and of the noise in their labels.

    How much noise there is follows from the confident joint less the denoisers' own mistakes;
    as far as it is even, from the likelihood of the given labels.
    """
    labels = rows.labelled.labels
    believed = true_labels(rows.vectors, labels, rows.neighbours, fit, device, progress)
    joint, support = fit.confident_joint, rows.support
    mistakes = own_mistakes(believed.log_probabilities, logarithms=True)
    transition = decision_transition(joint, mistakes, support)
    if even := evenness(joint, len(labels)):
        strength, sharpness = likeliest_noise(joint, believed.log_probabilities, labels)
        share = noise_share(transition, support)
        likeliest = noise_share(scaled(joint, strength), support)
        transition = scaled(transition, (likeliest / share) ** even)
        believed = believed.sharpened(sharpness**even)
    likely = fit_noise_model(
        transition, believed.log_probabilities, labels, dependence(joint, mistakes, support)
    )
    least = scaled(joint, CAUTION * strength_without(joint, mistakes, support))
    return believed, NoiseModels(likely, NoiseModel(least), NoiseModel(scaled(joint, 1.0)))


class _Said:
    """What the given labels of a row say: its own one, or those of all annotators of its image."""

    def __init__(self, models: NoiseModels, rows: GivenRows, believed: TrueLabels) -> None:
        self.qualities: tuple[AnnotatorQuality, ...] = ()
        self._models = models
        self._labels, self._images = rows.used_labels, rows.used_images
        self._annotators: list[Annotators] = []
        if rows.annotations is not None:
            fitted, self.qualities = fit_annotators(
                rows.annotations, believed.log_probabilities, models.likely
            )
            self._annotators = [fitted.with_noise_of(model, models.likely) for model in models]

    def log_likelihood(
        self, which: int, batch: slice, log_true: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """(n, C) for a batch of rows under one of the models."""
        if not self._annotators:
            return self._models[which].log_likelihood(log_true, self._labels[batch])
        return self._annotators[which].log_likelihood(self._images[batch], log_true)


def known_elsewhere(
    labels: npt.NDArray[np.int64],
    folds: npt.NDArray[np.int64],
    images: npt.NDArray[np.int64],
    given: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    """(R,) whether the denoiser that judges a row has seen an image of the row's given class."""
    classes = max(int(labels.max()), int(given.max(initial=0))) + 1
    of_class = np.bincount(labels, minlength=classes)
    in_fold = np.bincount(folds * classes + labels, minlength=(int(folds.max()) + 1) * classes)
    known: npt.NDArray[np.bool_] = of_class[given] > in_fold[folds[images] * classes + given]
    return known
