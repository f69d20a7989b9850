"""When a label is changed, and when a person should look."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.config import RelabelOptions
from labelfix.data.corrections import KEEP, RELABEL, REVIEW


@dataclass(frozen=True)
class RowEvidence:
    """What is known of R rows.

    Attributes:
        given: (R,) int64, the class of the given label.
        suggested: (R,) int64, the likeliest class.
        self_confidence: (R,) float64, the probability of the given class.
        best_confidence: (R,) float64, the probability of the suggested class.
        supported: (R,) bool, whether the given class has at least 2 images.
    """

    given: npt.NDArray[np.int64] = field(repr=False)
    suggested: npt.NDArray[np.int64] = field(repr=False)
    self_confidence: npt.NDArray[np.float64] = field(repr=False)
    best_confidence: npt.NDArray[np.float64] = field(repr=False)
    supported: npt.NDArray[np.bool_] = field(repr=False)


def decide(evidence: RowEvidence, options: RelabelOptions) -> npt.NDArray[Any]:
    """The action for every row.

    `relabel` where another label has at least `min_confidence` and the given one less than
    `max_self_confidence`; `review` where one of the two holds without the other; else `keep`.
    The label of a class with a single image is always kept.

    Returns:
        (R,) of `keep`, `relabel`, `review`.
    """
    another = (evidence.suggested != evidence.given) & evidence.supported
    sure_of_another = another & (evidence.best_confidence >= options.min_confidence)
    against_given = another & (evidence.self_confidence < options.max_self_confidence)
    action = np.full(len(evidence.given), KEEP, dtype=object)
    action[sure_of_another | against_given] = REVIEW
    action[sure_of_another & against_given] = RELABEL
    return action
