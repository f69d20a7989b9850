"""`junit`: what a reader of XML makes of it."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from labelfix.check.formats import junit
from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import Exceeded

ALLOWED = {
    "testsuites": ({"testsuite"}, {"name", "tests", "failures", "errors"}),
    "testsuite": ({"testcase"}, {"name", "tests", "failures", "errors", "skipped"}),
    "testcase": ({"failure", "skipped"}, {"name", "classname"}),
    "failure": (set(), {"type", "message"}),
    "skipped": (set(), {"type", "message"}),
}
"""Children and attributes of each element, of those that the schema of Jenkins's xUnit has."""


def read(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.encode("utf-8"))


@pytest.mark.parametrize("kind", ["passing", "failing", "folder", "hostile"])
def test_junit__has_the_structure_that_jenkins_wants(kind, request):
    root = read(junit.render(request.getfixturevalue(kind)))
    assert root.tag == "testsuites"
    for element in root.iter():
        children, attributes = ALLOWED[element.tag]
        assert {child.tag for child in element} <= children
        assert set(element.attrib) <= attributes
    for suite in root:
        assert {"name", "tests", "failures", "errors"} <= set(suite.attrib)
    assert all(case.get("name") for case in root.iter("testcase"))


@pytest.mark.parametrize("kind", ["passing", "failing", "folder", "hostile"])
def test_junit__counts_are_right(kind, request):
    verdict = request.getfixturevalue(kind)
    root = read(junit.render(verdict))
    for element in (root, *root):
        assert int(element.get("tests")) == len(list(element.iter("testcase")))
        assert int(element.get("failures")) == len(list(element.iter("failure")))
    for suite in root:
        assert int(suite.get("skipped")) == len(list(suite.iter("skipped")))
    errors = [finding for finding in verdict.findings if finding.level == "error"]
    assert int(root.get("failures")) == len(errors) + len(verdict.exceeded)
    assert len(list(root.iter("skipped"))) == len(verdict.findings) - len(errors)


def test_junit__a_suite_for_each_rule_and_one_for_thresholds(failing):
    root = read(junit.render(failing))
    assert [suite.get("name") for suite in root] == [*RULES, "thresholds"]
    [passed] = root.findall("testsuite[@name='off-topic']/testcase")
    assert passed.attrib == {"classname": "labelfix.off-topic", "name": "off-topic"}
    assert len(passed) == 0


def test_junit__a_finding_is_a_failed_test(failing):
    root = read(junit.render(failing))
    [case] = root.findall("testsuite[@name='wrong-label']/testcase")
    assert case.attrib == {"classname": "labelfix.wrong-label", "name": "digits/5.png"}
    assert case[0].attrib == {"type": "error", "message": "label '3', looks like '8'"}
    assert case[0].text.startswith("data/batch.csv:5:1: wrong-label digits/5.png: label '3'")
    names = [case.get("name") for case in root.iter("testcase") if len(case)]
    assert names[1:] == ["6.png", "class '9'", "Eve", "--max-findings"]


def test_junit__a_warning_does_not_fail_the_build(failing):
    root = read(junit.render(failing))
    outcomes = {case.get("name"): case[0].tag for case in root.iter("testcase") if len(case)}
    levels = {(finding.image or finding.subject): finding.level for finding in failing.findings}
    assert outcomes["Eve"] == "skipped"
    assert levels["Eve"] == "warning"
    assert outcomes["digits/5.png"] == "failure"


def test_junit__a_threshold_is_a_failed_test(failing):
    over = (Exceeded("--max-wrong-rate", "4 %"), Exceeded("--max-wrong-rate", "9 % of '3'"))
    root = read(junit.render(replace(failing, exceeded=over)))
    cases = root.findall("testsuite[@name='thresholds']/testcase")
    assert [case.get("name") for case in cases] == ["--max-wrong-rate", "--max-wrong-rate (2)"]
    assert cases[1][0].get("message") == "--max-wrong-rate: 9 % of '3'"


def test_junit__names_are_there_once(failing, wrong):
    # The name of the last is the one that the second would have had.
    images = ("a", "a", "a (2)", "a", "a (2)")
    findings = tuple(replace(wrong, image=image) for image in images)
    root = read(junit.render(replace(failing, findings=findings)))
    names = [case.get("name") for case in root.findall("testsuite[@name='wrong-label']/testcase")]
    assert names == ["a", "a (2)", "a (2) (2)", "a (3)", "a (2) (3)"]


def test_junit__hostile_texts_are_text(hostile):
    root = read(junit.render(hostile))
    messages = "".join(failure.get("message") for failure in root.iter("failure"))
    assert "<script>alert(1)</script>" in messages
    assert "]]><x/>&amp;" in messages
