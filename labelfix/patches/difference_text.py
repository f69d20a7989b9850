"""Differences for people: lines for a terminal, or Markdown for a pull request."""

from collections.abc import Iterator

from labelfix.check.formats.markdown import code
from labelfix.data import names
from labelfix.data.names import plain, short
from labelfix.patches.differences import Difference, Differences

MOST_PAIRS = 20
MOST_ROWS = 10
"""Shown; JSON has all."""
LABEL_WIDTH = 24
NAME_WIDTH = 48
BLANK = "(no label)"


def difference_lines(found: Differences) -> Iterator[str]:
    """Counts, the class pairs, and the first rows."""
    yield from _counts(found)
    pairs = found.pairs()
    if not pairs:
        return
    yield ""
    yield "by class pair (from -> to, rows)"
    shown = [(f"{_label(one)} -> {_label(other)}", rows) for one, other, rows in pairs[:MOST_PAIRS]]
    width = max(len(arrow) for arrow, _ in shown)
    for arrow, rows in shown:
        yield f"  {arrow:<{width}}{rows:>10,}"
    if len(pairs) > MOST_PAIRS:
        yield f"  and {len(pairs) - MOST_PAIRS:,} more pairs; --json has all"
    yield ""
    yield "rows"
    for one in found.changed[:MOST_ROWS]:
        yield f"  {_row(one)}"
    if len(found.changed) > MOST_ROWS:
        yield f"  and {len(found.changed) - MOST_ROWS:,} more; --json has all"


def difference_markdown(found: Differences) -> Iterator[str]:
    """The same for a pull request: a summary, a table of class pairs, folded rows."""
    share = f" ({len(found.changed) / found.rows:.1%})" if found.rows else ""
    yield f"**{len(found.changed):,} of {found.rows:,} labels differ{share}**"
    others = [
        f"{len(images):,} row{'s' * (len(images) != 1)} only in the {which} table"
        for which, images in (("old", found.only_old), ("new", found.only_new))
        if images
    ]
    if others:
        yield f"; {', '.join(others)}"
    pairs = found.pairs()
    if not pairs:
        return
    yield ""
    yield "| from | to | rows |"
    yield "|---|---|---:|"
    for before, after, rows in pairs[:MOST_PAIRS]:
        yield f"| {_cell(before)} | {_cell(after)} | {rows:,} |"
    if len(pairs) > MOST_PAIRS:
        more = sum(rows for _, _, rows in pairs[MOST_PAIRS:])
        yield f"| {len(pairs) - MOST_PAIRS:,} more pairs | | {more:,} |"
    yield ""
    yield f"<details><summary>The first {min(len(found.changed), MOST_PAIRS):,} rows</summary>"
    yield ""
    yield "| row | image | from | to | confidence |"
    yield "|---:|---|---|---|---:|"
    for one in found.changed[:MOST_PAIRS]:
        sure = "" if one.confidence is None else f"{one.confidence:.1%}"
        image = code(names.to_text(one.image))
        yield f"| {one.row:,} | {image} | {_cell(one.before)} | {_cell(one.after)} | {sure} |"
    yield ""
    yield "</details>"


def _counts(found: Differences) -> Iterator[str]:
    yield f"{'rows in both':<18}{found.rows:>10,}"
    yield f"{'labels that differ':<18}{len(found.changed):>10,}"
    for name, images in (("only in OLD", found.only_old), ("only in NEW", found.only_new)):
        if images:
            shown = plain(names.listed(images, most=3))
            yield f"{name:<18}{len(images):>10,}  {shown}"


def _row(one: Difference) -> str:
    sure = "" if one.confidence is None else f"  {one.confidence:.1%}"
    whose = f" by {short(one.annotator, LABEL_WIDTH)}" if one.annotator else ""
    image = short(names.to_text(one.image), NAME_WIDTH)
    return f"{one.row:>8,}  {image}{whose}: {_label(one.before)} -> {_label(one.after)}{sure}"


def _label(text: str) -> str:
    return short(text, LABEL_WIDTH) if text.strip() else BLANK


def _cell(label: str) -> str:
    return code(label) or BLANK
