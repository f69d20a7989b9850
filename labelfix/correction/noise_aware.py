"""Evidence by posteriors: the given label counts for as much as the noise leaves of it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labelfix.correction.given_rows import GivenRows
from labelfix.correction.row_evidence import LEAST_SUPPORT, RowEvidence, best_supported
from labelfix.correction.true_labels import ROWS_AT_ONCE, TrueLabels, true_labels
from labelfix.data.corrections import DECIMALS
from labelfix.diffusion.cross_fit import CrossFit
from labelfix.noise.annotators import Annotators, fit_annotators
from labelfix.noise.confident_joint import own_mistakes
from labelfix.noise.estimate import AnnotatorQuality, NoiseEstimate, WrongShares
from labelfix.noise.evidence import rows_to_fit
from labelfix.noise.model import NoiseModel, fit_noise_model, posterior
from labelfix.noise.transition import decision_transition, scaled, strength_without
from labelfix.progress import Progress

CAUTION = 0.5
"""The share of the noise that is believed in where a change has to be sure."""
FAR_OUT = 3.0
"""Interquartile ranges below the lower quartile of a class at which an image is not of it."""


class _Models(NamedTuple):
    """The noise as it is believed in: likely, as little as may be, and as much as may be."""

    likely: NoiseModel
    least: NoiseModel
    most: NoiseModel


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
    labels = rows.labelled.labels
    believed = true_labels(rows.vectors, labels, rows.neighbours, fit, device, progress)
    models = _fit_models(believed, labels, rows.support, fit.confident_joint)
    given, images = rows.used_labels, rows.used_images
    said = _Said(models, rows, believed)
    too_few = rows.support < LEAST_SUPPORT
    found = _Found(len(given))
    shares = WrongShares(len(rows.class_values))
    progress.begin("weighing labels", len(given), "rows")
    for start in range(0, len(given), ROWS_AT_ONCE):
        batch = slice(start, start + ROWS_AT_ONCE)
        log_true = believed.log_probabilities[images[batch]].astype(np.float64)
        likely, least, most = (
            posterior(log_true, said.log_likelihood(which, batch, log_true))
            for which in range(len(models))
        )
        each = np.arange(len(likely))
        best = best_supported(likely, given[batch], too_few)
        found.suggested[batch] = best
        found.self_confidence[batch] = likely[each, given[batch]]
        found.best_confidence[batch] = likely[each, best]
        found.cautious_confidence[batch] = np.minimum(least[each, best], likely[each, best])
        shares.add(
            given[batch],
            found.self_confidence[batch],
            least[each, given[batch]],
            most[each, given[batch]],
        )
        progress.advance(len(each))
    evidence = RowEvidence(
        given,
        found.suggested,
        found.self_confidence.round(DECIMALS),
        found.best_confidence.round(DECIMALS),
        found.cautious_confidence.round(DECIMALS),
        supported=~too_few[given] & _known_elsewhere(labels, fit.folds, images, given),
        typical=_typical(rows, images, found.suggested),
    )
    estimate = NoiseEstimate(
        models.likely.transition,
        models.likely.exponent,
        believed.mixing,
        believed.voters,
        shares.finish(),
        said.qualities,
    )
    return evidence, estimate


class _Said:
    """What the given labels of a row say: its own one, or those of all annotators of its image."""

    def __init__(self, models: _Models, rows: GivenRows, believed: TrueLabels) -> None:
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


class _Found:
    """(R,) arrays that are filled batch by batch."""

    def __init__(self, count: int) -> None:
        self.suggested = np.empty(count, dtype=np.int64)
        self.self_confidence = np.empty(count)
        self.best_confidence = np.empty(count)
        self.cautious_confidence = np.empty(count)


def _fit_models(
    believed: TrueLabels,
    labels: npt.NDArray[np.int64],
    support: npt.NDArray[np.int64],
    joint: npt.NDArray[np.float64],
) -> _Models:
    """How much noise there is, from the confident joint; on which images, from likelihood."""
    log_true = believed.log_probabilities
    mistakes = own_mistakes(log_true, logarithms=True)
    some = rows_to_fit(len(labels), len(joint))
    likely = fit_noise_model(
        decision_transition(joint, mistakes, support),
        log_true[some].astype(np.float64),
        labels[some],
    )
    strength = strength_without(joint, mistakes, support)
    return _Models(
        likely,
        NoiseModel(scaled(joint, CAUTION * strength)),
        NoiseModel(scaled(joint, 1.0)),
    )


def _known_elsewhere(
    labels: npt.NDArray[np.int64],
    folds: npt.NDArray[np.int64],
    images: npt.NDArray[np.int64],
    given: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    """(R,) whether the denoiser that judges a row has seen an image of the row's given class."""
    classes = max(int(labels.max()), int(given.max())) + 1
    of_class = np.bincount(labels, minlength=classes)
    in_fold = np.bincount(folds * classes + labels, minlength=(int(folds.max()) + 1) * classes)
    known: npt.NDArray[np.bool_] = of_class[given] > in_fold[folds[images] * classes + given]
    return known


def _typical(
    rows: GivenRows, images: npt.NDArray[np.int64], suggested: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """(R,) whether an image is as near to its neighbours as images of the suggested class are.

    It is not where it lies beyond the outer fence of the class (Tukey, 1977).
    """
    nearness = rows.neighbours.similarities.mean(axis=1)
    labels = rows.labelled.labels
    least = np.full(len(rows.class_values), -np.inf)
    order = np.argsort(labels, kind="stable")
    present, first = np.unique(labels[order], return_index=True)
    for label, of_class in zip(present, np.split(nearness[order], first[1:]), strict=True):
        lower, upper = np.quantile(of_class, (0.25, 0.75))
        least[label] = lower - FAR_OUT * (upper - lower)
    typical: npt.NDArray[np.bool_] = nearness[images] >= least[suggested]
    return typical
