"""Several annotators: what each one's label says, and how good each one is."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from labelfix.data.annotations import Annotations
from labelfix.noise.estimate import NORMAL_95, AnnotatorQuality
from labelfix.noise.model import NoiseModel, posterior
from labelfix.noise.transition import counted, noise_share, scaled

ROUNDS = 3
IMAGES_AT_ONCE = 4096


@dataclass(frozen=True)
class Annotators:
    """The labels of all annotators and a noise model for each of them.

    Attributes:
        annotations: ordered by image.
        models: one for each annotator, in the order of the names.
    """

    annotations: Annotations = field(repr=False)
    models: Sequence[NoiseModel] = field(repr=False)

    def log_likelihood(
        self, images: npt.NDArray[np.int64], log_true: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """(n, C) the logarithm of P(all labels given | true i, image), up to a constant.

        Args:
            images: (n,) int64, the position of each image.
            log_true: (n, C), the logarithm of p(true | image).
        """
        total = np.zeros_like(log_true)
        rows, which = self.labels_of(images)
        by = self.annotations.annotators[which]
        for annotator in np.unique(by):
            own = by == annotator
            said = self.models[annotator].log_likelihood(
                log_true[rows[own]], self.annotations.labels[which[own]]
            )
            np.add.at(total, rows[own], said)
        return total

    def with_noise_of(self, common: NoiseModel, instead_of: NoiseModel) -> "Annotators":
        """The same annotators, where there is as much noise as in another common model."""
        times = noise_share(common.transition) / noise_share(instead_of.transition)
        return replace(
            self,
            models=[
                replace(common, transition=scaled(model.transition, times)) for model in self.models
            ],
        )

    def labels_of(
        self, images: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """All labels of n images: for each the place among the n, and the position of the label."""
        first = np.searchsorted(self.annotations.images, images, side="left")
        number = np.searchsorted(self.annotations.images, images, side="right") - first
        rows = np.repeat(np.arange(len(images)), number)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(number) - number, number)
        return rows, first[rows] + within


def fit_annotators(
    annotations: Annotations, log_true: npt.NDArray[np.float32], common: NoiseModel
) -> tuple[Annotators, tuple[AnnotatorQuality, ...]]:
    """An own noise transition matrix for every annotator (Dawid and Skene, 1979), by EM.

    Each row of a matrix starts with `PRIOR_ROWS` labels of the common one, so that an annotator
    of few labels keeps to that; what is known of the images (`log_true`) takes the place of the
    class shares of Dawid and Skene.

    Args:
        annotations: of N images.
        log_true: (N, C), the logarithm of p(true | image).
        common: the noise model of the labels that are the commonest of each image.
    """
    order = np.argsort(annotations.images, kind="stable")
    ordered = replace(
        annotations,
        images=annotations.images[order],
        labels=annotations.labels[order],
        annotators=annotations.annotators[order],
    )
    fitted = Annotators(ordered, [common] * len(ordered.names))
    for _ in range(ROUNDS):
        counts, _, _ = _expected(fitted, log_true)
        fitted = replace(
            fitted,
            models=[replace(common, transition=counted(own, common.transition)) for own in counts],
        )
    _, right, variance = _expected(fitted, log_true)
    number = np.bincount(ordered.annotators, minlength=len(ordered.names))
    share = right / np.maximum(number, 1)
    error = NORMAL_95 * np.sqrt(variance) / np.maximum(number, 1)
    qualities = tuple(
        AnnotatorQuality(name, int(labels), float(mean), max(0.0, mean - off), min(1.0, mean + off))
        for name, labels, mean, off in zip(ordered.names, number, share, error, strict=True)
    )
    return fitted, qualities


def _expected(
    fitted: Annotators, log_true: npt.NDArray[np.float32]
) -> tuple[list[npt.NDArray[np.float64]], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """How often each annotator is expected to have given which label for which true class.

    Returns:
        (C, C) for each annotator, [true, given]; and for each the expected number of right
        labels and its variance.
    """
    annotations = fitted.annotations
    annotators, classes = len(annotations.names), log_true.shape[1]
    counts = [np.zeros((classes, classes)) for _ in range(annotators)]
    right, variance = np.zeros(annotators), np.zeros(annotators)
    for first in range(0, len(log_true), IMAGES_AT_ONCE):
        known = log_true[first : first + IMAGES_AT_ONCE].astype(np.float64)
        images = np.arange(first, first + len(known))
        believed = posterior(known, fitted.log_likelihood(images, known))  # (n, C)
        rows, which = fitted.labels_of(images)
        labels, by = annotations.labels[which], annotations.annotators[which]
        of_given = believed[rows, labels]
        right += np.bincount(by, of_given, minlength=annotators)
        variance += np.bincount(by, of_given * (1 - of_given), minlength=annotators)
        for annotator in np.unique(by):
            own = by == annotator
            np.add.at(counts[annotator].T, labels[own], believed[rows[own]])
    return counts, right, variance
