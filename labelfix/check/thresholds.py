"""Which thresholds a batch is over."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from labelfix.check.finding import Finding
from labelfix.check.verdict import Exceeded
from labelfix.check.wording import count, exact_percent, percent, shown
from labelfix.data.shares import WrongShare
from labelfix.judging.batch import BatchNoise
from labelfix.options.rule_options import LEVELS
from labelfix.options.threshold_options import ESTIMATE, LOWER, NEVER, UPPER, Thresholds

WRONG_LABEL = "wrong-label"
DOUBTS = frozenset({WRONG_LABEL, "uncertain-label"})
"""The rules that say of a label that it may be wrong."""

WITHOUT_IMAGE = frozenset({"unreadable", "missing-file"})

_MOST_DECIMALS = 6
_AT_END = {LOWER: " even at the lower end", ESTIMATE: "", UPPER: " at the upper end"}


def without_known(noise: BatchNoise, known: Sequence[Finding]) -> BatchNoise:
    """The shares of wrong labels without those that a person has accepted as right.

    The probability that such a label is wrong is taken out of the share of all rows and of that
    of its class; the interval moves with the share.

    Args:
        noise: as it was estimated.
        known: the findings that the baseline knows; only doubts about labels count.
    """
    accepted: defaultdict[str, float] = defaultdict(float)
    for finding in known:
        if finding.rule in DOUBTS and finding.confidence is not None:
            accepted[finding.given_label] += finding.confidence
    overall = noise.overall and _lowered(noise.overall, sum(accepted.values()))
    of_class = {label: _lowered(wrong, accepted[label]) for label, wrong in noise.of_class.items()}
    return replace(noise, overall=overall, of_class=of_class)


def exceeded(
    new: Sequence[Finding], rows: int, noise: BatchNoise, thresholds: Thresholds
) -> tuple[Exceeded, ...]:
    """The thresholds that a batch is over; none where it passes.

    Args:
        new: the findings that the baseline does not know.
        rows: how many rows the batch has.
        noise: how many labels are wrong, see `without_known`. No rate is exceeded where no label
            was judged, nor that of a class that is not in the batch.
        thresholds: what the batch may have.
    """
    if thresholds.fail_on == NEVER:
        return ()
    found = Counter(finding.rule for finding in new)
    over = [
        *_rates_over(noise, thresholds),
        *_unreadable_over(sum(found[rule] for rule in WITHOUT_IMAGE), rows, thresholds),
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
    # As many as it takes to see that the number found is the greater one.
    while decimals < _MOST_DECIMALS and round(_end(wrong, on) * 100, decimals) <= rate * 100:
        decimals += 1
    share, low, high = (percent(end, decimals) for end in (wrong.share, wrong.low, wrong.high))
    return (
        f"{share} of {whose} are wrong (95 % interval {low} to {high}), "
        f"more than {exact_percent(rate)}{_AT_END[on]}"
    )


def _unreadable_over(found: int, rows: int, thresholds: Thresholds) -> list[Exceeded]:
    limit = thresholds.max_unreadable
    if limit is None or not limit.exceeded_by(found, rows):
        return []
    most = f"{limit.rows:,}" if limit.share is None else exact_percent(limit.share)
    message = (
        f"rows without an image that can be read: {found:,} of {rows:,} "
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
    if finding.rule in WITHOUT_IMAGE:
        return thresholds.max_unreadable is not None
    if finding.rule == WRONG_LABEL:
        has_rate = thresholds.max_wrong_rate is not None
        return has_rate or finding.given_label in thresholds.max_wrong_rate_of
    return False


def _most(allowed: int) -> str:
    return f"more than the {allowed:,} allowed" if allowed else "where none is allowed"
