"""The list of rules, and the findings that they make in a batch.

A new rule is a file beside this one that holds `RULE`, and one line in `RULE_MODULES`.
"""

import importlib
from collections.abc import Iterable
from itertools import chain

from labelfix.check.message_text import did_you_mean, shown
from labelfix.check.rules.rule import Inspection, Rule, is_selected
from labelfix.check.verdict import Finding
from labelfix.errors import InputError
from labelfix.judging.batch import Batch
from labelfix.options.rule_options import RuleOptions

RULE_MODULES = (
    "labelfix.check.rules.wrong_label",
    "labelfix.check.rules.uncertain_label",
    "labelfix.check.rules.unknown_label",
    "labelfix.check.rules.label_variant",
    "labelfix.check.rules.conflicting_duplicate",
    "labelfix.check.rules.near_duplicate",
    "labelfix.check.rules.split_leak",
    "labelfix.check.rules.off_topic",
    "labelfix.check.rules.unreadable",
    "labelfix.check.rules.missing_file",
    "labelfix.check.rules.missing_label",
    "labelfix.check.rules.rare_class",
    "labelfix.check.rules.noisy_annotator",
)
"""In the order in which rules are listed, and findings of one row sorted."""


def load_rules(modules: Iterable[str]) -> dict[str, Rule]:
    """The `RULE` of each module, by its name."""
    rules: list[Rule] = [importlib.import_module(module).RULE for module in modules]
    return {rule.name: rule for rule in rules}


RULES: dict[str, Rule] = load_rules(RULE_MODULES)


def rule_named(name: str, where: str = "") -> Rule:
    """The rule of a name.

    Args:
        name: what a person wrote.
        where: the option or the place in a file, which begins the message.

    Raises:
        InputError: the rule is unknown.
    """
    if name not in RULES:
        place = f"{where}: " if where else ""
        raise InputError(
            f"{place}expected the name of a rule, found {shown(name)}{did_you_mean(name, RULES)}",
            "labelfix check --list-rules lists them.",
        )
    return RULES[name]


def find(batch: Batch, options: RuleOptions) -> tuple[Finding, ...]:
    """All findings of the selected rules in a batch.

    Args:
        batch: judged.
        options: which rules are selected, their levels and their thresholds.

    Returns:
        In the order of their rows, those about no row last; within a row in the order of the
        rules, then by image, label and subject.

    Raises:
        InputError: an option names an unknown rule, or sets what its rule does not have.
    """
    check_rules(options)
    inspection = Inspection(batch, options, RULES)
    rank = {name: place for place, name in enumerate(RULES)}

    def place(finding: Finding) -> tuple[bool, int, int, str, str, str]:
        return (
            finding.row is None,
            finding.row or 0,
            rank[finding.rule],
            finding.image,
            finding.given_label,
            finding.subject,
        )

    found = chain.from_iterable(inspection.findings_of(rule) for rule in RULES.values())
    return tuple(sorted(found, key=place))


def rules_looked_at(batch: Batch, options: RuleOptions) -> frozenset[str]:
    """The names of the selected rules that a batch can break."""
    return frozenset(
        name for name, rule in RULES.items() if is_selected(name, options) and rule.applies(batch)
    )


def check_rules(options: RuleOptions) -> None:
    """See that the options name known rules only.

    Raises:
        InputError: a rule is unknown, or has no confidence for which a minimum is set.
    """
    named = (
        ("--select", options.select or ()),
        ("--ignore", options.ignore),
        ("--level", options.levels),
    )
    for option, rules in named:
        for rule in sorted(rules):
            if rule not in RULES:
                raise _unknown_rule(option, rule)
    with_confidence = [name for name, rule in RULES.items() if rule.has_confidence]
    for key in sorted(options.min_confidence_of):
        if key in RULES and key not in with_confidence:
            raise InputError(
                f"--min-confidence: expected {' or '.join(with_confidence)} or a label, "
                f"found {key}, a rule without a confidence",
                f"Remove it, or skip the rule with --ignore {key}.",
            )


def _unknown_rule(option: str, rule: str) -> InputError:
    return InputError(
        f"{option}: expected rules of {', '.join(RULES)}; found {shown(rule)}"
        f"{did_you_mean(rule, RULES)}",
        "labelfix check --list-rules explains each one.",
    )
