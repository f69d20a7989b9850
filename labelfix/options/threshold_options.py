"""The options that decide whether a batch passes `check`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from labelfix.options.option import PROBABILITY, at_least, check_options, option
from labelfix.options.rule_options import ERROR, LEVELS

NEVER = "never"

LOWER = "lower"
ESTIMATE = "estimate"
UPPER = "upper"
ENDS = (LOWER, ESTIMATE, UPPER)

THRESHOLDS_PANEL = "Thresholds"


@dataclass(frozen=True)
class Limit:
    """How many of the rows, as a number or as a share of them."""

    rows: int | None = None
    share: float | None = None

    def exceeded_by(self, found: int, of: int) -> bool:
        """Whether a number of rows found among others is over the limit."""
        if self.rows is not None:
            return found > self.rows
        # A quotient is the float nearest to it, as 0.29 is; 0.29 * 100 is less than 29.
        return found > 0 and found / max(of, 1) > (self.share or 0.0)

    def __str__(self) -> str:
        return f"{self.rows}" if self.rows is not None else f"{self.share:.2%}"


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """What a batch may have and still pass.

    Attributes:
        max_wrong_rate: the share of wrong labels; with it, single ones do not fail a batch.
        max_wrong_rate_of: the same for single classes, by the given label.
        on: which end of the rate's 95 % interval decides: `lower`, `estimate` or `upper`.
        allow_undecided: whether a batch passes of which one cannot tell whether it does.
        max_findings: findings of the level that fails, without those of rules that have a
            threshold of their own.
        max_findings_of: the same for single rules, whatever their level.
        max_unreadable: rows whose image is missing or cannot be read; None counts them among
            the findings.
        fail_on: the level from which findings count: `error`, `warning` or `never`.
    """

    max_wrong_rate: float | None = option(
        None,
        "The largest share of wrong labels that passes, such as 2%; also CLASS=5%. Single wrong "
        "labels then do not fail the batch.",
        metavar="RATE",
        panel=THRESHOLDS_PANEL,
        is_written=True,
        range=PROBABILITY,
    )
    max_wrong_rate_of: Mapping[str, float] = field(default_factory=dict)
    on: str = option(
        LOWER,
        "Which end of the rate's 95 % interval decides: {choices}.",
        panel=THRESHOLDS_PANEL,
        choices=ENDS,
    )
    allow_undecided: bool = option(
        False,
        "Let a batch pass that says too little to judge it: too few rows, or an interval too wide.",
        panel=THRESHOLDS_PANEL,
    )
    max_findings: int = option(
        0,
        "How many findings pass; also RULE=N. Default: none.",
        metavar="N",
        panel=THRESHOLDS_PANEL,
        is_written=True,
        range=at_least(0),
    )
    max_findings_of: Mapping[str, int] = field(default_factory=dict)
    max_unreadable: Limit | None = option(
        None,
        "How many rows without a readable image pass: a number, or a share such as 1%.",
        metavar="N",
        panel=THRESHOLDS_PANEL,
        is_written=True,
    )
    fail_on: str = option(
        ERROR,
        "The level from which findings fail the batch: {choices}.",
        panel=THRESHOLDS_PANEL,
        choices=(*LEVELS, NEVER),
    )

    def __post_init__(self) -> None:
        check_options(self)
        for rate in self.max_wrong_rate_of.values():
            PROBABILITY.check("max_wrong_rate", rate)
        for most in self.max_findings_of.values():
            at_least(0).check("max_findings", most)
