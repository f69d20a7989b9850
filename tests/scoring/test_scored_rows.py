from dataclasses import replace

import numpy as np
import pytest

from labelfix.scoring.scored_rows import LabelCounts, ScoredRows, looking_order, score_rows


@pytest.fixture
def rows():
    # fixed, harmed, exchanged, left, right and kept, no truth, no given label
    return ScoredRows(
        label=np.array(list("ababbaa"), dtype=object),
        given_label=np.array(["b", "a", "c", "b", "b", "a", ""], dtype=object),
        true_label=np.array(["a", "a", "b", "a", "b", "", "a"], dtype=object),
        confidence=np.array([0.9, 0.7, 0.6, np.nan, 1.0, 0.9, 0.9]),
        self_confidence=np.array([0.1, 0.3, 0.2, np.nan, 1.0, 0.9, np.nan]),
        review_rank=np.zeros(7, dtype=np.int64),
    )


def test_score_rows__by_hand(rows):
    rows = replace(rows, label=np.array(list("abaabaa"), dtype=object))
    rows.label[3] = "b"
    score = score_rows(rows)
    assert score.counts == LabelCounts(rows=5, wrong=3, fixed=1, harmed=1, exchanged=1)
    assert (score.counts.right_before, score.counts.right_after) == (pytest.approx(0.4),) * 2
    assert score.of_class == {
        "a": LabelCounts(rows=3, wrong=2, fixed=1, harmed=1, exchanged=0),
        "b": LabelCounts(rows=2, wrong=1, fixed=0, harmed=0, exchanged=1),
    }
    # judged: wrong at 0.9 and 0.8, right at 0.7 and 0
    assert (score.area_under_roc, score.average_precision) == (1.0, 1.0)
    assert score.missed == 1  # the three looked at: rows 0, 2 and 1, which is right
    # right at 0.9 and 1 (one part), wrong at 0.7 and 0.6
    assert score.calibration_error == pytest.approx((2 * 0.05 + 0.7 + 0.6) / 4)


def test_score_rows__without_truth(rows):
    assert score_rows(replace(rows, true_label=np.full(7, "", dtype=object))) is None


def test_looking_order__ties_by_review_rank_and_unknown_last(rows):
    ranked = replace(
        rows,
        self_confidence=np.array([0.5, 0.5, 0.5, np.nan, 0.9, 0.1, 0.5]),
        review_rank=np.array([0, 2, 1, 3, 0, 0, 0]),
    )
    assert looking_order(ranked).tolist() == [5, 2, 1, 0, 6, 4, 3]
