"""A new rule is one new file and one line: with both, every part of `check` knows the rule."""

import importlib
import json
import sys
import textwrap

import pytest
from typer.testing import CliRunner

import labelfix.check.rules.registry as registry
from labelfix.check.formats.registry import FORMATS, render
from labelfix.check.gate import Gate, pass_through
from labelfix.check.rules.registry import RULES, find, load_rules
from labelfix.cli.app import app
from labelfix.options.rule_options import RuleOptions

FILE = '''
"""`long-label`: the label is too long to be the name of a class."""

from labelfix.check.rules.rule import Rule
from labelfix.options.rule_options import WARNING

LONGEST = 20


def find(inspection):
    for row, label in enumerate(inspection.batch.manifest.given_labels):
        if len(label) > LONGEST:
            yield inspection.at_row(RULE, row, f"the label has {len(label)} characters")


RULE = Rule(
    name="long-label",
    level=WARNING,
    summary="the label is too long to be the name of a class",
    advice="Write a shorter label.",
    find=find,
    explanation="""
        Counts characters.

        Some names are
        long.

        Write a shorter one.
    """,
)
'''
LINE = f"{registry.__package__}.long_label"


@pytest.fixture
def added(tmp_path, monkeypatch):
    """The file beside those of the other rules, and the line in the list."""
    (tmp_path / "long_label.py").write_text(textwrap.dedent(FILE).lstrip())
    package = importlib.import_module(registry.__package__)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    monkeypatch.setattr(registry, "RULE_MODULES", (*registry.RULE_MODULES, LINE))
    for name, rule in load_rules(registry.RULE_MODULES).items():
        monkeypatch.setitem(RULES, name, rule)
    yield
    sys.modules.pop(LINE)


@pytest.fixture
def batch(make_batch):
    long = "a label of more than twenty characters"
    cats = [{"image": f"{row}.png"} for row in range(5)]
    return make_batch([*cats, {"image": "x", "label": long}])


def shown(*arguments: str) -> str:
    outcome = CliRunner().invoke(app, ["check", *arguments])
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


def test_new_rule__is_unknown_before(batch):
    assert "long-label" not in RULES
    assert "long-label" not in {finding.rule for finding in find(batch, RuleOptions())}


def test_new_rule__is_listed_and_explained(added):
    last = shown("--list-rules").splitlines()[-1]
    assert last.split(maxsplit=2) == ["long-label", "warning", RULES["long-label"].summary]
    assert shown("--explain", "long-label").split("\n\n") == [
        "long-label (warning): the label is too long to be the name of a class.",
        "Counts characters.",
        "Some names are long.",
        "Write a shorter one.\n",
    ]


def test_new_rule__makes_findings(added, batch):
    (finding,) = find(batch, RuleOptions(select=frozenset({"long-label"})))
    assert (finding.row, finding.message) == (6, "the label has 38 characters")
    (louder,) = find(
        batch, RuleOptions(select=frozenset({"long-label"}), levels={"long-label": "error"})
    )
    assert louder.level == "error"
    assert find(batch, RuleOptions(ignore=frozenset(RULES))) == ()


def test_new_rule__is_in_sarif_and_every_other_format(added, batch):
    verdict = pass_through(batch, Gate(), "images").verdict
    assert {output: "long-label" in render(verdict, output) for output in FORMATS} == dict.fromkeys(
        FORMATS, True
    )
    (run,) = json.loads(render(verdict, "sarif"))["runs"]
    described = run["tool"]["driver"]["rules"]
    (result,) = [each for each in run["results"] if each["ruleId"] == "long-label"]
    assert described[result["ruleIndex"]]["id"] == "long-label"
    assert described[result["ruleIndex"]]["fullDescription"]["text"] == "Counts characters."
