"""What `check` shows on a terminal: the likeliest findings, counts by rule, and the verdict."""

from collections.abc import Iterator

from rich.text import Text

from labelfix.check.formats.places import place_of
from labelfix.check.formats.verdict_text import (
    about,
    exceeded,
    first_names,
    located,
    summary,
    surest,
)
from labelfix.check.message_text import count
from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import Finding, Verdict
from labelfix.options.rule_options import ERROR

MOST_SHOWN = 20
"""With the counts and the verdict, they fit on one screen."""

COLOURS = {ERROR: "red"}
OTHER_LEVELS = "yellow"
GOOD = {"All checks passed!": "bold green", "The batch passes.": "bold green"}


def findings_view(verdict: Verdict, *, every: bool) -> Iterator[Text]:
    """The lines of the view.

    Args:
        verdict: the outcome of a check.
        every: show all findings in the order of the rows, instead of the likeliest ones.
    """
    findings = verdict.findings
    chosen = range(len(findings)) if every else surest(findings, MOST_SHOWN)
    for position in chosen:
        yield _finding(verdict, findings[position])
        if findings[position].related:
            yield Text(f"  related images: {first_names(findings[position].related)}", style="dim")
    hidden = len(findings) - len(chosen)
    if hidden:
        yield Text(f"and {count(hidden, 'less likely finding')}; --all shows them", style="dim")
    if findings:
        yield Text()
        yield from _counts(verdict)
        yield Text()
    over = {f"Over {line}" for line in exceeded(verdict)}
    for line in summary(verdict):
        yield Text(line, style="bold red" if line in over else GOOD.get(line, ""))


def _finding(verdict: Verdict, finding: Finding) -> Text:
    """Its place, its rule in the colour of its level, and why."""
    return Text.assemble(
        (f"{located(place_of(verdict, finding))}: ", "dim"),
        (finding.rule, _colour(finding.level)),
        f" {about(verdict, finding)}",
    )


def _counts(verdict: Verdict) -> Iterator[Text]:
    """A line for each rule with findings: its level, how many, and what to do."""
    counts = verdict.counts
    level_of = {finding.rule: finding.level for finding in verdict.findings}
    width = max(map(len, counts))
    digits = max(len(f"{number:,}") for number in counts.values())
    for name, rule in RULES.items():
        if name in counts:
            yield Text.assemble(
                (f"{name:<{width}}", _colour(level_of[name])),
                f"  {level_of[name]:<7}  {counts[name]:>{digits},}",
                (f"  {rule.advice}", "dim"),
            )
    yield Text("labelfix check --explain RULE says how a rule finds what it finds.", style="dim")


def _colour(level: str) -> str:
    return COLOURS.get(level, OTHER_LEVELS)
