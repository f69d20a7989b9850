"""What a method says of rows, and the figures that follow from the truth."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.bench.clean_rows import NoisyRows
from labelfix.scoring.scored_rows import Score, ScoredRows, score_rows


@dataclass(frozen=True)
class Outcome:
    """What a method says of n rows.

    Attributes:
        labels: (n,) int64, the class of each row after correction.
        self_confidence: (n,) float64, how far the given label is believed; NaN: not told.
        confidence: (n,) float64 in [0, 1], the claimed probability that `labels` is right; NaN:
            not claimed.
    """

    labels: npt.NDArray[np.int64] = field(repr=False)
    self_confidence: npt.NDArray[np.float64] = field(repr=False)
    confidence: npt.NDArray[np.float64] = field(repr=False)

    @classmethod
    def likeliest(
        cls, probabilities: npt.NDArray[np.float64], given: npt.NDArray[np.int64]
    ) -> "Outcome":
        """The class of the largest of (n, C) probabilities, whatever was given."""
        each, labels = np.arange(len(given)), probabilities.argmax(axis=1)
        return cls(labels, probabilities[each, given], probabilities[each, labels])

    def is_right(self, rows: NoisyRows) -> npt.NDArray[np.bool_]:
        """(n,) which labels are right now."""
        return np.asarray(self.labels == rows.true)

    def score(self, rows: NoisyRows) -> Score:
        """The figures, as `labelfix score` has them."""
        names = np.array(rows.class_names, dtype=object)
        found = score_rows(
            ScoredRows(
                label=names[self.labels],
                given_label=names[rows.given],
                true_label=names[rows.true],
                confidence=self.confidence,
                self_confidence=self.self_confidence,
                review_rank=np.zeros(len(rows), dtype=np.int64),
            )
        )
        if found is None:
            raise ValueError("expected rows with labels, found none")
        return found
