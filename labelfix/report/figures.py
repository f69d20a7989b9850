"""The figures of a report, from the numbers of a batch and, where known, the true labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelfix.check.verdict import Finding
from labelfix.data.corrections import KEEP, PREDICT, RELABEL, REVIEW, Corrections
from labelfix.judging.batch import Batch
from labelfix.report.charts import (
    Bar,
    Dot,
    IntervalChart,
    NamedShare,
    Plot,
    count_in_bins,
    make_bars,
    make_dots,
    make_interval_chart,
    wrong_share_of,
)
from labelfix.report.contents import ReportContents
from labelfix.report.heat_map import HeatMap, make_heat_map
from labelfix.scoring.scored_rows import Score, ScoredRows, has_text, score_rows
from labelfix.scoring.truth_table import Truth

RELIABILITY_SIDE = 220.0
"""The side of the reliability diagram, in px."""

_ACTION_TITLES = {
    KEEP: "kept label",
    RELABEL: "corrected label",
    REVIEW: "doubtful label",
    PREDICT: "predicted label",
}


@dataclass(frozen=True, kw_only=True)
class ConfidenceHistogram:
    """The confidences of the rows of one action.

    Attributes:
        action: as in `Corrections`.
        title: what one row is called.
        rows: how many.
        most: rows of the highest bar.
        median: of the confidences.
        bars: from 0 to 1.
    """

    action: str
    title: str
    rows: int
    most: int
    median: float
    bars: Sequence[Bar]


@dataclass(frozen=True)
class TruthFigures:
    """How labels and findings compare with the truth.

    Attributes:
        score: of the rows with a given and a true label.
        named: how many `wrong-label` findings these rows have.
        found: how many of the named rows really have a wrong label.
    """

    score: Score
    named: int
    found: int


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of a page; None or empty where there is nothing to draw."""

    heat_map: HeatMap | None
    classes: IntervalChart | None
    annotators: IntervalChart | None
    histograms: Sequence[ConfidenceHistogram]
    truth: TruthFigures | None
    dots: Sequence[Dot]


def make_figures(contents: ReportContents) -> Figures:
    """All figures of a page."""
    noise = contents.batch.noise
    overall = contents.wrong_share
    shares = contents.wrong_share_of_class
    truth = (
        against_truth(contents.batch, contents.findings, contents.truth)
        if contents.truth is not None
        else None
    )
    return Figures(
        heat_map=None
        if noise.transition is None or not len(noise.class_names)
        else make_heat_map(noise.class_names, noise.transition),
        classes=make_interval_chart([NamedShare(*one) for one in shares.items()], overall),
        annotators=make_interval_chart(map(wrong_share_of, noise.annotators), overall),
        histograms=make_histograms(contents.batch.corrections),
        truth=truth,
        dots=make_dots(truth.score.bins, RELIABILITY_SIDE) if truth else (),
    )


def make_histograms(corrections: Corrections) -> list[ConfidenceHistogram]:
    """One histogram for each action with confidences.

    Each has its own scale, so that tens of reviews stay visible beside thousands of kept labels.
    """
    histograms = []
    for action, title in _ACTION_TITLES.items():
        confidence = corrections.confidence[corrections.action == action]
        confidence = confidence[~np.isnan(confidence)]
        if len(confidence):
            counts = count_in_bins(confidence)
            histograms.append(
                ConfidenceHistogram(
                    action=action,
                    title=title,
                    rows=len(confidence),
                    most=int(counts.max()),
                    median=float(np.median(confidence)),
                    bars=make_bars(counts, Plot()),
                )
            )
    return histograms


def against_truth(batch: Batch, findings: Sequence[Finding], truth: Truth) -> TruthFigures | None:
    """Compare the rows of a batch with the truth; None where no row has both labels.

    Args:
        batch: R rows.
        findings: of the batch.
        truth: by image name; rows without a given or a true label are skipped.
    """
    corrections = batch.corrections
    true = np.array([truth.labels.get(image, "") for image in batch.manifest.images], dtype=object)
    score = score_rows(
        ScoredRows(
            label=corrections.label,
            given_label=corrections.given_label,
            true_label=true,
            confidence=corrections.confidence,
            self_confidence=corrections.self_confidence,
            review_rank=corrections.review_rank,
        )
    )
    if score is None:
        return None
    known = has_text(true) & has_text(corrections.given_label)
    rows_named = (
        batch.position(finding.row)
        for finding in findings
        if finding.rule == "wrong-label" and finding.row is not None
    )
    named = [row for row in rows_named if known[row]]
    found = sum(bool(corrections.given_label[row] != true[row]) for row in named)
    return TruthFigures(score, named=len(named), found=found)
