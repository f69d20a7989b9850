"""`markdown`: a summary for `$GITHUB_STEP_SUMMARY`, a merge request or a wiki."""

import re
from collections.abc import Iterable, Sequence

from labelfix.check.formats.places import place_of
from labelfix.check.formats.verdict_text import (
    MOST_WHY,
    conclusion,
    located,
    notes_of,
    outcome,
    row_without_line,
    surest,
)
from labelfix.check.message_text import count
from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import Finding, Verdict
from labelfix.data.names import short
from labelfix.data.share_text import estimate, percent

MOST_FINDINGS = 50
MOST_EXCEEDED = 20
MOST_CHARACTERS = 200
"""Of a user's text. With the limits above, this stays far below GitHub's 1 MiB."""

_BACKTICKS = re.compile("`+")
_BEFORE_GAP = re.compile(r"[@#]|:(?=//|[\w+-]+:)|www(?=\.)|\bGH(?=-)", re.IGNORECASE)
_MARKS = re.compile(r"[\\`*_{}\[\]<>&|~!#@$]")


def render(verdict: Verdict) -> str:
    """The outcome, the findings of each rule, and the likeliest findings themselves.

    A user's text is inert: names and labels are code, and messages are escaped.
    """
    title = f"## labelfix check {verdict.decision}"
    parts = [title, outcome(verdict), *_exceeded(verdict), *_undecided(verdict)]
    if verdict.wrong_share is not None:
        parts.append(f"{estimate(verdict.wrong_share)}.")
        parts.append(str(verdict.labels))
        parts += notes_of(verdict)
    if verdict.rows_checked < verdict.rows:
        parts.append(f"Judged the labels of {verdict.rows_checked:,} of {verdict.rows:,} rows.")
    if verdict.known:
        parts.append(f"The baseline knows {count(verdict.known, 'more finding')}.")
    if verdict.stale:
        parts.append(f"Stale in the baseline: {count(len(verdict.stale), 'entry', 'entries')}.")
    if verdict.findings:
        parts += [_rules(verdict), *_findings(verdict)]
    return "\n\n".join(parts) + "\n"


def _exceeded(verdict: Verdict) -> list[str]:
    lines = [
        f"- {code(over.threshold)}: {_inert(over.message)}"
        for over in verdict.exceeded[:MOST_EXCEEDED]
    ]
    if len(verdict.exceeded) > MOST_EXCEEDED:
        lines.append(f"- and {len(verdict.exceeded) - MOST_EXCEEDED:,} more")
    return ["\n".join(["Over the thresholds:", "", *lines])] if lines else []


def _undecided(verdict: Verdict) -> list[str]:
    lines = [
        f"- {code(one.threshold)}: {_inert(one.message, MOST_WHY)}. "
        f"Needed: {_inert(one.needed, MOST_WHY)}."
        for one in verdict.undecided[:MOST_EXCEEDED]
    ]
    if len(verdict.undecided) > MOST_EXCEEDED:
        lines.append(f"- and {len(verdict.undecided) - MOST_EXCEEDED:,} more")
    return ["\n".join(["Too little to judge:", "", *lines]), conclusion(verdict)] if lines else []


def _rules(verdict: Verdict) -> str:
    """How many findings each rule has, in the order of the rules."""
    level_of = {finding.rule: finding.level for finding in verdict.findings}
    counts = verdict.counts
    rows = [
        (code(name), level_of[name], f"{counts[name]:,}", rule.summary)
        for name, rule in RULES.items()
        if name in level_of
    ]
    return _table(("Rule", "Level", "Findings", "What it says"), rows)


def _findings(verdict: Verdict) -> list[str]:
    chosen = surest(verdict.findings, MOST_FINDINGS)
    rows = [_cells(verdict, verdict.findings[position]) for position in chosen]
    header = ("Where", "Rule", "Image", "Given", "Suggested", "Likely wrong", "Message")
    more = len(verdict.findings) - MOST_FINDINGS
    return [_table(header, rows)] + ([f"And {count(more, 'more finding')}."] if more > 0 else [])


def _cells(verdict: Verdict, finding: Finding) -> tuple[str, ...]:
    row = row_without_line(verdict, finding)
    return (
        code(located(place_of(verdict, finding))) + (f", {row}" if row else ""),
        code(finding.rule),
        code(finding.image or finding.subject),
        code(finding.given_label),
        code(finding.suggested_label or ""),
        "" if finding.confidence is None else percent(finding.confidence),
        _inert(finding.message),
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def code(text: str) -> str:
    """A user's text as code within a cell: no mention, link, HTML or end of the cell."""
    text = short(text, MOST_CHARACTERS)
    if not text.strip():
        return ""
    # A pipe ends a cell even within code, unless escaped as `\|`. Readers disagree on `\\|`, so a
    # pipe after a backslash becomes a broken bar.
    text = text.replace("\\|", "\\\N{BROKEN BAR}").replace("|", "\\|")
    runs = [len(run) for run in _BACKTICKS.findall(text)]
    fence = "`" * (max(runs, default=0) + 1)
    pad = " " if runs or text[0] == " " or text[-1] == " " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _inert(text: str, most: int = MOST_CHARACTERS) -> str:
    """A user's text with all that means something to Markdown or HTML as character references.

    Zero-width spaces keep GitHub from turning the result into mentions, issues, links or emoji.
    """
    text = _BEFORE_GAP.sub("\\g<0>\N{ZERO WIDTH SPACE}", short(text, most))
    return _MARKS.sub(lambda found: f"&#{ord(found.group())};", text)
