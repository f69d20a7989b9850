"""A verdict in words that several formats share, safe for a terminal and a CI log."""

import re
from collections import Counter
from collections.abc import Sequence

from labelfix.check.formats.places import Place
from labelfix.check.message_text import count, listed
from labelfix.check.verdict import CANNOT_TELL, EXPIRED, FAILED, Finding, StaleEntry, Verdict
from labelfix.check.wrong_rate import OPTION as RATE
from labelfix.data import names, records
from labelfix.data.names import short
from labelfix.data.share_text import estimate
from labelfix.noise.outlook import notes
from labelfix.options.rule_options import ERROR, WARNING

MOST_CHARACTERS = 300
"""Of a name, a label or a message in a line of text; JSON has them in full."""

MOST_WHY = 600
"""Of the reasons why one cannot tell, which are ours but for a label."""

UNDECIDED = "cannot-tell"
"""Stands where a finding has the name of its rule."""

MOST_NAMES = 5
MOST_STALE = 20

_COMMAND = re.compile(r"##(?=\w*\[)")
"""GitHub, Azure Pipelines and TeamCity read this as a command anywhere in a line of a log."""


def logged(text: str, most: int = MOST_CHARACTERS) -> str:
    """A user's text within a line: short, without control characters or CI commands."""
    return _COMMAND.sub("# #", short(text, most))


def quoted(label: str) -> str:
    """A label in quotes, which show spaces at its ends."""
    return logged(repr(label))


def located(place: Place) -> str:
    """`path:line:column`, or the path alone."""
    path = logged(names.to_text(place.path))
    # GitHub reads a line that begins with two colons as a command, even after spaces.
    path = f"./{path}" if path.lstrip().startswith(":") else path
    return path if place.line is None else f"{path}:{place.line}:1"


def about(verdict: Verdict, finding: Finding, most: int = MOST_CHARACTERS) -> str:
    """The text after the rule: the subject of a finding if its place does not show it, and why.

    The subject is the image or the annotator, and the row where the manifest has no lines.
    Without a manifest the place is the image, and there are no rows.
    """
    whom = [] if verdict.is_folder else [finding.image]
    whom.append(finding.subject)
    whom.append(row_without_line(verdict, finding))
    of = ", ".join(logged(part, most) for part in whom if part)
    message = logged(finding.message, most)
    return f"{of}: {message}" if of else message


def row_without_line(verdict: Verdict, finding: Finding) -> str:
    """`row 4` where a manifest has rows but no lines; else empty."""
    has_row = finding.row is not None and finding.line is None and not verdict.is_folder
    return f"row {finding.row:,}" if has_row else ""


def first_names(images: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    return listed([logged(image) for image in images[:MOST_NAMES]], len(images))


def outcome(verdict: Verdict) -> str:
    """How many findings there are, in one sentence."""
    if not verdict.findings:
        is_sure = verdict.passed and not verdict.undecided
        return "All checks passed!" if is_sure else "Found 0 findings."
    errors = sum(finding.level == ERROR for finding in verdict.findings)
    warnings = len(verdict.findings) - errors
    return (
        f"Found {count(len(verdict.findings), 'finding')} "
        f"({count(errors, 'error')}, {count(warnings, 'warning')})."
    )


def exceeded(verdict: Verdict) -> list[str]:
    """The exceeded thresholds, a line each."""
    return [f"{logged(over.threshold)}: {logged(over.message)}" for over in verdict.exceeded]


def notes_of(verdict: Verdict) -> list[str]:
    """Sentences on the estimated share of wrong labels."""
    where = names.plain(verdict.workspace)
    return notes(verdict.all_right, verdict.outlook, verdict.audited, verdict.encoder, where)


def undecided(verdict: Verdict) -> list[str]:
    """Why one cannot tell whether the batch passes, and what is needed, two lines each."""
    lines = []
    for one in verdict.undecided:
        lines += [
            f"Too little to judge by {logged(one.threshold)}: {logged(one.message, MOST_WHY)}.",
            f"Needed: {logged(one.needed, MOST_WHY)}.",
        ]
    return lines


def as_findings(verdict: Verdict) -> list[Finding]:
    """What is undecided as findings, for formats that have nothing else.

    They are errors, or warnings where the batch passes all the same.
    """
    level = WARNING if verdict.allows_undecided else ERROR
    return [
        Finding(
            rule=UNDECIDED,
            level=level,
            message=f"cannot tell by {one.threshold}: {one.message}; needed: {one.needed}",
            subject=one.threshold,
        )
        for one in verdict.undecided
    ]


def conclusion(verdict: Verdict) -> str:
    """The verdict in one sentence."""
    if verdict.decision == CANNOT_TELL:
        has_rate = all(one.threshold == RATE for one in verdict.undecided)
        upper = "--on upper" if has_rate else f"{RATE} RATE --on upper"
        return (
            f"Cannot tell whether the batch passes. {upper} fails such a batch, "
            "--allow-undecided lets it pass."
        )
    if verdict.decision == FAILED:
        return "The batch fails."
    if verdict.undecided:
        return "The batch passes, for --allow-undecided lets it."
    return "The batch passes."


def summary(verdict: Verdict) -> list[str]:
    """The lines below the findings."""
    lines = [outcome(verdict)]
    if verdict.rows_checked < verdict.rows:
        lines.append(f"Judged the labels of {verdict.rows_checked:,} of {verdict.rows:,} rows.")
    if verdict.known:
        lines.append(f"The baseline knows {count(verdict.known, 'more finding')}.")
    lines += _stale(verdict.stale)
    if verdict.wrong_share is not None:
        lines.append(f"{estimate(verdict.wrong_share)}.")
        lines.append(str(verdict.labels))
        lines += notes_of(verdict)
    lines += undecided(verdict)
    if verdict.decision == CANNOT_TELL or (
        verdict.passed and (verdict.findings or verdict.undecided)
    ):
        lines.append(conclusion(verdict))
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
        lines.append("Fix what has expired, or give its entry a later day by hand.")
    return lines


def surest(findings: Sequence[Finding], most: int) -> list[int]:
    """The positions of the surest findings: errors before warnings, then by confidence.

    A finding without a confidence, such as a missing file, is sure. Ties keep their order.
    """
    keys = [
        (finding.level != ERROR, -1.0 if finding.confidence is None else -finding.confidence)
        for finding in findings
    ]
    return sorted(range(len(findings)), key=keys.__getitem__)[:most]


def unique_fingerprints(findings: Sequence[Finding]) -> list[str]:
    """A unique fingerprint for each finding.

    Two findings may share a key, for example if two files with the same bytes have the same wrong
    label. The first keeps its fingerprint, the second gets the sha256 of that and of the number 2,
    and so on. So fingerprints are stable between runs while the order of such findings is.
    """
    times: Counter[str] = Counter()
    unique = []
    for finding in findings:
        first = finding.fingerprint
        times[first] += 1
        time = times[first]
        unique.append(first if time == 1 else records.fingerprint([first, time]))
    return unique
