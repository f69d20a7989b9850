"""Figures of the report."""

from dataclasses import replace

import numpy as np
import pytest

from labelfix.check.verdict import Finding, Verdict
from labelfix.data.shares import AnnotatorQuality, WrongShare
from labelfix.judging.batch import BatchNoise
from labelfix.report.contents import ReportContents
from labelfix.report.figures import against_truth, make_figures, make_histograms
from labelfix.scoring.truth_table import Truth


def test_make_histograms__one_for_each_action_that_has_a_confidence(tmp_path, make_batch):
    batch = make_batch(tmp_path, list("abab"), list("abaa"), confidence=[1, 1, 0.5, 0.7])
    kept, corrected = make_histograms(batch.corrections)
    assert (kept.action, kept.rows, kept.most, kept.median) == ("keep", 3, 2, 1.0)
    assert (corrected.action, corrected.rows, corrected.most) == ("relabel", 1, 1)
    assert [bar.rows for bar in corrected.bars].index(1) == 14


def test_make_histograms__rows_without_confidence_have_none(tmp_path, make_batch):
    corrections = make_batch(tmp_path, ["a", "b"]).corrections
    unknown = replace(corrections, confidence=np.full(2, np.nan))
    assert make_histograms(unknown) == []


def test_make_figures__of_everything_that_is_known(tmp_path, make_batch, wrong_labels):
    noise = BatchNoise(
        overall=WrongShare(rows=2, share=0.5, low=0.4, high=0.6),
        of_class={
            "a": WrongShare(rows=1, share=1.0, low=0.9, high=1.0),
            "b": WrongShare(rows=1, share=0.0, low=0.0, high=0.1),
        },
        annotators=[AnnotatorQuality(name="ada", labels=2, right_share=0.5, low=0.4, high=0.6)],
        class_names=["a", "b"],
        transition=np.array([[0.9, 0.1], [0.2, 0.8]]),
    )
    batch = make_batch(tmp_path, ["a", "b"], ["b", "b"], noise=noise)
    truth = Truth("t", {"0.png": "b", "1.png": "b"})
    figures = make_figures(ReportContents(batch=batch, findings=wrong_labels(batch), truth=truth))
    assert figures.heat_map.class_names == ["a", "b"]
    assert [line.name for line in figures.classes.first] == ["a", "b"]
    assert [line.name for line in figures.annotators.first] == ["ada"]
    assert figures.truth.score.counts.right_after == 1
    assert len(figures.dots) == 1


def test_make_figures__of_nothing(tmp_path, make_batch):
    batch = make_batch(tmp_path, ["a", "b"], noise=BatchNoise(overall=None))
    figures = make_figures(ReportContents(batch=batch, findings=[]))
    assert (figures.heat_map, figures.classes, figures.annotators, figures.truth) == (None,) * 4


def test_contents__the_verdict_leaves_out_what_its_baseline_knows(tmp_path, make_batch):
    batch = make_batch(tmp_path, ["a", "b"])
    share = WrongShare(rows=1, share=0.25, low=0.2, high=0.3)
    verdict = Verdict(
        source="m.csv",
        folder="images",
        is_folder=False,
        rows=2,
        rows_checked=1,
        findings=(),
        wrong_share=share,
    )
    contents = ReportContents(batch=batch, findings=[], verdict=verdict)
    assert (contents.source, contents.rows_judged, contents.wrong_share) == ("m.csv", 1, share)
    alone = ReportContents(batch=batch, findings=[])
    assert (alone.source, alone.rows_judged) == (str(tmp_path), 2)
    assert alone.wrong_share.share == pytest.approx(0.0)


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
        batch,
        [Finding(rule="wrong-label", level="error", message="", image="1.png", row=2)],
        Truth("t", {"0.png": "a"}),
    )
    assert (figures.score.counts.rows, figures.named, figures.score.counts.right_before) == (
        1,
        0,
        1.0,
    )
    assert np.isclose(figures.score.calibration_error, 0.1)
