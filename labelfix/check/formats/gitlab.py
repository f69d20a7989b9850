"""`gitlab`: a Code Quality report, which GitLab shows in merge requests."""

import json
from typing import Any

from labelfix.check.formats.places import place_of
from labelfix.check.formats.verdict_text import (
    MOST_CHARACTERS,
    MOST_WHY,
    UNDECIDED,
    about,
    as_findings,
    unique_fingerprints,
)
from labelfix.check.verdict import Finding, Verdict
from labelfix.data import names
from labelfix.options.rule_options import ERROR, WARNING

SEVERITIES = {ERROR: "major", WARNING: "minor"}


def render(verdict: Verdict) -> str:
    """A JSON array of findings.

    Each has the keys `description`, `check_name` (the rule), `fingerprint` (unique), `severity`
    (`major` for an error, `minor` for a warning) and `location`, with `path` and `lines.begin`.
    What is undecided comes first, as `cannot-tell`. GitLab requires a line: where there is none it
    is 1, and the description names the row.
    """
    listed = [*as_findings(verdict), *verdict.findings]
    marks = unique_fingerprints(listed)
    entries = [_entry(verdict, *one) for one in zip(listed, marks, strict=True)]
    return json.dumps(entries, indent=2) + "\n"


def _entry(verdict: Verdict, finding: Finding, fingerprint: str) -> dict[str, Any]:
    place = place_of(verdict, finding)
    return {
        "description": about(
            verdict, finding, MOST_WHY if finding.rule == UNDECIDED else MOST_CHARACTERS
        ),
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": SEVERITIES[finding.level],
        "location": {
            "path": names.to_text(place.path),
            "lines": {"begin": place.line or 1},
        },
    }
