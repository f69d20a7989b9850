"""The thresholds that a batch exceeds, and those that cannot be decided."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from labelfix.check.message_text import count
from labelfix.check.rules import wrong_label
from labelfix.check.rules.registry import RULES
from labelfix.check.rules.rule import MAX_UNREADABLE, MAX_WRONG_RATE, is_selected
from labelfix.check.verdict import Exceeded, Finding, Undecided
from labelfix.check.wrong_rate import ThinClasses, judge_rates
from labelfix.data.share_text import exact_percent, percent
from labelfix.data.shares import WrongShare
from labelfix.judging.batch import BatchNoise
from labelfix.options.rule_options import LEVELS, RuleOptions
from labelfix.options.threshold_options import NEVER, Thresholds


def without_known(noise: BatchNoise, known: Sequence[Finding]) -> BatchNoise:
    """The shares of wrong labels without those that a person accepted as right.

    Each such label's probability of being wrong is subtracted from the share of all rows and from
    that of its class; the interval moves with the share.

    Args:
        noise: as estimated.
        known: the findings that the baseline knows; only doubts about labels count.
    """
    accepted: defaultdict[str, float] = defaultdict(float)
    for finding in known:
        if RULES[finding.rule].has_confidence and finding.confidence is not None:
            accepted[finding.given_label] += finding.confidence
    overall = noise.overall and _lowered(noise.overall, sum(accepted.values()))
    of_class = {label: _lowered(wrong, accepted[label]) for label, wrong in noise.of_class.items()}
    return replace(noise, overall=overall, of_class=of_class)


def exceeded(
    new: Sequence[Finding],
    rows: int,
    noise: BatchNoise,
    thresholds: Thresholds,
    thin: ThinClasses | None = None,
) -> tuple[Exceeded, ...]:
    """The thresholds that a batch exceeds; none where it passes.

    Args:
        new: the findings that are not in the baseline.
        rows: how many rows the batch has.
        noise: how many labels are wrong, see `without_known`. Without a judged label no rate is
            exceeded, nor is that of a class that is not in the batch.
        thresholds: what is allowed.
        thin: the classes that are not judged, which leave a rate open; None for none.
    """
    if thresholds.fail_on == NEVER:
        return ()
    found = Counter(finding.rule for finding in new)
    over = [
        *judge_rates(noise, thresholds, thin or ThinClasses()).exceeded,
        *_unreadable_over(_without_image(found), rows, thresholds),
        *_rules_over(found, thresholds),
        *_findings_over(new, thresholds),
    ]
    return tuple(over)


def undecided(
    noise: BatchNoise, thresholds: Thresholds, rules: RuleOptions, thin: ThinClasses
) -> tuple[Undecided, ...]:
    """What the batch is too small, or its interval too wide, to decide.

    Without a rate for all rows, it is the rule `wrong-label` that is not decided, if its findings
    fail the batch.

    Args:
        noise: how many labels are wrong.
        thresholds: what is allowed.
        rules: which rules run, and at which level.
        thin: the classes that are not judged.
    """
    if thresholds.fail_on == NEVER:
        return ()
    rule = RULES[wrong_label.RULE.name]
    levels = LEVELS[: LEVELS.index(thresholds.fail_on) + 1]
    fails_on_any = (
        is_selected(rule.name, rules)
        and rules.levels.get(rule.name, rule.level) in levels
        and rule.name not in thresholds.max_findings_of
    )
    return judge_rates(noise, thresholds, thin, fails_on_any=fails_on_any).undecided


def _lowered(wrong: WrongShare, accepted: float) -> WrongShare:
    """A share without some rows' probabilities of being wrong."""
    by = accepted / max(wrong.rows, 1)
    share, low, high = (max(end - by, 0.0) for end in (wrong.share, wrong.low, wrong.high))
    return replace(wrong, share=share, low=low, high=high)


def _without_image(found: Counter[str]) -> int:
    """How many findings are about rows whose image is unreadable or missing."""
    return sum(number for name, number in found.items() if RULES[name].counted_by == MAX_UNREADABLE)


def _unreadable_over(found: int, rows: int, thresholds: Thresholds) -> list[Exceeded]:
    limit = thresholds.max_unreadable
    if limit is None or not limit.exceeded_by(found, rows):
        return []
    most = f"{limit.rows:,}" if limit.share is None else exact_percent(limit.share)
    message = (
        f"rows whose image is unreadable or missing: {found:,} of {rows:,} "
        f"({percent(found / max(rows, 1))}), more than {most}"
    )
    return [Exceeded("--max-unreadable", message)]


def _rules_over(found: Counter[str], thresholds: Thresholds) -> list[Exceeded]:
    return [
        Exceeded("--max-findings", f"{count(found[rule], 'finding')} of {rule}, {_most(most)}")
        for rule, most in sorted(thresholds.max_findings_of.items())
        if found[rule] > most
    ]


def _findings_over(new: Sequence[Finding], thresholds: Thresholds) -> list[Exceeded]:
    levels = LEVELS[: LEVELS.index(thresholds.fail_on) + 1]
    counted = Counter(
        finding.rule
        for finding in new
        if finding.level in levels and not _has_own_threshold(finding, thresholds)
    )
    if counted.total() <= thresholds.max_findings:
        return []
    rules = ", ".join(f"{number:,} {rule}" for rule, number in sorted(counted.items()))
    whose = f"of level {' or '.join(levels)}"
    message = (
        f"{count(counted.total(), 'finding')} {whose} ({rules}), {_most(thresholds.max_findings)}"
    )
    return [Exceeded("--max-findings", message)]


def _has_own_threshold(finding: Finding, thresholds: Thresholds) -> bool:
    """Whether a finding counts elsewhere than among all findings."""
    if finding.rule in thresholds.max_findings_of:
        return True
    counted_by = RULES[finding.rule].counted_by
    if counted_by == MAX_UNREADABLE:
        return thresholds.max_unreadable is not None
    if counted_by == MAX_WRONG_RATE:
        has_rate = thresholds.max_wrong_rate is not None
        return has_rate or finding.given_label in thresholds.max_wrong_rate_of
    return False


def _most(allowed: int) -> str:
    return f"more than the {allowed:,} allowed" if allowed else "where none is allowed"
