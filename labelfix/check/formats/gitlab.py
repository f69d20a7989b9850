"""`gitlab`: a Code Quality report, which GitLab shows in merge requests."""

import json
from typing import Any

from labelfix.check.formats.places import place_of
from labelfix.check.formats.verdict_text import about, unique_fingerprints
from labelfix.check.verdict import Finding, Verdict
from labelfix.data import names
from labelfix.options.rule_options import ERROR, WARNING

SEVERITIES = {ERROR: "major", WARNING: "minor"}


def render(verdict: Verdict) -> str:
    """A JSON array of findings.

    Each has the keys `description`, `check_name` (the rule), `fingerprint` (unique), `severity`
    (`major` for an error, `minor` for a warning) and `location`, with `path` and `lines.begin`.
    GitLab requires a line: where there is none it is 1, and the description names the row.
    """
    marks = unique_fingerprints(verdict.findings)
    entries = [
        _entry(verdict, finding, mark)
        for finding, mark in zip(verdict.findings, marks, strict=True)
    ]
    return json.dumps(entries, indent=2) + "\n"


def _entry(verdict: Verdict, finding: Finding, fingerprint: str) -> dict[str, Any]:
    place = place_of(verdict, finding)
    return {
        "description": about(verdict, finding),
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": SEVERITIES[finding.level],
        "location": {
            "path": names.to_text(place.path),
            "lines": {"begin": place.line or 1},
        },
    }
