"""The words of a verdict that several formats share, safe for a terminal and for the log of CI."""

import re
from collections.abc import Sequence

from labelfix.check.finding import Finding
from labelfix.check.formats.places import Place
from labelfix.check.verdict import EXPIRED, StaleEntry, Verdict
from labelfix.check.wording import count, listed, percent
from labelfix.check_config import ERROR
from labelfix.data import names
from labelfix.data.names import short
from labelfix.data.shares import WrongShare
from labelfix.noise.outlook import notes

MOST_CHARACTERS = 300
"""Of a name, a label or a message in a line of text; JSON has them whole."""

MOST_NAMES = 5
MOST_STALE = 20

_COMMAND = re.compile(r"##(?=\w*\[)")
"""What GitHub, Azure Pipelines and TeamCity read as a command, anywhere in a line of a log."""


def logged(text: str, most: int = MOST_CHARACTERS) -> str:
    """A user's text within a line: short, without controls, and no command to any CI."""
    return _COMMAND.sub("# #", short(text, most))


def quoted(label: str) -> str:
    """A label in quotes, so that spaces at its ends are seen."""
    return logged(repr(label))


def located(place: Place) -> str:
    """`path:line:column`, or the path alone."""
    path = logged(names.to_text(place.path))
    # A line of a log that begins with two colons, after spaces or not, is a command to GitHub.
    path = f"./{path}" if path.lstrip().startswith(":") else path
    return path if place.line is None else f"{path}:{place.line}:1"


def about(verdict: Verdict, finding: Finding, most: int = MOST_CHARACTERS) -> str:
    """What stands after the rule: whom a finding is about if its place does not tell, then why.

    That is the image or the annotator, and the row where the manifest has no lines. Without a
    manifest the place is the image, and there are no rows.
    """
    whom = [] if verdict.is_folder else [finding.image]
    whom.append(finding.subject)
    whom.append(row_without_line(verdict, finding))
    of = ", ".join(logged(part, most) for part in whom if part)
    message = logged(finding.message, most)
    return f"{of}: {message}" if of else message


def row_without_line(verdict: Verdict, finding: Finding) -> str:
    """`row 4` where a manifest has rows but no lines; else nothing."""
    has_row = finding.row is not None and finding.line is None and not verdict.is_folder
    return f"row {finding.row:,}" if has_row else ""


def first_names(images: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    return listed([logged(image) for image in images[:MOST_NAMES]], len(images))


def outcome(verdict: Verdict) -> str:
    """How many findings there are, in one sentence."""
    if not verdict.findings:
        return "All checks passed!" if verdict.passed else "Found 0 findings."
    errors = sum(finding.level == ERROR for finding in verdict.findings)
    warnings = len(verdict.findings) - errors
    return (
        f"Found {count(len(verdict.findings), 'finding')} "
        f"({count(errors, 'error')}, {count(warnings, 'warning')})."
    )


def share_of_wrong(wrong: WrongShare) -> str:
    """The estimate with its interval."""
    return (
        f"{percent(wrong.share)} (95 % interval {percent(wrong.low)} to {percent(wrong.high)}), "
        f"from {count(wrong.rows, 'row')}"
    )


def exceeded(verdict: Verdict) -> list[str]:
    """The thresholds that the batch is over, a line each."""
    return [f"{logged(over.threshold)}: {logged(over.message)}" for over in verdict.exceeded]


def summary(verdict: Verdict) -> list[str]:
    """What stands below the findings, a line each."""
    lines = [outcome(verdict)]
    if verdict.rows_checked < verdict.rows:
        lines.append(f"Judged the labels of {verdict.rows_checked:,} of {verdict.rows:,} rows.")
    if verdict.known:
        lines.append(f"The baseline knows {count(verdict.known, 'more finding')}.")
    lines += _stale(verdict.stale)
    if verdict.wrong_share is not None:
        lines.append(f"Estimated share of wrong labels: {share_of_wrong(verdict.wrong_share)}.")
        lines += notes(verdict.all_right, verdict.outlook, verdict.audited)
    if verdict.passed and verdict.findings:
        lines.append("The batch passes.")
    return lines + [f"Over {line}" for line in exceeded(verdict)]


def _stale(entries: Sequence[StaleEntry]) -> list[str]:
    if not entries:
        return []
    lines = [
        f"Stale in the baseline: {logged(entry.rule)} {logged(entry.image)}, "
        f"label {quoted(entry.label)} ({entry.why})"
        for entry in entries[:MOST_STALE]
    ]
    if len(entries) > MOST_STALE:
        lines.append(f"Stale in the baseline: {len(entries) - MOST_STALE:,} more")
    if any(entry.why != EXPIRED for entry in entries):
        lines.append("Run labelfix check with --update-baseline to bring it up to date.")
    if any(entry.why == EXPIRED for entry in entries):
        lines.append("Mend what has expired, or give its entry a later day by hand.")
    return lines
