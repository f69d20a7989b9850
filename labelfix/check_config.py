"""The options of `check`: which findings are made, and how many of them a batch may have."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from labelfix.errors import InputError
from labelfix.option_checks import check_choice, check_least, check_probability

ERROR = "error"
WARNING = "warning"
LEVELS = (ERROR, WARNING)
NEVER = "never"

LOWER = "lower"
ESTIMATE = "estimate"
UPPER = "upper"
ENDS = (LOWER, ESTIMATE, UPPER)

EXPECTED_WRONG_RATE = 0.2
"""The share of wrong labels that a row of a batch is judged with against a reference."""


@dataclass(frozen=True)
class RuleOptions:
    """Which findings are made, and at which level.

    Attributes:
        select: the rules that are looked at; None takes all.
        ignore: rules that are left out.
        levels: of rules that are to have another level than their own, `error` or `warning`.
        min_confidence: a label is a finding only where it is wrong with at least this probability.
        min_confidence_of: the same for single rules and, by the given label, single classes; a
            rule's name is read as that rule.
        uncertain_from: a label is uncertain that is wrong with at least this probability; another
            one stands in `min_confidence_of`.
        near_duplicate: cosine similarity from which two images are nearly the same.
        rare_class_images: a class of fewer images is too rare to be judged.
        annotator_wrong_rate: an annotator is noisy whose share of wrong labels is, at the lower
            end of its 95 % interval, above this.
        split_column: the column that tells which split a row is of; None takes one named `split`
            or `subset`, if there is one.
    """

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    levels: Mapping[str, str] = field(default_factory=dict)
    min_confidence: float = 0.5
    min_confidence_of: Mapping[str, float] = field(default_factory=dict)
    uncertain_from: float = 0.2
    near_duplicate: float = 0.99
    rare_class_images: int = 5
    annotator_wrong_rate: float = 0.1
    split_column: str | None = None

    def __post_init__(self) -> None:
        for level in self.levels.values():
            check_choice("--level", level, LEVELS)
        for least in (self.min_confidence, self.uncertain_from, *self.min_confidence_of.values()):
            check_probability("--min-confidence", least)
        check_probability("--max-annotator-wrong-rate", self.annotator_wrong_rate)
        check_least("--rare-class-images", self.rare_class_images, 1)
        if not 0 < self.near_duplicate <= 1:
            raise InputError(
                f"--near-duplicate: expected a cosine similarity above 0 and at most 1, "
                f"found {self.near_duplicate}"
            )


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


@dataclass(frozen=True)
class Thresholds:
    """What a batch may have and still pass.

    Attributes:
        max_wrong_rate: the share of wrong labels; then single ones do not fail a batch.
        max_wrong_rate_of: the same for single classes, by the given label.
        on: which end of the rate's 95 % interval decides: `lower`, `estimate` or `upper`.
        max_findings: findings of the level that fails, without those of rules that have a
            threshold of their own.
        max_findings_of: the same for single rules, whatever their level.
        max_unreadable: rows whose image cannot be read or is not there; None counts them among
            the findings.
        fail_on: the level from which findings count: `error`, `warning` or `never`.
    """

    max_wrong_rate: float | None = None
    max_wrong_rate_of: Mapping[str, float] = field(default_factory=dict)
    on: str = LOWER
    max_findings: int = 0
    max_findings_of: Mapping[str, int] = field(default_factory=dict)
    max_unreadable: Limit | None = None
    fail_on: str = ERROR

    def __post_init__(self) -> None:
        for rate in (self.max_wrong_rate, *self.max_wrong_rate_of.values()):
            if rate is not None:
                check_probability("--max-wrong-rate", rate)
        for most in (self.max_findings, *self.max_findings_of.values()):
            check_least("--max-findings", most, 0)
        check_choice("--on", self.on, ENDS)
        check_choice("--fail-on", self.fail_on, (*LEVELS, NEVER))


@dataclass(frozen=True)
class ReportOptions:
    """How much the report shows.

    Attributes:
        most_cards: findings that are shown with their images, the likeliest first.
        most_neighbours: the nearest images that each of them shows.
        most_bytes: of the page; images are left out where it would get larger.
    """

    most_cards: int = 1000
    most_neighbours: int = 8
    most_bytes: int = 5_000_000

    def __post_init__(self) -> None:
        check_least("--most-cards", self.most_cards, 0)
        check_least("--most-neighbours", self.most_neighbours, 0)
        check_least("--most-bytes", self.most_bytes, 500_000)
