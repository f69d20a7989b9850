"""`sarif`: SARIF 2.1.0, which GitHub code scanning and many editors read."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from labelfix.check.formats.places import Place, image_place, place_of
from labelfix.check.formats.verdict_text import (
    MOST_WHY,
    about,
    as_findings,
    exceeded,
    logged,
    surest,
    undecided,
    unique_fingerprints,
)
from labelfix.check.rules.registry import RULES
from labelfix.check.rules.rule import Rule
from labelfix.check.verdict import Finding, Verdict
from labelfix.version import __version__

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
MOST_RESULTS = 25_000
"""GitHub refuses larger runs."""

MOST_SHOWN = 5_000
"""GitHub shows no more of a run."""

MOST_RELATED = 20
MOST_CHARACTERS = 1_000
ROOT = "%SRCROOT%"

_LINK = re.compile(r"\](?=\()")
_PLACEHOLDER = re.compile(r"\{(?=\d)")


def render(verdict: Verdict) -> str:
    """One log with one run.

    A result stands at the manifest's line. Without lines, as in Parquet, it stands at the file
    without a region, and the message and the property `row` name the row; without a manifest it
    stands at the image. Images are related locations. `partialFingerprints` holds what the
    baseline knows a finding by; if two findings share it, the second has another one (see
    `verdict_text.unique_fingerprints`). A suggested label is a property, since a SARIF fix has to
    name a region to replace. Of more than 25,000 findings only the surest are written.
    """
    findings = verdict.findings
    # GitHub may show the first results alone.
    is_cut = len(findings) > MOST_SHOWN
    chosen = surest(findings, MOST_RESULTS) if is_cut else range(len(findings))
    marks = unique_fingerprints(findings)
    results = [_result(verdict, findings[position], marks[position]) for position in chosen]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(verdict, results)]}
    return json.dumps(log, indent=2, allow_nan=False) + "\n"


def _run(verdict: Verdict, results: list[dict[str, Any]]) -> dict[str, Any]:
    notifications = [
        *_undecided(verdict),
        *_notifications(len(verdict.findings), len(results)),
    ]
    return {
        "tool": {
            "driver": {"name": "labelfix", "version": __version__, "rules": rule_descriptors()}
        },
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notifications}],
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The folder in which labelfix was started."}}
        },
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {
            "verdict": verdict.decision,
            "passed": verdict.passed,
            "exceeded": exceeded(verdict),
            "undecided": undecided(verdict),
            "rows": verdict.rows,
            "rowsChecked": verdict.rows_checked,
            "knownToTheBaseline": verdict.known,
        },
    }


def _undecided(verdict: Verdict) -> list[dict[str, Any]]:
    """That one cannot tell: an error of the run, not a result at a place of the manifest."""
    level = "warning" if verdict.allows_undecided else "error"
    return [
        {"level": level, "message": {"text": _message(logged(one.message, MOST_WHY))}}
        for one in as_findings(verdict)
    ]


def _notifications(found: int, kept: int) -> list[dict[str, Any]]:
    """Warnings about findings that are missing here, or that GitHub hides."""
    if found <= MOST_SHOWN:
        return []
    text = f"GitHub shows {MOST_SHOWN:,} of the {found:,} findings; the surest come first."
    if kept < found:
        text += f" Only the surest {kept:,} are here, since GitHub takes no more."
    return [{"level": "warning", "message": {"text": text}}]


def _result(verdict: Verdict, finding: Finding, fingerprint: str) -> dict[str, Any]:
    place = place_of(verdict, finding)
    result = {
        "ruleId": finding.rule,
        "ruleIndex": list(RULES).index(finding.rule),
        "level": finding.level,
        "message": {"text": _message(about(verdict, finding, MOST_CHARACTERS))},
        "locations": [{"physicalLocation": _physical(place)}],
        "partialFingerprints": {"labelfix/v1": fingerprint},
        "properties": _properties(finding),
    }
    related = _related(verdict, finding)
    if related:
        result["relatedLocations"] = related
    if finding.confidence is not None:
        result["rank"] = round(100 * finding.confidence, 4)
    return result


def _related(verdict: Verdict, finding: Finding) -> list[dict[str, Any]]:
    """The related images, after the finding's own if that is not its place."""
    own = () if verdict.is_folder or not finding.image else (finding.image,)
    return [
        {
            "id": number,
            "message": {"text": _message(logged(image))},
            "physicalLocation": _physical(image_place(verdict, image)),
        }
        for number, image in enumerate([*own, *finding.related[:MOST_RELATED]], start=1)
    ]


def _properties(finding: Finding) -> dict[str, Any]:
    values = {
        "image": finding.image,
        "row": finding.row,
        "givenLabel": finding.given_label,
        "suggestedLabel": finding.suggested_label,
        "annotator": finding.subject,
    }
    return {name: value for name, value in values.items() if value not in (None, "")}


def _physical(place: Place) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": _artifact(place.path)}
    if place.line is not None:
        location["region"] = {"startLine": place.line}
    return location


def _artifact(path: str) -> dict[str, str]:
    """A file: relative to the root, or its absolute URI."""
    if Path(path).is_absolute():
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(path, safe="/", errors="surrogateescape"), "uriBaseId": ROOT}


def _message(text: str) -> str:
    """A message without what SARIF reads as a link or a placeholder."""
    return _PLACEHOLDER.sub("{ ", _LINK.sub("] ", text))


def rule_descriptors() -> list[dict[str, Any]]:
    """All rules, also those without findings, in their order."""
    return [_descriptor(rule) for rule in RULES.values()]


def _descriptor(rule: Rule) -> dict[str, Any]:
    summary = f"{rule.summary[0].upper()}{rule.summary[1:]}."
    how_found = rule.explanation.partition("\n\n")[0]
    return {
        "id": rule.name,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": how_found},
        "help": {
            "text": f"{rule.advice}\n\n{rule.explanation}",
            "markdown": f"**{rule.advice}**\n\n{rule.explanation}",
        },
        "defaultConfiguration": {"level": rule.level},
    }
