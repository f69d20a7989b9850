"""The share of wrong labels against what is allowed: passed, exceeded, or too little to judge."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from labelfix.check.message_text import count, shown
from labelfix.check.verdict import Exceeded, Undecided
from labelfix.data.corrections import QUARANTINED, VERIFIED
from labelfix.data.share_text import exact_percent, interval, percent, share_with_interval
from labelfix.data.shares import WrongShare
from labelfix.judging.batch import Batch, BatchNoise
from labelfix.options.threshold_options import ESTIMATE, LOWER, UPPER, Thresholds

WIDEST = 0.3
"""A wider 95 % interval says nothing of a batch. One of 10 % to 40 % still ranks batches; at twice
that, the same batch may be nearly right or half wrong. Rows that nothing judges widen it too: more
than this share of them and the true interval would be wider, whatever was estimated."""

ENOUGH_ROWS = 50
"""Chance alone leaves an interval of at most 0.28 with so many; a wider one is the encoder's."""

OPTION = "--max-wrong-rate"

_MOST_DECIMALS = 6
_AT_END = {LOWER: " even at the lower end", ESTIMATE: "", UPPER: " at the upper end"}


@dataclass(frozen=True, kw_only=True)
class ThinClasses:
    """The classes of a batch with too few images for their labels to be judged.

    Attributes:
        least: how many images judging a class takes.
        support: how many each thin class has, in the reference if there is one.
        rows: rows with such a label that no person verified.
        of: all rows that were checked.
        against_reference: whether a reference judges the batch.
    """

    least: int = 1
    support: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0
    of: int = 1
    against_reference: bool = False

    @property
    def are_too_many(self) -> bool:
        """Whether so many rows are not judged that an interval of all of them says nothing."""
        return self.rows > WIDEST * self.of

    @property
    def where(self) -> str:
        """Where the images are counted, as the end of a phrase."""
        return " in the reference" if self.against_reference else ""


def thin_classes(batch: Batch, least: int) -> ThinClasses:
    """The thin classes of a judged batch.

    Args:
        batch: judged. A label that its reference does not know is unknown, not thin.
        least: how many images judging a class takes.
    """
    given = batch.corrections.given_label
    checked = np.array([bool(str(label).strip()) for label in given])
    checked &= batch.corrections.action != QUARANTINED
    labels = {str(label) for label in given[checked]}
    few = {
        label: batch.support[label]
        for label in sorted(labels & batch.support.keys())
        if batch.support[label] < least
    }
    is_thin = np.array([str(label) in few for label in given], dtype=bool)
    unjudged = checked & is_thin & (batch.corrections.action != VERIFIED)
    return ThinClasses(
        least=least,
        support=few,
        rows=int(unjudged.sum()),
        of=int(checked.sum()),
        against_reference=batch.reference is not None,
    )


@dataclass(frozen=True, kw_only=True)
class RateResult:
    """What comes of all rates that are allowed."""

    exceeded: tuple[Exceeded, ...] = ()
    undecided: tuple[Undecided, ...] = ()


def judge_rates(
    noise: BatchNoise, thresholds: Thresholds, thin: ThinClasses, *, fails_on_any: bool = False
) -> RateResult:
    """Compare the shares of wrong labels with what is allowed.

    Args:
        noise: how many labels are wrong.
        thresholds: what is allowed, and which end of an interval decides.
        thin: the classes that are not judged.
        fails_on_any: whether, without a rate for all rows, a wrong label fails the batch.
    """
    results = []
    overall, rate = noise.overall, thresholds.max_wrong_rate
    if overall is not None and overall.rows:
        few = _unjudged(thin, noise, rate)
        if rate is not None:
            results.append(_judge(overall, "the labels", rate, thresholds.on, few, thin))
        elif fails_on_any and (few or overall.high - overall.low > WIDEST):
            results.append(_undecided(overall, "the labels", None, few, thin))
    for label, rate_of_class in sorted(thresholds.max_wrong_rate_of.items()):
        wrong = noise.of_class.get(label)
        if wrong is not None and wrong.rows:
            whose, few = f"the labels {shown(label)}", _unjudged_class(thin, label)
            results.append(_judge(wrong, whose, rate_of_class, thresholds.on, few, thin))
    return RateResult(
        exceeded=tuple(one for one in results if isinstance(one, Exceeded)),
        undecided=tuple(one for one in results if isinstance(one, Undecided)),
    )


def _judge(
    wrong: WrongShare, whose: str, rate: float, on: str, few: str, thin: ThinClasses
) -> Exceeded | Undecided | None:
    """One share against its rate; None where it passes."""
    is_over = _end(wrong, on) > rate
    if few and not (is_over and on == UPPER):
        return _undecided(wrong, whose, rate, few, thin)
    if is_over:
        return Exceeded(OPTION, _message(wrong, whose, rate, on))
    if wrong.high > rate and wrong.high - wrong.low > WIDEST:
        return _undecided(wrong, whose, rate, few, thin)
    return None


def _end(wrong: WrongShare, on: str) -> float:
    """The end of an interval that decides, or the share itself."""
    return {LOWER: wrong.low, ESTIMATE: wrong.share, UPPER: wrong.high}[on]


def _message(wrong: WrongShare, whose: str, rate: float, on: str) -> str:
    decimals = 1
    # Enough decimals to show that the number found is greater than the limit.
    while decimals < _MOST_DECIMALS and round(_end(wrong, on) * 100, decimals) <= rate * 100:
        decimals += 1
    ends = interval(wrong.low, wrong.high, decimals)
    return (
        f"{percent(wrong.share, decimals)} of {whose} are wrong (95 % interval {ends}), "
        f"more than {exact_percent(rate)}{_AT_END[on]}"
    )


def _unjudged(thin: ThinClasses, noise: BatchNoise, rate: float | None) -> str:
    """Why thin classes leave the whole batch open; empty where they do not."""
    if not thin.are_too_many:
        return ""
    # Where the other classes alone are over the rate, it is exceeded whatever these hold.
    judged = [one for label, one in noise.of_class.items() if label not in thin.support]
    surely_wrong = sum(one.low * one.rows for one in judged)
    if rate is not None and noise.overall and surely_wrong > rate * noise.overall.rows:
        return ""
    return (
        f"{thin.rows:,} of {count(thin.of, 'label')} are of classes with fewer than "
        f"{count(thin.least, 'image')}{thin.where}, too few to judge them"
    )


def _unjudged_class(thin: ThinClasses, label: str) -> str:
    """Why a class is open; empty where it has images enough."""
    if label not in thin.support:
        return ""
    return (
        f"the class {shown(label)} has {count(thin.support[label], 'image')}{thin.where}, "
        "too few to judge its labels"
    )


def _undecided(
    wrong: WrongShare, whose: str, rate: float | None, few: str, thin: ThinClasses
) -> Undecided:
    limit = f"any of {whose} is wrong"
    if rate is not None:
        limit = f"more than {exact_percent(rate)} of {whose} are wrong"
    why = few or f"the interval is too wide to say whether {limit}"
    rows = count(wrong.rows, "row")
    return Undecided(
        threshold="--max-findings" if rate is None else OPTION,
        message=f"{why}; the estimate is {share_with_interval(wrong)}, from {rows}",
        needed=", ".join(_needed(wrong, is_thin=bool(few), thin=thin)),
    )


def _needed(wrong: WrongShare, *, is_thin: bool, thin: ThinClasses) -> Iterator[str]:
    """What would decide, as alternatives."""
    if not thin.against_reference:
        yield "a reference (--reference WORKSPACE)"
    if is_thin:
        yield f"{count(thin.least, 'image')} of each class{thin.where}"
    elif wrong.rows < ENOUGH_ROWS:
        yield f"more rows ({ENOUGH_ROWS} or more)"
    else:
        yield "a stronger encoder"
    yield "or rows that a person verified (--audited FILE)"
