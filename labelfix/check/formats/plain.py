"""`full` and `concise`: findings as text for a terminal."""

from collections.abc import Iterator

from labelfix.check.formats.places import place_of
from labelfix.check.formats.verdict_text import about, first_names, located, quoted, summary
from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import Finding, Verdict
from labelfix.data.share_text import percent


def render_concise(verdict: Verdict) -> str:
    """`path:line:column: rule message` for each finding, then the summary."""
    lines = [one_line(verdict, finding) for finding in verdict.findings]
    return "\n".join([*lines, *summary(verdict)]) + "\n"


def one_line(verdict: Verdict, finding: Finding) -> str:
    """A finding in one line, without line and column where its place has none."""
    return f"{located(place_of(verdict, finding))}: {finding.rule} {about(verdict, finding)}"


def render_full(verdict: Verdict) -> str:
    """A paragraph for each finding, whose first line is that of `concise`, then the summary."""
    paragraphs = [paragraph(verdict, finding) for finding in verdict.findings]
    return "\n\n".join([*paragraphs, "\n".join(summary(verdict))]) + "\n"


def paragraph(verdict: Verdict, finding: Finding) -> str:
    """A finding with its details: one line, then an indented line for each detail."""
    return "\n  ".join([one_line(verdict, finding), *_details(finding)])


def _details(finding: Finding) -> Iterator[str]:
    yield f"level: {finding.level}"
    if finding.given_label:
        yield f"given label: {quoted(finding.given_label)}"
    if finding.suggested_label is not None:
        yield f"suggested label: {quoted(finding.suggested_label)}"
    if finding.confidence is not None:
        yield f"the given label is {percent(finding.confidence)} likely wrong"
    if finding.related:
        yield f"related images: {first_names(finding.related)}"
    yield f"help: {RULES[finding.rule].advice} See labelfix check --explain {finding.rule}."
