import numpy as np
import pytest

from labelfix.check.finding import Finding
from labelfix.report.truth import against_truth
from labelfix.scoring.truth import Truth


def test_against_truth__by_hand(tmp_path, make_batch, wrong_labels):
    # rows: wrong and mended; wrong and overlooked; right and kept; right but changed; not known
    batch = make_batch(tmp_path, list("ababa"), list("bbaaa"), confidence=[0.9, 0.6, 1, 0.8, 0.7])
    truth = Truth("t", {"0.png": "b", "1.png": "a", "2.png": "a", "3.png": "b"})
    figures = against_truth(batch, wrong_labels(batch), truth)
    assert (figures.score.counts.rows, figures.score.counts.wrong) == (4, 2)
    assert (figures.score.counts.right_before, figures.score.counts.right_after) == (0.5, 0.5)
    assert (figures.named, figures.found) == (2, 1)
    assert sum(part.rows for part in figures.score.bins) == 4
    # |0.9 - 1|, |0.6 - 0|, |1 - 1| and |0.8 - 0|; 0.9 and 1 are of one part: |0.95 - 1| twice
    assert figures.score.calibration_error == pytest.approx((2 * 0.05 + 0.6 + 0.8) / 4)


def test_against_truth__rows_without_labels_do_not_count(tmp_path, make_batch):
    batch = make_batch(tmp_path, ["a", "b"])
    assert against_truth(batch, [], Truth("t", {"x.png": "a"})) is None
    figures = against_truth(
        batch, [Finding("wrong-label", "error", "", "1.png", 2)], Truth("t", {"0.png": "a"})
    )
    assert (figures.score.counts.rows, figures.named, figures.score.counts.right_before) == (
        1,
        0,
        1.0,
    )
    assert np.isclose(figures.score.calibration_error, 0.1)
