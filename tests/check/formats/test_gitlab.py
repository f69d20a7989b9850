"""`gitlab`: the documented fields of a Code Quality report."""

import json
from dataclasses import replace

import jsonschema
import pytest

from labelfix.check.formats import gitlab

REPORT = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "additionalProperties": False,
                "properties": {
                    "path": {"type": "string", "pattern": "^(?![/.]/)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "additionalProperties": False,
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""What GitLab documents of the format."""


@pytest.mark.parametrize("kind", ["passing", "failing", "folder", "hostile"])
def test_gitlab__is_as_documented(kind, request):
    verdict = request.getfixturevalue(kind)
    report = json.loads(gitlab.render(verdict))
    jsonschema.validate(report, REPORT)
    assert len(report) == len(verdict.findings)
    assert len({entry["fingerprint"] for entry in report}) == len(report)


def test_gitlab__a_finding(failing, wrong):
    assert json.loads(gitlab.render(failing))[0] == {
        "description": "digits/5.png: label '3', looks like '8'",
        "check_name": "wrong-label",
        "fingerprint": wrong.fingerprint,
        "severity": "major",
        "location": {"path": "data/batch.csv", "lines": {"begin": 5}},
    }


def test_gitlab__a_warning_is_minor(failing):
    assert json.loads(gitlab.render(failing))[1]["severity"] == "minor"


def test_gitlab__without_lines_says_the_row(failing, wrong):
    parquet = replace(failing, source="b.parquet", findings=(replace(wrong, line=None),))
    [entry] = json.loads(gitlab.render(parquet))
    assert entry["location"] == {"path": "b.parquet", "lines": {"begin": 1}}
    assert entry["description"].startswith("digits/5.png, row 4: ")


def test_gitlab__findings_of_one_key_have_fingerprints_of_their_own(failing, wrong):
    twice = replace(failing, findings=(wrong, replace(wrong, row=9)))
    first, second = json.loads(gitlab.render(twice))
    assert first["fingerprint"] != second["fingerprint"]
