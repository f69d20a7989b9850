"""`junit`: XML as test runners write it, which Jenkins and GitLab show as tests."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from xml.etree import ElementTree

from labelfix.check.formats.plain import paragraph
from labelfix.check.formats.verdict_text import (
    MOST_WHY,
    UNDECIDED,
    as_findings,
    exceeded,
    logged,
    quoted,
)
from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import Finding, Verdict
from labelfix.options.rule_options import ERROR, WARNING

THRESHOLDS = "thresholds"
OUTCOMES = {ERROR: "failure", WARNING: "skipped", UNDECIDED: "error"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A test that did not pass.

    Attributes:
        name: unique in its suite.
        level: of its finding, or `cannot-tell`.
        message: a line about it.
        text: the details.
    """

    name: str
    level: str
    message: str
    text: str


def render(verdict: Verdict) -> str:
    """A suite for each rule, with a test for each finding: an error failed, a warning was skipped.

    So a batch with warnings that passes does not fail the build. A rule without findings has one
    test, which passed. The suite `thresholds` has a failed test for each exceeded threshold, or
    one that passed. Files and lines stand in the text of a failure: the schema of Jenkins's xUnit
    plugin has no attributes for them. What is undecided is a test there with an error, which is
    what runners write of a test that came to no result; it was skipped where the batch passes.
    """
    findings: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in verdict.findings:
        findings[finding.rule].append(finding)
    root = ElementTree.Element("testsuites", name="labelfix check")
    for rule in RULES:
        _add_suite(root, rule, _cases(verdict, findings[rule]))
    over = [
        Case(name=line.partition(":")[0], level=ERROR, message=line, text=line)
        for line in exceeded(verdict)
    ]
    unsure = [
        Case(
            name=finding.subject,
            level=WARNING if verdict.allows_undecided else UNDECIDED,
            message=logged(finding.message, MOST_WHY),
            text=logged(finding.message, MOST_WHY),
        )
        for finding in as_findings(verdict)
    ]
    _add_suite(root, THRESHOLDS, _with_names_apart([*over, *unsure]))
    root.set("tests", str(len(root.findall("testsuite/testcase"))))
    root.set("failures", str(len(root.findall("testsuite/testcase/failure"))))
    root.set("errors", str(len(root.findall("testsuite/testcase/error"))))
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _cases(verdict: Verdict, findings: Sequence[Finding]) -> list[Case]:
    """The findings of one rule as tests, named by what they are about."""
    return _with_names_apart(
        [
            Case(
                name=_name(finding),
                level=finding.level,
                message=logged(finding.message),
                text=paragraph(verdict, finding),
            )
            for finding in findings
        ]
    )


def _name(finding: Finding) -> str:
    """The image, the annotator or the class; not the row, which may move."""
    return logged(finding.image or finding.subject) or f"class {quoted(finding.given_label)}"


def _with_names_apart(cases: Sequence[Case]) -> list[Case]:
    """The same cases with unique names: GitLab shows only one test of a name."""
    taken: set[str] = set()
    times: Counter[str] = Counter()
    apart = []
    for case in cases:
        name = case.name
        while name in taken:
            times[case.name] += 1
            name = f"{case.name} ({times[case.name] + 1})"
        taken.add(name)
        apart.append(replace(case, name=name))
    return apart


def _add_suite(root: ElementTree.Element, name: str, cases: Sequence[Case]) -> None:
    """Add a suite of tests that did not pass, or of one test that did."""
    failures = sum(case.level == ERROR for case in cases)
    errors = sum(case.level == UNDECIDED for case in cases)
    suite = ElementTree.SubElement(root, "testsuite", name=name)
    suite.set("tests", str(max(len(cases), 1)))
    suite.set("failures", str(failures))
    suite.set("errors", str(errors))
    suite.set("skipped", str(len(cases) - failures - errors))
    class_name = f"labelfix.{name}"
    if not cases:
        ElementTree.SubElement(suite, "testcase", classname=class_name, name=name)
    for case in cases:
        test = ElementTree.SubElement(suite, "testcase", classname=class_name, name=case.name)
        element = ElementTree.SubElement(
            test, OUTCOMES[case.level], type=case.level, message=case.message
        )
        element.text = case.text
