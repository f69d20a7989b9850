"""When a label is changed, and when a person should look."""

from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.config import RelabelOptions
from labelfix.correction.row_evidence import RowEvidence
from labelfix.data.corrections import DECIMALS, KEEP, RELABEL, REVIEW


def decide(evidence: RowEvidence, options: RelabelOptions) -> npt.NDArray[Any]:
    """The action for every row.

    `relabel` where another label is likelier than the given one, as far as `min_confidence` and
    `min_precision` let it; without them that is the cut after which the expected number of right
    labels is largest. `review` where a label is kept that is likelier wrong than right, or to
    which another one is preferred. Else `keep`. The label of a class with a single image is
    always kept, and an image unlike those of the suggested class gets no new label.

    Returns:
        (R,) of `keep`, `relabel`, `review`.
    """
    another = (evidence.suggested != evidence.given) & evidence.supported
    changed = another & evidence.typical & (evidence.best_confidence >= options.min_confidence)
    if options.min_precision is not None:
        changed = _precise(changed, evidence.cautious_confidence, options.min_precision)
    doubtful = evidence.supported & (evidence.self_confidence < 0.5)
    action = np.full(len(evidence.given), KEEP, dtype=object)
    action[another | doubtful] = REVIEW
    action[changed] = RELABEL
    return action


def review_order(
    action: npt.NDArray[Any], confidence: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """(R,) the place of each row for review, from 1, the likeliest wrong label first; else 0."""
    rows = np.flatnonzero(action == REVIEW)
    ranked = rows[np.argsort(confidence[rows], kind="stable")]
    place = np.zeros(len(action), dtype=np.int64)
    place[ranked] = np.arange(1, len(ranked) + 1)
    return place


def _precise(
    candidates: npt.NDArray[np.bool_], confidence: npt.NDArray[np.float64], precision: float
) -> npt.NDArray[np.bool_]:
    """As many of the candidates, the surest first, as keep the mean confidence at a precision."""
    rows = np.flatnonzero(candidates)
    surest = rows[np.argsort(-confidence[rows], kind="stable")]
    expected = np.cumsum(confidence[surest]) / np.arange(1, len(surest) + 1)
    chosen = np.zeros(len(candidates), dtype=bool)
    chosen[surest[: int(np.sum(expected.round(DECIMALS) >= precision))]] = True
    return chosen
