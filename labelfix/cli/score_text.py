"""A score as lines of text and as JSON values."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from labelfix.data.names import short
from labelfix.data.shares import DECIMALS
from labelfix.scoring.reliability import ReliabilityBin
from labelfix.scoring.score import LabelCounts, Score

MOST_CLASSES = 20
"""Classes that are shown; JSON has all."""
NAME_WIDTH = 20
BAR_WIDTH = 40
"""Characters from 0 to 100 % in the reliability diagram."""


def score_lines(score: Score, rows_in: int) -> Iterator[str]:
    """The lines of a score.

    Args:
        score: of the rows whose truth is known.
        rows_in: how many rows were looked at.
    """
    counts = score.counts
    yield _line("rows", f"{rows_in:,}")
    yield _line("with a true label", f"{counts.rows:,}")
    yield _line("right before", f"{counts.right_before:.2%}", _of(counts.rows - counts.wrong))
    wrong_now = counts.wrong - counts.fixed + counts.harmed
    yield _line("right after", f"{counts.right_after:.2%}", _of(counts.rows - wrong_now))
    yield _line("fixed", f"{counts.fixed:,}", "wrong labels that are right now")
    yield _line("harmed", f"{counts.harmed:,}", "right labels that are wrong now")
    yield _line("exchanged", f"{counts.exchanged:,}", "wrong labels, now another wrong one")
    left = counts.wrong - counts.fixed - counts.exchanged
    yield _line("left", f"{left:,}", "wrong labels that stay")
    yield ""
    yield "finding wrong labels by self_confidence"
    yield _line("area under ROC", _number(score.area_under_roc))
    yield _line("average precision", _number(score.average_precision))
    if counts.wrong:
        yield _line("missed", f"{score.missed:,}", f"by looking at {counts.wrong:,} rows")
    yield ""
    yield from _reliability_lines(score.bins, score.calibration_error)
    yield ""
    yield from _class_lines(score.of_class)


def score_as_json(score: Score) -> dict[str, Any]:
    """A score as JSON values."""
    return {
        **_counts_as_json(score.counts),
        "area_under_roc": _rounded(score.area_under_roc),
        "average_precision": _rounded(score.average_precision),
        "missed_at_noise_budget": score.missed,
        "calibration_error": _rounded(score.calibration_error),
        "reliability": [
            {name: _rounded(value) for name, value in asdict(part).items()} for part in score.bins
        ],
        "of_class": {name: _counts_as_json(counts) for name, counts in score.of_class.items()},
    }


def _reliability_lines(bins: Sequence[ReliabilityBin], error: float | None) -> Iterator[str]:
    """A line for each part of the confidences: # is the share of right ones, | the promise."""
    yield _line("calibration error", _number(error), "of confidence")
    if not bins:
        return
    yield f"{'confidence':>10} {'right':>7} {'rows':>9}  0 % {' ' * (BAR_WIDTH - 10)} 100 %"
    for part in bins:
        filled = round(part.right * BAR_WIDTH)
        bar = list("#" * filled + "." * (BAR_WIDTH - filled))
        bar[min(BAR_WIDTH - 1, int(part.confidence * BAR_WIDTH))] = "|"
        yield f"{part.confidence:>10.1%} {part.right:>7.1%} {part.rows:>9,}  {''.join(bar)}"


def _class_lines(of_class: dict[str, LabelCounts]) -> Iterator[str]:
    """The classes, those with the most wrong labels now first."""
    ranked = sorted(of_class.items(), key=lambda one: (one[1].right_after, one[0]))
    heads = ("rows", "before", "after", "fixed", "harmed", "exchanged")
    yield f"{'true label':<{NAME_WIDTH}}" + "".join(f"{head:>10}" for head in heads)
    for name, counts in ranked[:MOST_CLASSES]:
        figures = (
            f"{counts.rows:,}",
            f"{counts.right_before:.1%}",
            f"{counts.right_after:.1%}",
            f"{counts.fixed:,}",
            f"{counts.harmed:,}",
            f"{counts.exchanged:,}",
        )
        shown = short(name, NAME_WIDTH - 1)
        yield f"{shown:<{NAME_WIDTH}}" + "".join(f"{figure:>10}" for figure in figures)
    if len(ranked) > MOST_CLASSES:
        yield f"and {len(ranked) - MOST_CLASSES:,} more with more right labels; --json has all"


def _line(name: str, figure: str, more: str = "") -> str:
    return f"{name:<18}{figure:>10}{'  ' if more else ''}{more}"


def _of(rows: int) -> str:
    return f"{rows:,} rows"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)


def _counts_as_json(counts: LabelCounts) -> dict[str, float]:
    return {
        **asdict(counts),
        "right_before": round(counts.right_before, DECIMALS),
        "right_after": round(counts.right_after, DECIMALS),
    }
