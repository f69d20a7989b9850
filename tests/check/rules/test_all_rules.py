"""The texts of all rules."""

import re

import pytest

from labelfix.check.rules.registry import RULES
from labelfix.options.rule_options import LEVELS

OPTIONS = {
    "--annotator-column",
    "--baseline",
    "--fail-on",
    "--ignore",
    "--image-column",
    "--label-column",
    "--label-map",
    "--level",
    "--max-annotator-wrong-rate",
    "--max-findings",
    "--max-unreadable",
    "--max-wrong-rate",
    "--min-confidence",
    "--near-duplicate",
    "--on",
    "--rare-class-images",
    "--reference",
    "--split-column",
    "--update-baseline",
}


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_rules__are_told_in_full(rule):
    assert rule.level in LEVELS
    assert re.fullmatch(r"[a-z][^\n]*[a-z]", rule.summary)
    assert re.fullmatch(r"[A-Z][^\n]*[a-z]\.", rule.advice)
    paragraphs = rule.explanation.split("\n\n")
    assert len(paragraphs) == 3
    assert all(re.fullmatch(r"[A-Z](?:\S| (?! ))*\.", paragraph) for paragraph in paragraphs)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_rules__name_options_and_rules_that_there_are(rule):
    assert set(re.findall(r"--[a-z-]+", rule.explanation)) <= OPTIONS
    ends = {name.rpartition("-")[2] for name in RULES}
    named = set(re.findall(r"(?<![\w-])[a-z]+-[a-z]+(?![\w-])", rule.explanation))
    assert {name for name in named if name.rpartition("-")[2] in ends} <= set(RULES)


def test_rules__of_every_option_that_tunes_them_somebody_tells():
    told = " ".join(rule.explanation for rule in RULES.values())
    assert {option for option in OPTIONS if option not in told} == set()
