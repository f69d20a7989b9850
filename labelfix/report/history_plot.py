"""The plot of a history: the share of wrong labels from check to check, as inline SVG."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from labelfix.check.history import PastCheck
from labelfix.check.message_text import count
from labelfix.report.page_text import percent, span, visible

MOST_CHECKS = 60
"""The last ones are shown; more would stand too close."""
WIDTH, HEIGHT = 640, 120
"""Of the plot without its texts, in px."""
SHOWN_HEIGHT = 180
"""Of the plot with them; on a narrow screen it is smaller."""
LEAST_TOP = 0.02
"""The axis goes at least this far, so that no noise looks like a mountain."""
BAND_OPACITY = 0.18


def history_plot(checks: Sequence[PastCheck]) -> Markup:
    """A section of the page: a line of shares, a band of their intervals, a dot for each check.

    A filled dot is a check that passed, an empty one a check that did not. Nothing without a
    check that has an estimate.

    Args:
        checks: the oldest first.
    """
    known = [check for check in checks if check.wrong_share is not None][-MOST_CHECKS:]
    if not known:
        return Markup("")
    parts = [
        '<section id="history" aria-labelledby="history-title">',
        '<h2 id="history-title">From check to check</h2>',
        f'<p class="lead">{escape(_lead(known))}</p>',
    ]
    if len(known) > 1:
        parts += [
            f'<svg class="history" viewBox="-52 -12 {WIDTH + 68} {HEIGHT + 40}" width="100%" '
            f'height="{SHOWN_HEIGHT}" preserveAspectRatio="xMinYMid" role="img" '
            'aria-labelledby="history-title">',
            *_axis(known),
            *_shares(known),
            "</svg>",
        ]
    return Markup("\n".join([*parts, "</section>"]))  # noqa: S704 (texts are escaped)


def _lead(checks: Sequence[PastCheck]) -> str:
    """The plot in words."""
    first, last = checks[0], checks[-1]
    now = f"{percent(last.wrong_share or 0.0)} on {_day(last)}"
    if len(checks) == 1:
        return f"The estimated share of wrong labels: {now}. One check so far."
    return (
        f"The estimated share of wrong labels in the last {count(len(checks), 'check')}: "
        f"{percent(first.wrong_share or 0.0)} on {_day(first)}, {now}. "
        "A filled dot passed, an empty one did not."
    )


def _axis(checks: Sequence[PastCheck]) -> list[str]:
    """The lines at 0 and at the top with their shares, and the first and the last day."""
    text = 'fill="currentColor" font-size="12"'
    lines = [
        f'<line x1="0" x2="{WIDTH}" y1="{y}" y2="{y}" stroke="currentColor" stroke-opacity="0.3"/>'
        f'<text x="-8" y="{y + 4}" text-anchor="end" {text}>{escape(percent(share, 0))}</text>'
        for y, share in ((0, _top(checks)), (HEIGHT, 0.0))
    ]
    return [
        *lines,
        f'<text x="0" y="{HEIGHT + 22}" {text}>{escape(_day(checks[0]))}</text>',
        f'<text x="{WIDTH}" y="{HEIGHT + 22}" text-anchor="end" {text}>'
        f"{escape(_day(checks[-1]))}</text>",
    ]


def _shares(checks: Sequence[PastCheck]) -> list[str]:
    top = _top(checks)
    places = [WIDTH * place / (len(checks) - 1) for place in range(len(checks))]
    shares = [check.wrong_share or 0.0 for check in checks]
    lows = [check.low if check.low is not None else check.wrong_share or 0.0 for check in checks]
    highs = [check.high if check.high is not None else check.wrong_share or 0.0 for check in checks]
    line = _points(places, shares, top)
    band = f"{_points(places, highs, top)} {_points(places[::-1], lows[::-1], top)}"
    drawn = [
        f'<polygon points="{band}" fill="currentColor" fill-opacity="{BAND_OPACITY}"/>',
        f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-width="2"/>',
    ]
    for check, x, share in zip(checks, places, shares, strict=True):
        fill = "currentColor" if check.verdict == "passed" else "Canvas"
        drawn.append(
            f'<circle cx="{x:.1f}" cy="{_height(share, top):.1f}" r="4" fill="{fill}" '
            f'stroke="currentColor" stroke-width="2">'
            f"<title>{escape(_told(check))}</title></circle>"
        )
    return drawn


def _points(places: Sequence[float], shares: Sequence[float], top: float) -> str:
    return " ".join(
        f"{x:.1f},{_height(share, top):.1f}" for x, share in zip(places, shares, strict=True)
    )


def _height(share: float, top: float) -> float:
    """The place of a share, in px from the top."""
    return HEIGHT * (1 - min(share, top) / top)


def _top(checks: Sequence[PastCheck]) -> float:
    """The share at the top of the axis: whole per cent above every estimate and interval."""
    largest = max(max(check.wrong_share or 0.0, check.high or 0.0) for check in checks)
    return min(1.0, max(LEAST_TOP, -(-largest * 100 // 1) / 100))


def _told(check: PastCheck) -> str:
    """What a pointer on a dot shows."""
    interval = ""
    if check.low is not None and check.high is not None:
        interval = f" (95 % interval {span(check.low, check.high)})"
    return (
        f"{check.time[:16].replace('T', ' ')}, {visible(check.source)}: "
        f"{percent(check.wrong_share or 0.0)}{interval} wrong, "
        f"{count(check.findings, 'finding')}, {check.verdict}"
    )


def _day(check: PastCheck) -> str:
    return visible(check.time[:10])
