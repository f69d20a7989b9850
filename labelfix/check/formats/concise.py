"""`concise`: one line for each finding, then the outcome."""

from labelfix.check.finding import Finding
from labelfix.check.formats.places import place_of
from labelfix.check.formats.wording import about, located, summary
from labelfix.check.verdict import Verdict


def render(verdict: Verdict) -> str:
    """`path:line:column: rule message` for each finding, then the summary."""
    lines = [one_line(verdict, finding) for finding in verdict.findings]
    return "\n".join([*lines, *summary(verdict)]) + "\n"


def one_line(verdict: Verdict, finding: Finding) -> str:
    """A finding in one line; without line and column where its place has none."""
    return f"{located(place_of(verdict, finding))}: {finding.rule} {about(verdict, finding)}"
