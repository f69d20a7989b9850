"""Several annotators: what each one's label says, and how good each one is."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from labelfix.data.image_labels import Annotations
from labelfix.data.shares import AnnotatorQuality
from labelfix.noise.audits import Discrepancy
from labelfix.noise.candidates import Candidates
from labelfix.noise.hypotheses import Likelihood, NoiseModel
from labelfix.noise.mixture import Mixture, fit_mixture
from labelfix.noise.wrong_shares import WrongShares

ROUNDS = 3
"""Of expectation over all labels of an image and maximisation for each annotator."""
MOST_HYPOTHESES = 4
"""Hypotheses, those that are believed most, under which annotators are told apart."""
LEAST_LIKELIHOOD = 1e-12


@dataclass(frozen=True)
class Annotators:
    """The labels of all annotators, and what is believed of each of them.

    Attributes:
        annotations: ordered by image.
        mixtures: for each hypothesis of the noise model one mixture for each annotator.
        qualities: how good each annotator is, in the order of their names.
    """

    annotations: Annotations = field(repr=False)
    mixtures: Sequence[Sequence[Mixture]] = field(repr=False)
    qualities: tuple[AnnotatorQuality, ...] = ()

    def likelihood(self, images: Candidates, positions: npt.NDArray[np.int64]) -> Likelihood:
        """P(all labels given | true, image) of n images under each hypothesis.

        Args:
            images: with any label.
            positions: (n,) int64, which images of the annotations they are.
        """
        rows, which = self.labels_of(positions)

        def of_hypothesis(number: int, _: Mixture) -> npt.NDArray[np.float64]:
            total = np.zeros_like(images.log_true)
            by = self.annotations.annotators[which]
            for annotator in np.unique(by):
                own = by == annotator
                said = images.of(rows[own]).with_labels(self.annotations.labels[which[own]])
                chances = self.mixtures[number][annotator].likelihood(said)
                np.add.at(total, rows[own], np.log(np.maximum(chances, LEAST_LIKELIHOOD)))
            total -= total.max(axis=1, keepdims=True)
            found: npt.NDArray[np.float64] = np.exp(total)
            return found

        return of_hypothesis

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
    annotations: Annotations, images: Candidates, model: NoiseModel
) -> tuple[Annotators, NoiseModel]:
    """Weights and confusions of every annotator (Dawid and Skene, 1979), by EM.

    They start from those of all annotators together and lean on them, so that an annotator of few
    labels keeps to these; what is known of the images takes the place of Dawid and Skene's class
    shares. That all labels are right is given up where annotators contradict each other.

    Args:
        annotations: of N images.
        images: the N images with the label that is the commonest of each.
        model: of these labels.

    Returns:
        The annotators, and the model that their mixtures belong to, of fewer hypotheses.
    """
    order = np.argsort(annotations.images, kind="stable")
    ordered = replace(
        annotations,
        images=annotations.images[order],
        labels=annotations.labels[order],
        annotators=annotations.annotators[order],
    )
    model = _most_believed(model, _contradict(ordered))
    everyone = range(len(ordered.names))
    fitted = Annotators(ordered, [[mixture for _ in everyone] for mixture in model.mixtures])
    positions = np.arange(len(images.given))
    for _ in range(ROUNDS):
        likelihood = fitted.likelihood(images, positions)
        mixtures = [
            _fit_each(ordered, images, common, likelihood(number, common), own)
            for number, (common, own) in enumerate(
                zip(model.mixtures, fitted.mixtures, strict=True)
            )
        ]
        fitted = replace(fitted, mixtures=mixtures)
    return replace(fitted, qualities=_qualities(fitted, images, model)), model


def _fit_each(
    annotations: Annotations,
    images: Candidates,
    common: Mixture,
    likelihood: npt.NDArray[np.float64],
    before: Sequence[Mixture],
) -> list[Mixture]:
    """The mixture of each annotator, by what the labels of all the others say of the images."""
    fitted = []
    for annotator, mixture in enumerate(before):
        own = annotations.annotators == annotator
        rows = annotations.images[own]
        said = images.of(rows).with_labels(annotations.labels[own])
        others = likelihood[rows] / np.maximum(mixture.likelihood(said), LEAST_LIKELIHOOD)
        known = mixture.posterior(said, others)
        fitted.append(fit_mixture(said, mixture, 1, common=common, true=known)[0])
    return fitted


def _contradict(annotations: Annotations) -> bool:
    """Whether two labels of one image differ."""
    together = annotations.images[1:] == annotations.images[:-1]
    return bool((together & (annotations.labels[1:] != annotations.labels[:-1])).any())


def _most_believed(model: NoiseModel, contradicted: bool) -> NoiseModel:
    weights = model.weights.copy()
    if contradicted:
        weights[-1] = 0
    least = np.sort(weights[:-1])[-MOST_HYPOTHESES:][0]
    weights[:-1][weights[:-1] < least] = 0
    return model.believed(weights)


def _qualities(
    fitted: Annotators, images: Candidates, model: NoiseModel
) -> tuple[AnnotatorQuality, ...]:
    annotations = fitted.annotations
    positions = np.arange(len(images.given))
    likelihood = fitted.likelihood(images, positions)
    is_label = images.classes[annotations.images] == annotations.labels[:, None]
    right = np.ones((len(model.weights), len(annotations.labels)))
    for number, mixture in enumerate(model.mixtures):
        true = mixture.posterior(images, likelihood(number, mixture))
        right[number] = np.where(is_label, true[annotations.images], 0).sum(axis=1)
    shares = WrongShares(len(annotations.names), model.weights, Discrepancy())
    shares.add(annotations.annotators, right)
    return tuple(
        AnnotatorQuality.from_wrong(name, wrong)
        for name, wrong in zip(annotations.names, shares.finish()[:-1], strict=True)
    )
