"""Labels before and after correction, counted against the true ones.

`labelfix score` reads its rows from a corrected table, the report from a batch; both count here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.scoring.metrics import (
    ReliabilityBin,
    area_under_roc,
    average_precision,
    calibration_error,
    missed_within,
    reliability_bins,
)


@dataclass(frozen=True, kw_only=True)
class ScoredRows:
    """R corrected rows; every array has R entries.

    Attributes:
        label: text, the corrected label.
        given_label: text; blank where there was none.
        true_label: text; blank where it is unknown.
        confidence: float64 in [0, 1], that `label` is right; NaN where it is unknown.
        self_confidence: the same of `given_label`.
        review_rank: int64, from 1; 0 for rows that are not for review.
    """

    label: npt.NDArray[Any] = field(repr=False)
    given_label: npt.NDArray[Any] = field(repr=False)
    true_label: npt.NDArray[Any] = field(repr=False)
    confidence: npt.NDArray[np.float64] = field(repr=False)
    self_confidence: npt.NDArray[np.float64] = field(repr=False)
    review_rank: npt.NDArray[np.int64] = field(repr=False)

    def __len__(self) -> int:
        return len(self.label)

    def of(self, rows: npt.NDArray[np.bool_]) -> "ScoredRows":
        """Some of the rows, (R,) bool."""
        return ScoredRows(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


@dataclass(frozen=True, kw_only=True)
class LabelCounts:
    """What correction did to some rows' labels; the rest of `wrong` is unchanged.

    Attributes:
        rows: how many.
        wrong: how many given labels are wrong.
        fixed: wrong before, right now.
        harmed: right before, wrong now.
        exchanged: wrong before, another wrong one now.
    """

    rows: int
    wrong: int
    fixed: int
    harmed: int
    exchanged: int

    @property
    def right_before(self) -> float:
        """The share of given labels that are right."""
        return 1 - self.wrong / self.rows

    @property
    def right_after(self) -> float:
        """The share of labels that are right now."""
        return 1 - (self.wrong - self.fixed + self.harmed) / self.rows


@dataclass(frozen=True, kw_only=True)
class Score:
    """How rows with a given and a true label compare with the truth.

    Attributes:
        counts: of all of them.
        of_class: the same by true label, sorted.
        area_under_roc: of finding wrong labels by `self_confidence`; None where all are right or
            all wrong.
        average_precision: the same; None where no label is wrong.
        missed: the wrong labels that remain when a person reviews as many rows as labels are
            wrong, the likeliest wrong ones first.
        bins: rows by confidence that the corrected label is right.
        calibration_error: of these confidences; None where no row has one.
    """

    counts: LabelCounts
    of_class: dict[str, LabelCounts] = field(repr=False)
    area_under_roc: float | None
    average_precision: float | None
    missed: int
    bins: Sequence[ReliabilityBin] = field(repr=False)
    calibration_error: float | None


def score_rows(rows: ScoredRows) -> Score | None:
    """Score the rows that have a given and a true label; None without such a row."""
    known = rows.of(has_text(rows.true_label) & has_text(rows.given_label))
    if not len(known):
        return None
    is_wrong = np.asarray(known.given_label != known.true_label, dtype=bool)
    is_right_now = np.asarray(known.label == known.true_label, dtype=bool)
    judged = ~np.isnan(known.self_confidence)
    suspicion = 1 - known.self_confidence[judged]
    sure = ~np.isnan(known.confidence)
    bins = reliability_bins(known.confidence[sure], is_right_now[sure])
    return Score(
        counts=_count(known),
        of_class=_counts_of_class(known),
        area_under_roc=area_under_roc(suspicion, is_wrong[judged]),
        average_precision=average_precision(suspicion, is_wrong[judged]),
        missed=missed_within(looking_order(known), is_wrong, int(is_wrong.sum())),
        bins=bins,
        calibration_error=calibration_error(bins) if bins else None,
    )


def looking_order(rows: ScoredRows) -> npt.NDArray[np.int64]:
    """(R,) the rows in the order in which a person should review them.

    The likeliest wrong label comes first; ties are in the order of their review rank, then those
    without a rank. Rows without a probability come last.
    """
    unlikely = np.where(np.isnan(rows.self_confidence), np.inf, rows.self_confidence)
    rank = np.where(rows.review_rank == 0, np.iinfo(np.int64).max, rows.review_rank)
    return np.lexsort((np.arange(len(rows)), rank, unlikely))


def has_text(labels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """(n,) which labels are not blank."""
    return np.array([str(label).strip() != "" for label in labels], dtype=bool)


def _count(rows: ScoredRows) -> LabelCounts:
    """The counts of all rows."""
    (counts,) = _counts(rows, np.zeros(len(rows), dtype=np.int64), 1)
    return counts


def _counts_of_class(rows: ScoredRows) -> dict[str, LabelCounts]:
    """The counts by true label."""
    names = sorted(set(rows.true_label.tolist()))
    place = {name: number for number, name in enumerate(names)}
    classes = np.array([place[label] for label in rows.true_label], dtype=np.int64)
    return dict(zip(names, _counts(rows, classes, len(names)), strict=True))


def _counts(rows: ScoredRows, groups: npt.NDArray[np.int64], number: int) -> list[LabelCounts]:
    """The counts of each group; `groups` is (R,) int64, the group of each row."""
    was_right = np.asarray(rows.given_label == rows.true_label, dtype=bool)
    is_right = np.asarray(rows.label == rows.true_label, dtype=bool)
    changed = np.asarray(rows.label != rows.given_label, dtype=bool)
    kinds = {
        "rows": np.ones(len(rows), dtype=bool),
        "wrong": ~was_right,
        "fixed": ~was_right & is_right,
        "harmed": was_right & ~is_right,
        "exchanged": ~was_right & ~is_right & changed,
    }
    counted = {
        name: np.bincount(groups[kind], minlength=number).tolist() for name, kind in kinds.items()
    }
    return [
        LabelCounts(**{name: counts[group] for name, counts in counted.items()})
        for group in range(number)
    ]
