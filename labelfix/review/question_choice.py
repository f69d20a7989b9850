"""The choice of rows to ask a person about, and of the labels that each may have."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.data.corrections import Corrections
from labelfix.data.shares import DECIMALS

CANDIDATES = 3


@dataclass(frozen=True)
class Candidate:
    """A label that may be the true one; its probability is None where it is unknown."""

    label: str
    probability: float | None


@dataclass(frozen=True, kw_only=True)
class Question:
    """A row whose true label a person is asked for.

    Attributes:
        row: its position among the corrections, from 0.
        image: as in `Manifest.images`.
        given_label: blank where there is none.
        candidates: at most `CANDIDATES`, the likeliest first.
        chance: in (0, 1], the probability with which the image was drawn.
        wrong_probability: that the given label is wrong; None where it is unknown.
    """

    row: int
    image: str
    given_label: str
    candidates: Sequence[Candidate] = field(repr=False)
    chance: float
    wrong_probability: float | None


def choose_questions(
    images: Sequence[str], corrections: Corrections, budget: int, *, seed: int
) -> list[Question]:
    """Draw rows, each image once, without those that a person already verified.

    Args:
        images: R names, of the rows of the corrections.
        corrections: R rows.
        budget: how many rows at most.
        seed: of the draw.
    """
    drawn = corrections.questions(budget, seed=seed).tolist()
    chances = _chances_of_images(images, corrections.question_chances(budget))
    first = {images[row]: row for row in reversed(drawn)}
    return [
        Question(
            row=row,
            image=images[row],
            given_label=_text(corrections.given_label[row]),
            candidates=candidates_of(corrections, row),
            chance=float(chances[row]),
            wrong_probability=_complement(corrections.self_confidence[row]),
        )
        for row in drawn
        if first[images[row]] == row
    ]


def candidates_of(corrections: Corrections, row: int) -> list[Candidate]:
    """The suggested, the given and the second likeliest label of a row, the likeliest first.

    A suggested label of unknown probability stands first: it was preferred to the others.
    """
    suggested = _text(corrections.suggested_label[row])
    known = {
        _text(corrections.second_label[row]): corrections.second_confidence[row],
        _text(corrections.label[row]): corrections.confidence[row],
        _text(corrections.given_label[row]): corrections.self_confidence[row],
    }
    labels = [label for label in dict.fromkeys([suggested, *reversed(known)]) if label.strip()]
    probabilities = {label: float(known.get(label, np.nan)) for label in labels}

    def place(label: str) -> float:
        if np.isnan(probabilities[label]):
            return -np.inf if label == suggested else np.inf
        return -probabilities[label]

    return [
        Candidate(label, None if np.isnan(probabilities[label]) else probabilities[label])
        for label in sorted(labels, key=place)[:CANDIDATES]
    ]


def _chances_of_images(
    images: Sequence[str], chances: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """(R,) the probability of each row that one of its image's rows is drawn.

    Exact for images of one row; for others as if their rows were drawn independently.
    """
    times = Counter(images)
    of_image = chances.copy()
    missed: dict[str, float] = {}
    for image, chance in zip(images, chances.tolist(), strict=True):
        if times[image] > 1:
            missed[image] = missed.get(image, 1.0) * (1.0 - chance)
    for row, image in enumerate(images):
        if image in missed:
            of_image[row] = 1.0 - missed[image]
    return of_image


def _complement(probability: float) -> float | None:
    return None if np.isnan(probability) else round(1.0 - float(probability), DECIMALS)


def _text(label: object) -> str:
    return "" if label is None else str(label)
