"""The comparison as one self-contained SVG: standings, and the effect of K."""

from collections.abc import Iterator, Sequence
from math import log10

from markupsafe import escape

from labelfix.bench.comparison import STANDARD_ERRORS, Standing
from labelfix.bench.contestants import GIVEN, VOTE
from labelfix.options.train_options import PAPER

WIDTH, LINE, TOP = 760.0, 22.0, 66.0
NAMES, PLOT, CURVES = 250.0, 330.0, 190.0
"""Px: width of the names, width of the plot, height of the curves."""
DENOISER, SIMPLE, MUTED = "#1f5fa8", "#b3541e", "#666"
STYLE = (
    "text{font:13px sans-serif;fill:#222}.muted{fill:#666}.title{font-weight:bold}"
    ".end{text-anchor:end}.middle{text-anchor:middle}line{stroke:#ddd}"
)


def draw(found: Sequence[Standing], rows: int, wrong: int) -> str:
    """The SVG.

    Args:
        found: the standings, the best first.
        rows: the number of rows compared on.
        wrong: the number of labels made wrong, over all noise samples.
    """
    curves = _curves(found)
    below = TOP + LINE * len(found) + 40
    height = below + (CURVES + 90 if curves else 0)
    body = [*_standings(found), *(_curves_drawn(curves, below + 30) if curves else ())]
    head = f"{rows:,} rows that look right, {wrong:,} labels made wrong"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}" height="{height:g}" '
            f'viewBox="0 0 {WIDTH:g} {height:g}" role="img">',
            f"<title>Methods compared: {head}</title>",
            f"<style>{STYLE}</style>",
            f'<rect width="{WIDTH:g}" height="{height:g}" fill="#fff"/>',
            _text(12, 24, "Labels right after correction", "title"),
            _text(
                12,
                44,
                f"{head}; blue: denoisers; whiskers: twice the error of the distance to the best",
                "muted",
            ),
            *body,
            "</svg>\n",
        ]
    )


def _standings(found: Sequence[Standing]) -> Iterator[str]:
    """A dot per contestant; the whisker is the uncertainty of its distance to the best."""
    low, high = _range(found)
    bottom = TOP + LINE * len(found)
    for share in _ticks(low, high):
        x = _x(share, low, high)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP:g}" y2="{bottom:g}"/>'
        yield _text(x, bottom + 16, f"{share:.1%}", "muted middle")
    for place, one in enumerate(found):
        y = TOP + LINE * (place + 0.5)
        colour = _colour(one)
        spread = STANDARD_ERRORS * one.standard_error
        x_low, x_high = (
            _x(min(max(end, low), high), low, high)
            for end in (one.right - spread, one.right + spread)
        )
        name = _shortened(f"{one.contestant.name} ({one.encoder})")
        yield _text(NAMES - 12, y + 4, name, "end")
        yield (
            f'<line x1="{x_low:.1f}" x2="{x_high:.1f}" y1="{y:g}" y2="{y:g}" '
            f'style="stroke:{colour};stroke-width:2"/>'
        )
        yield f'<circle cx="{_x(one.right, low, high):.1f}" cy="{y:g}" r="4.5" fill="{colour}"/>'
        cost = f"{one.right:.2%}, {one.cost.seconds:,.1f} s"
        yield _text(NAMES + PLOT + 16, y + 4, cost, "muted")


def _curves_drawn(
    curves: dict[tuple[str, str], list[tuple[int, float]]], top: float
) -> Iterator[str]:
    """Right labels by K, one line per method and encoder."""
    points = [point for curve in curves.values() for point in curve]
    low, high = min(right for _, right in points), max(right for _, right in points)
    low, high = low - 0.1 * (high - low) - 1e-3, high + 0.1 * (high - low) + 1e-3
    most = log10(max(k for k, _ in points)) or 1.0

    def at(k: int, right: float) -> tuple[float, float]:
        return NAMES + PLOT * log10(k) / most, top + CURVES * (high - right) / (high - low)

    yield _text(12, top - 14, "Labels right after correction, by K", "title")
    for share in _ticks(low, high):
        y = at(1, share)[1]
        yield f'<line x1="{NAMES:g}" x2="{NAMES + PLOT:g}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text(NAMES - 12, y + 4, f"{share:.1%}", "muted end")
    for k in sorted({k for k, _ in points}):
        yield _text(at(k, low)[0], top + CURVES + 18, str(k), "muted middle")
    last: list[float] = []
    for (method, encoder), curve in sorted(curves.items(), key=lambda one: -one[1][-1][1]):
        colour = DENOISER if method == PAPER else SIMPLE
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in curve))
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        x, y = at(*curve[-1])
        y = max([y, *(one + 15 for one in last)])
        last.append(y)
        yield _text(x + 10, y + 4, _shortened(f"{method} ({encoder})", 24))


def _curves(found: Sequence[Standing]) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """(K, right) of the methods compared with several K, in ascending K, by encoder."""
    curves: dict[tuple[str, str], dict[int, float]] = {}
    for one in found:  # the best comes first, so it wins over other numbers of steps
        if one.contestant.method in (VOTE, PAPER) and one.contestant.neighbours:
            own = curves.setdefault((one.contestant.method, one.encoder), {})
            own.setdefault(one.contestant.neighbours, one.right)
    return {key: sorted(own.items()) for key, own in curves.items() if len(own) > 1}


def _range(found: Sequence[Standing]) -> tuple[float, float]:
    """The limits of the share axis; always includes the given labels."""
    ends = [one.right for one in found]
    room = 0.05 * (max(ends) - min(ends)) + 2e-3
    return max(0.0, min(ends) - room), min(1.0, max(ends) + room)


def _ticks(low: float, high: float) -> list[float]:
    step = next(
        (one for one in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05) if (high - low) < 6 * one), 0.2
    )
    first = int(low / step) + 1
    return [number * step for number in range(first, int(high / step) + 1)]


def _x(share: float, low: float, high: float) -> float:
    return NAMES + PLOT * (share - low) / (high - low)


def _colour(one: Standing) -> str:
    if one.contestant.method == GIVEN:
        return MUTED
    return DENOISER if one.contestant.is_denoiser else SIMPLE


def _shortened(text: str, most: int = 38) -> str:
    return text if len(text) <= most else text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _text(x: float, y: float, text: str, classes: str = "") -> str:
    named = f' class="{classes}"' if classes else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named}>{escape(text)}</text>'
