"""From a judged batch to its findings."""

from itertools import chain

from labelfix.check.finders.class_findings import class_findings
from labelfix.check.finders.duplicates import duplicate_findings
from labelfix.check.finders.finding_maker import FindingMaker
from labelfix.check.finders.label_findings import RULES_OF_CONFIDENCE, label_findings
from labelfix.check.finders.row_findings import row_findings
from labelfix.check.finders.spellings import spelling_findings
from labelfix.check.finding import Finding
from labelfix.check.rules import RULES
from labelfix.check.wording import did_you_mean, shown
from labelfix.errors import InputError
from labelfix.judging.batch import Batch
from labelfix.options.rule_options import RuleOptions


def find(batch: Batch, options: RuleOptions) -> tuple[Finding, ...]:
    """All findings in a batch under the rules that are looked at.

    Args:
        batch: what was judged.
        options: which rules are looked at, and from when on they are broken.

    Returns:
        In the order of their rows, those about no row last; within a row in the order of the
        rules, then by image, label and subject.

    Raises:
        InputError: an option names a rule that there is none of, or that it cannot be set for.
    """
    check_rules(options)
    maker = FindingMaker(batch, options)
    finders = (label_findings, row_findings, spelling_findings, duplicate_findings, class_findings)
    found = chain.from_iterable(finder(maker) for finder in finders)
    return tuple(sorted(found, key=_place))


def check_rules(options: RuleOptions) -> None:
    """See that the options name only rules that there are.

    Raises:
        InputError: one does not, or a least confidence is set for a rule that has none.
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
    for key in sorted(options.min_confidence_of):
        if key in RULES and key not in RULES_OF_CONFIDENCE:
            raise InputError(
                f"--min-confidence: expected {' or '.join(RULES_OF_CONFIDENCE)} or a label, "
                f"found {key}, a rule without a confidence",
                f"Leave it out, or leave the rule out with --ignore {key}.",
            )


def _unknown_rule(option: str, rule: str) -> InputError:
    return InputError(
        f"{option}: expected rules of {', '.join(RULES)}; found {shown(rule)}"
        f"{did_you_mean(rule, RULES)}",
        "labelfix check --list-rules tells what each one finds.",
    )


_RANK = {name: rank for rank, name in enumerate(RULES)}


def _place(finding: Finding) -> tuple[bool, int, int, str, str, str]:
    return (
        finding.row is None,
        finding.row or 0,
        _RANK[finding.rule],
        finding.image,
        finding.given_label,
        finding.subject,
    )
