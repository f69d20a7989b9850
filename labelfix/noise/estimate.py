"""The noise estimated from the given labels, and the part of it that judges other images."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.data.shares import AnnotatorQuality, WrongShare
from labelfix.noise.encoder_strength import Recognition
from labelfix.noise.evidence import Mixing
from labelfix.noise.hypotheses import NoiseModel
from labelfix.noise.nearness import LeastNearness
from labelfix.noise.outlook import Outlook
from labelfix.noise.text_view import TextView


@dataclass(frozen=True)
class LearnedNoise:
    """The part of a noise estimate that is needed to judge other images.

    Attributes:
        model: the noise hypotheses and their posterior weights.
        mixing: the weights of an image's own probabilities and its neighbours' posteriors.
        voters: how many neighbours vote.
        least_nearness: the lowest typical nearness of each class's images to others.
        wrong: the share of wrong labels among those that this was learned from.
        text: how class vectors are read and weighted; None without class vectors.
        ddim_steps: the number of DDIM steps of the denoisers.
    """

    model: NoiseModel
    mixing: Mixing
    voters: int
    least_nearness: LeastNearness
    wrong: WrongShare
    text: TextView | None = None
    ddim_steps: int = 1


@dataclass(frozen=True)
class NoiseEstimate:
    """The noise estimated from the given labels.

    Attributes:
        learned: the part that is needed to judge other images.
        transition: (C, C) float64, P(given j | true i), from the posteriors of all rows; rows
            sum to 1.
        wrong: the share of wrong labels of each class; the last entry is over all rows.
        annotators: the quality of each, if annotators are named.
        audited: the number of audited rows.
        outlook: how far more audited rows would narrow the interval; None if
            there are too few rows.
        more_right: the expected gain in right labels from class names; None without class
            vectors.
        recognition: how well the images alone tell the classes.
    """

    learned: LearnedNoise
    transition: npt.NDArray[np.float64] = field(repr=False)
    wrong: tuple[WrongShare, ...] = field(repr=False)
    annotators: tuple[AnnotatorQuality, ...] = field(default=(), repr=False)
    audited: int = 0
    outlook: Outlook | None = None
    more_right: float | None = None
    recognition: Recognition | None = None
