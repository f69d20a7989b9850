"""A comparison of methods as a table and as JSON values."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelfix.data.names import plain, short
from labelfix.data.share_text import interval, percent
from labelfix.data.shares import DECIMALS, share_as_json

if TYPE_CHECKING:
    from labelfix.bench.comparison import Standing
    from labelfix.bench.stage import BenchResult

ENCODER_WIDTH, METHOD_WIDTH = 14, 19
HEADS = ("K", "steps", "right", "to best", "fixed", "harmed", "AUROC", "calib.", "s", "MiB")
WIDTHS = (4, 6, 8, 15, 7, 7, 7, 7, 7, 6)


def bench_lines(result: "BenchResult") -> Iterator[str]:
    """The lines of a comparison, the best method first, and the advice."""
    rows = result.rows[0]
    wrong = sum(one.wrong for one in result.rows) / len(result.rows)
    yield f"{'rows that look right':<42}{len(rows):>8,}"
    if result.estimated is not None:
        share = result.estimated
        yield (
            f"{'estimated share of wrong labels':<42}{percent(share.share):>8}  "
            f"(95 % interval {interval(share.low, share.high)})"
        )
    yield f"{'labels made wrong by the noise model':<42}{percent(wrong / len(rows)):>8}"
    if len(result.rows) > 1:
        yield f"{'draws of the noise':<42}{len(result.rows):>8}"
    yield ""
    heads = "".join(f"{head:>{width}}" for head, width in zip(HEADS, WIDTHS, strict=True))
    yield f"{'encoder':<{ENCODER_WIDTH}}{'method':<{METHOD_WIDTH}}{heads}"
    for one in result.standings:
        yield _row(one)
    yield ""
    if not result.has_cleanlab:
        yield "cleanlab is not installed and was skipped (pip install cleanlab)"
    yield "the rows were chosen by the default method, which may favour it a little"
    for sentence in result.advice.sentences:
        yield plain(sentence)


def bench_as_json(result: "BenchResult", table: Path, picture: Path) -> dict[str, Any]:
    """A comparison as JSON values."""
    return {
        "rows": len(result.rows[0]),
        "draws": len(result.rows),
        "classes": len(result.rows[0].class_names),
        "wrong": [one.wrong for one in result.rows],
        "estimated": None if result.estimated is None else share_as_json(result.estimated),
        "standings": [_standing_as_json(one) for one in result.standings],
        "take": _standing_as_json(result.advice.take),
        "advice": list(result.advice.sentences),
        "cleanlab": result.has_cleanlab,
        "reused": result.reused,
        "table": str(table),
        "picture": str(picture),
    }


def _row(one: "Standing") -> str:
    contestant, figures = one.contestant, one.figures
    behind = f"{-100 * one.behind:.2f} \N{PLUS-MINUS SIGN} {100 * one.standard_error:.2f}"
    cells = (
        _whole(contestant.neighbours),
        _whole(contestant.ddim_steps),
        f"{one.right:.2%}",
        behind if one.behind or one.standard_error else "best",
        _whole(figures["fixed"]),
        _whole(figures["harmed"]),
        _decimal(figures["area_under_roc"]),
        _decimal(figures["calibration_error"]),
        f"{one.cost.seconds:,.1f}",
        _whole(one.cost.mib),
    )
    written = "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
    method = contestant.method + (" + names" if contestant.reads_names else "")
    encoder = short(one.encoder, ENCODER_WIDTH - 1)
    return f"{encoder:<{ENCODER_WIDTH}}{method:<{METHOD_WIDTH}}{written}"


def _standing_as_json(one: "Standing") -> dict[str, Any]:
    return {
        "encoder": one.encoder,
        **asdict(one.contestant),
        "right": round(one.right, DECIMALS),
        "behind": round(one.behind, DECIMALS),
        "standard_error": round(one.standard_error, DECIMALS),
        "is_level": one.is_level,
        **{
            name: None if value is None else round(value, DECIMALS)
            for name, value in one.figures.items()
        },
        "seconds": round(one.cost.seconds, 3),
        "mib": None if one.cost.mib is None else round(one.cost.mib, 1),
    }


def _whole(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _decimal(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
