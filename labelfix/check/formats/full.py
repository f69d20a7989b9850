"""`full`: each finding with what is known of it, then the outcome."""

from collections.abc import Iterator

from labelfix.check.finding import Finding
from labelfix.check.formats.concise import one_line
from labelfix.check.formats.wording import first_names, quoted, summary
from labelfix.check.rules import RULES
from labelfix.check.verdict import Verdict
from labelfix.check.wording import probability


def render(verdict: Verdict) -> str:
    """A paragraph for each finding, whose first line is that of `concise`, then the summary."""
    paragraphs = [paragraph(verdict, finding) for finding in verdict.findings]
    return "\n\n".join([*paragraphs, "\n".join(summary(verdict))]) + "\n"


def paragraph(verdict: Verdict, finding: Finding) -> str:
    """All about a finding: a line, and below it, set in, a line for each thing that is known."""
    return "\n  ".join([one_line(verdict, finding), *_details(finding)])


def _details(finding: Finding) -> Iterator[str]:
    yield f"level: {finding.level}"
    if finding.given_label:
        yield f"given label: {quoted(finding.given_label)}"
    if finding.suggested_label is not None:
        yield f"suggested label: {quoted(finding.suggested_label)}"
    if finding.confidence is not None:
        yield f"the given label is wrong with probability {probability(finding.confidence)}"
    if finding.related:
        yield f"related images: {first_names(finding.related)}"
    yield f"help: {RULES[finding.rule].advice} See labelfix check --explain {finding.rule}."
