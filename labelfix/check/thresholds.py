"""The thresholds that a batch exceeds."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from labelfix.check.message_text import count, shown
from labelfix.check.rules.registry import RULES
from labelfix.check.rules.rule import MAX_UNREADABLE, MAX_WRONG_RATE
from labelfix.check.verdict import Exceeded, Finding
from labelfix.data.share_text import exact_percent, interval, percent
from labelfix.data.shares import WrongShare
from labelfix.judging.batch import BatchNoise
from labelfix.options.rule_options import LEVELS
from labelfix.options.threshold_options import ESTIMATE, LOWER, NEVER, UPPER, Thresholds

_MOST_DECIMALS = 6
_AT_END = {LOWER: " even at the lower end", ESTIMATE: "", UPPER: " at the upper end"}


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
    new: Sequence[Finding], rows: int, noise: BatchNoise, thresholds: Thresholds
) -> tuple[Exceeded, ...]:
    """The thresholds that a batch exceeds; none where it passes.

    Args:
        new: the findings that are not in the baseline.
        rows: how many rows the batch has.
        noise: how many labels are wrong, see `without_known`. Without a judged label no rate is
            exceeded, nor is that of a class that is not in the batch.
        thresholds: what is allowed.
    """
    if thresholds.fail_on == NEVER:
        return ()
    found = Counter(finding.rule for finding in new)
    over = [
        *_rates_over(noise, thresholds),
        *_unreadable_over(_without_image(found), rows, thresholds),
        *_rules_over(found, thresholds),
        *_findings_over(new, thresholds),
    ]
    return tuple(over)


def _lowered(wrong: WrongShare, accepted: float) -> WrongShare:
    """A share without some rows' probabilities of being wrong."""
    by = accepted / max(wrong.rows, 1)
    share, low, high = (max(end - by, 0.0) for end in (wrong.share, wrong.low, wrong.high))
    return replace(wrong, share=share, low=low, high=high)


def _rates_over(noise: BatchNoise, thresholds: Thresholds) -> list[Exceeded]:
    allowed = [(noise.overall, "the labels", thresholds.max_wrong_rate)] + [
        (noise.of_class.get(label), f"the labels {shown(label)}", rate)
        for label, rate in sorted(thresholds.max_wrong_rate_of.items())
    ]
    return [
        Exceeded("--max-wrong-rate", _rate_message(wrong, whose, rate, thresholds.on))
        for wrong, whose, rate in allowed
        if wrong is not None and wrong.rows and rate is not None
        if _end(wrong, thresholds.on) > rate
    ]


def _end(wrong: WrongShare, on: str) -> float:
    """The end of an interval that decides, or the share itself."""
    return {LOWER: wrong.low, ESTIMATE: wrong.share, UPPER: wrong.high}[on]


def _rate_message(wrong: WrongShare, whose: str, rate: float, on: str) -> str:
    decimals = 1
    # Enough decimals to show that the number found is greater than the limit.
    while decimals < _MOST_DECIMALS and round(_end(wrong, on) * 100, decimals) <= rate * 100:
        decimals += 1
    ends = interval(wrong.low, wrong.high, decimals)
    return (
        f"{percent(wrong.share, decimals)} of {whose} are wrong (95 % interval {ends}), "
        f"more than {exact_percent(rate)}{_AT_END[on]}"
    )


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
