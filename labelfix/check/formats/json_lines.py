"""`json-lines`: one finding a line, for programs that read as they go."""

import json

from labelfix.check.formats.json_document import as_object
from labelfix.check.formats.selection import unique_fingerprints
from labelfix.check.verdict import Verdict


def render(verdict: Verdict) -> str:
    """One JSON object a line, with the keys of `json_document.as_object`; else nothing."""
    marks = unique_fingerprints(verdict.findings)
    objects = map(as_object, verdict.findings, marks)
    return "".join(json.dumps(finding, allow_nan=False) + "\n" for finding in objects)
