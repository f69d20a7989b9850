"""What the given labels tell of their own noise, and as far as other images are judged by it."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.data.shares import AnnotatorQuality, WrongShare
from labelfix.noise.evidence import Mixing
from labelfix.noise.hypotheses import NoiseModel
from labelfix.noise.nearness import LeastNearness
from labelfix.noise.outlook import Outlook
from labelfix.noise.text_view import TextView


@dataclass(frozen=True)
class LearnedNoise:
    """What a data set's given labels tell of their noise, as far as other images are judged by it.

    Attributes:
        model: the hypotheses on the noise, and how much each is believed.
        mixing: how far an image's own probabilities and its neighbours' posteriors count.
        voters: how many neighbours vote.
        least_nearness: how near to others an image of a class is at the least.
        wrong: the share of wrong labels among those that this was learned from.
        text: how class vectors are read, and how far they count; None where there are none.
        ddim_steps: in which the denoisers were read.
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
    """What the given labels tell of their own noise.

    Attributes:
        learned: what else can be judged by.
        transition: (C, C) float64, P(given j | true i), as often as the posteriors of all rows
            have it; rows sum to 1.
        wrong: the share of wrong labels; the last is of all rows, before it one a class.
        annotators: the quality of each, where annotators are named.
        audited: how many rows a person has verified.
        outlook: what more answers of a person would settle; None where nobody could be asked.
        more_right: how many more labels are expected right by what class names tell; None where
            there are no class vectors.
    """

    learned: LearnedNoise
    transition: npt.NDArray[np.float64] = field(repr=False)
    wrong: tuple[WrongShare, ...] = field(repr=False)
    annotators: tuple[AnnotatorQuality, ...] = field(default=(), repr=False)
    audited: int = 0
    outlook: Outlook | None = None
    more_right: float | None = None
