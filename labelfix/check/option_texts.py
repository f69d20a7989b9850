"""The options of `check`, read from texts of the command line or of a settings file.

Each option is a list of texts, one for each time it was given. `RULE=5` and `cat=2%` set it for
one rule or class.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from labelfix.check.message_text import shown
from labelfix.check.option_values import (
    OFF,
    WrittenOption,
    read_day,
    read_level,
    read_limit,
    read_probability,
    read_rate,
    read_whole,
)
from labelfix.check.rules.registry import RULES, rule_named
from labelfix.errors import InputError
from labelfix.options.rule_options import RuleOptions
from labelfix.options.threshold_options import Thresholds

_LEVEL = WrittenOption("--level", "RULE=error, RULE=warning or RULE=off", read_level)
_MIN_CONFIDENCE = WrittenOption(
    "--min-confidence",
    "a probability such as 0.9 or 90%, or one for a rule or a class such as cat=90%",
    read_probability,
)
_ANNOTATOR_RATE = WrittenOption(
    "--max-annotator-wrong-rate", "a rate such as 10% or 0.1", read_rate
)
_EXPECTED_RATE = WrittenOption("--expect-wrong-rate", "a rate such as 10% or 0.1", read_rate)
_WRONG_RATE = WrittenOption(
    "--max-wrong-rate", "a rate such as 2% or 0.02, or one for a class such as cat=5%", read_rate
)
_MAX_FINDINGS = WrittenOption(
    "--max-findings",
    "a whole number such as 5, or one for a rule such as near-duplicate=5",
    read_whole,
)
_MAX_UNREADABLE = WrittenOption(
    "--max-unreadable", "a number of rows such as 5, or a share of them such as 1%", read_limit
)


def rule_options(
    base: RuleOptions,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    level: Sequence[str] = (),
    min_confidence: Sequence[str] = (),
    max_annotator_wrong_rate: Sequence[str] = (),
) -> RuleOptions:
    """The rules that run and when they are broken: as written, else as in `base`.

    Args:
        base: the values of options that were not written.
        select: names of rules; a text may hold several, separated by commas.
        ignore: the same.
        level: `RULE=error`, `RULE=warning`, or `RULE=off` to skip the rule.
        min_confidence: a probability, `RULE=0.8` or `CLASS=80%`.
        max_annotator_wrong_rate: a rate, `10%`.

    Raises:
        InputError: a text is invalid, or two texts contradict each other.
    """
    everywhere, level_of = _LEVEL.by_key(level, partial(_rule, _LEVEL.name))
    if everywhere is not None:
        raise _LEVEL.error(everywhere)
    off = {rule for rule, chosen in level_of.items() if chosen == OFF}
    least, least_of = _MIN_CONFIDENCE.by_key(min_confidence, _rule_or_class)
    rate = _ANNOTATOR_RATE.single(max_annotator_wrong_rate)
    return replace(
        base,
        select=_rules("--select", select) or base.select,
        ignore=base.ignore | _rules("--ignore", ignore) | off,
        levels={**base.levels, **{rule: level_of[rule] for rule in level_of if rule not in off}},
        min_confidence=base.min_confidence if least is None else least,
        min_confidence_of={**base.min_confidence_of, **least_of},
        annotator_wrong_rate=base.annotator_wrong_rate if rate is None else rate,
    )


def thresholds(
    base: Thresholds,
    *,
    max_wrong_rate: Sequence[str] = (),
    max_findings: Sequence[str] = (),
    max_unreadable: Sequence[str] = (),
) -> Thresholds:
    """What a batch may have and still pass: as written, else as in `base`.

    Args:
        base: the values of options that were not written.
        max_wrong_rate: a rate, `2%` or `0.02`, or `CLASS=5%`.
        max_findings: a number, or `RULE=5`.
        max_unreadable: a number of rows, or a share of them, `1%`.

    Raises:
        InputError: a text is invalid, or two texts contradict each other.
    """
    # A class keeps its spaces: its name may begin or end with them.
    rate, rate_of = _WRONG_RATE.by_key(max_wrong_rate, str)
    most, most_of = _MAX_FINDINGS.by_key(max_findings, partial(_rule, _MAX_FINDINGS.name))
    limit = _MAX_UNREADABLE.single(max_unreadable)
    return replace(
        base,
        max_wrong_rate=base.max_wrong_rate if rate is None else rate,
        max_wrong_rate_of={**base.max_wrong_rate_of, **rate_of},
        max_findings=base.max_findings if most is None else most,
        max_findings_of={**base.max_findings_of, **most_of},
        max_unreadable=base.max_unreadable if limit is None else limit,
    )


def expected_wrong_rate(text: str | None, usual: float) -> float:
    """The share of wrong labels that is expected before looking.

    Args:
        text: a rate, `10%`; None for the usual one.
        usual: the rate where none was written.

    Raises:
        InputError: the text is not a rate above 0 and below 1.
    """
    rate = _EXPECTED_RATE.single([] if text is None else [text])
    if rate is None:
        return usual
    if not 0 < rate < 1:
        raise InputError(
            f"{_EXPECTED_RATE.name}: expected a rate above 0 and below 100%, found {shown(text)}"
        )
    return rate


def unknown_classes(
    rules: RuleOptions, limits: Thresholds, labels: Collection[str]
) -> tuple[str, ...]:
    """The classes that options name but no label has: misspelt, or absent today.

    Args:
        rules: `min_confidence_of` may name classes.
        limits: `max_wrong_rate_of` may name classes.
        labels: all of the batch, and of the reference where there is one.
    """
    named = {*limits.max_wrong_rate_of, *(set(rules.min_confidence_of) - set(RULES))}
    return tuple(sorted(named.difference(labels)))


def last_day(option: str, text: str, today: date) -> date:
    """The day on which something expires.

    Raises:
        InputError: the text is not a day, or the day has passed.
    """
    try:
        day = read_day(text.strip())
    except ValueError as error:
        raise InputError(
            f"{option}: expected a day like 2030-01-31, found {shown(text)}"
        ) from error
    if day < today:
        raise InputError(f"{option}: expected a day from {today} on, found {day}")
    return day


def _rule(option: str, text: str) -> str:
    """The name of a rule, without the spaces around it."""
    return rule_named(text.strip(), option).name


def _rule_or_class(text: str) -> str:
    """The name of a rule, else the text as it is."""
    return text.strip() if text.strip() in RULES else text


def _rules(option: str, texts: Sequence[str]) -> frozenset[str]:
    return frozenset(_rule(option, name) for text in texts for name in text.split(","))
