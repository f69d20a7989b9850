"""The figures of a page, from the numbers of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelfix.data.corrections import KEEP, PREDICT, RELABEL, REVIEW, Corrections
from labelfix.report.contents import ReportContents
from labelfix.report.heat_map import HeatMap, make_heat_map
from labelfix.report.histogram import Bar, Plot, count_in_bins, make_bars
from labelfix.report.intervals import (
    IntervalChart,
    NamedShare,
    make_interval_chart,
    wrong_share_of,
)
from labelfix.report.reliability import Dot, make_dots
from labelfix.report.truth import TruthFigures, against_truth

RELIABILITY_SIDE = 220.0
"""Of the reliability diagram, in px."""

_ACTION_TITLES = {
    KEEP: "kept label",
    RELABEL: "corrected label",
    REVIEW: "doubtful label",
    PREDICT: "predicted label",
}


@dataclass(frozen=True)
class ConfidenceHistogram:
    """The confidences of the rows of one action.

    Attributes:
        action: as in `Corrections`.
        title: what one of them is.
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
class Figures:
    """What is drawn; None or empty where there is nothing to draw."""

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
    """One histogram for every action that has a confidence.

    Each has a scale of its own: among thousands of kept labels, tens for review would not be seen.
    """
    histograms = []
    for action, title in _ACTION_TITLES.items():
        confidence = corrections.confidence[corrections.action == action]
        confidence = confidence[~np.isnan(confidence)]
        if len(confidence):
            counts = count_in_bins(confidence)
            histograms.append(
                ConfidenceHistogram(
                    action,
                    title,
                    len(confidence),
                    int(counts.max()),
                    float(np.median(confidence)),
                    make_bars(counts, Plot()),
                )
            )
    return histograms
