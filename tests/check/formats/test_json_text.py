"""`json` and `json-lines`, for programs."""

import json
from dataclasses import asdict, replace

from labelfix.check.formats.json_text import render, render_lines
from labelfix.noise.outlook import Outlook
from labelfix.version import __version__


def test_json__has_the_verdict_and_every_finding(failing, wrong):
    document = json.loads(render(failing))
    findings = document.pop("findings")
    assert document == {
        "labelfix": __version__,
        "source": "data/batch.csv",
        "folder": "images",
        "is_folder": False,
        "verdict": "failed",
        "passed": False,
        "rows": 100,
        "rows_checked": 98,
        "counts": {"near-duplicate": 1, "noisy-annotator": 1, "rare-class": 1, "wrong-label": 1},
        "known": 3,
        "stale": [{"rule": "off-topic", "image": "old.png", "label": "7", "why": "gone"}],
        "labels": {"wrong": 1, "doubtful": 0, "for_review": 0},
        "wrong_share": {"rows": 98, "share": 0.041, "low": 0.02, "high": 0.0649},
        "wrong_share_of_class": {"3": {"rows": 10, "share": 0.1, "low": 0.0, "high": 0.25}},
        "all_right": None,
        "outlook": None,
        "audited_rows": 0,
        "encoder": None,
        "exceeded": [
            {
                "threshold": "--max-findings",
                "message": "1 finding of level error, where none is allowed",
            }
        ],
        "undecided": [],
    }
    assert len(findings) == 4
    assert findings[0] == {
        **asdict(wrong),
        "related": ["a.png", "b.png"],
        "confidence": 0.971235,
        "fingerprint": wrong.fingerprint,
    }


def test_json__of_a_batch_that_passes(passing):
    document = json.loads(render(passing))
    assert document["passed"] is True
    assert document["wrong_share"] is None
    assert document["findings"] == []


def test_json__what_answers_would_settle(passing):
    verdict = replace(passing, all_right=0.25, outlook=Outlook(50, 0.1, 0.0400004), audited=7)
    document = json.loads(render(verdict))
    assert document["all_right"] == 0.25
    assert document["audited_rows"] == 7
    assert document["outlook"] == {"answers": 50, "now": 0.1, "then": 0.04, "settles": True}


def test_json__gives_hostile_texts_back(hostile):
    text = render(hostile)
    assert text.isascii()
    found = json.loads(text)["findings"]
    assert [finding["given_label"] for finding in found] == [
        finding.given_label for finding in hostile.findings
    ]


def test_json_lines__a_line_for_each_finding_as_in_json(hostile):
    text = render_lines(hostile)
    assert text.isascii()
    lines = text.splitlines()
    assert [json.loads(line) for line in lines] == json.loads(render(hostile))["findings"]


def test_json_lines__nothing_without_findings(passing):
    assert render_lines(passing) == ""


def test_json__findings_of_one_key_have_fingerprints_of_their_own(failing, wrong):
    twice = replace(failing, findings=(wrong, replace(wrong, row=9)))
    marks = [finding["fingerprint"] for finding in json.loads(render(twice))["findings"]]
    assert marks[0] == wrong.fingerprint
    assert marks[1] != marks[0]
