"""The options of the rules: which findings `check` and `report` make, and at which level."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from labelfix.options.option import PROBABILITY, at_least, check_options, option, refused

ERROR = "error"
WARNING = "warning"
LEVELS = (ERROR, WARNING)

RULES_PANEL = "Rules"
UNCERTAIN_FROM = 0.2
"""A label is uncertain that is wrong with at least this probability."""


@dataclass(frozen=True, kw_only=True)
class RuleOptions:
    """Which findings are made, and at which level.

    Attributes:
        select: the rules that are looked at; None takes all.
        ignore: rules that are skipped.
        levels: the level of rules that have another one than their own, `error` or `warning`.
        min_confidence: a label is a finding only if it is wrong with at least this probability.
        min_confidence_of: the same for single rules and, by the given label, single classes; a
            name that is a rule's is read as that rule.
        uncertain_from: a label is uncertain if it is wrong with at least this probability;
            `min_confidence_of` may hold another one.
        near_duplicate: cosine similarity from which two images are nearly the same.
        rare_class_images: a class of fewer images is too rare to be judged.
        annotator_wrong_rate: an annotator is noisy whose share of wrong labels is above this
            even at the lower end of its 95 % interval.
        split_column: the column that says which split a row belongs to; None takes one named
            `split` or `subset`, if there is one.
    """

    select: frozenset[str] | None = option(
        None,
        "Only these rules, separated by commas; default: all.",
        metavar="RULES",
        panel=RULES_PANEL,
        is_written=True,
    )
    ignore: frozenset[str] = option(
        frozenset(), "Skip these rules.", metavar="RULES", panel=RULES_PANEL, is_written=True
    )
    levels: Mapping[str, str] = option(
        dict,
        "Make a rule an error, a warning, or off.",
        name="level",
        metavar="RULE=LEVEL",
        panel=RULES_PANEL,
        is_written=True,
    )
    min_confidence: float = option(
        0.5,
        "A label is a finding if it is wrong with at least this probability; also RULE=P or "
        f"CLASS=P. Default: {{default}}, and {UNCERTAIN_FROM} for uncertain-label.",
        metavar="P",
        panel=RULES_PANEL,
        is_written=True,
        range=PROBABILITY,
    )
    min_confidence_of: Mapping[str, float] = field(default_factory=dict)
    uncertain_from: float = option(UNCERTAIN_FROM, range=PROBABILITY)
    near_duplicate: float = option(
        0.99,
        "Cosine similarity from which two images count as nearly the same.",
        panel=RULES_PANEL,
    )
    rare_class_images: int = option(
        5, "A class with fewer images than this is rare.", panel=RULES_PANEL, range=at_least(1)
    )
    annotator_wrong_rate: float = option(
        0.1,
        "Report an annotator if even the lower end of the 95 % interval of their wrong labels is "
        "above this. Default: {default:.0%}.",
        name="max_annotator_wrong_rate",
        metavar="RATE",
        panel=RULES_PANEL,
        is_written=True,
        range=PROBABILITY,
    )
    split_column: str | None = option(
        None,
        "The column that says which rows are train or test; default: split or subset, if there "
        "is one.",
        panel=RULES_PANEL,
    )

    def __post_init__(self) -> None:
        check_options(self)
        for level in self.levels.values():
            if level not in LEVELS:
                raise refused("levels", f"one of {', '.join(LEVELS)}", repr(level))
        for least in self.min_confidence_of.values():
            PROBABILITY.check("min_confidence", least)
        if not 0 < self.near_duplicate <= 1:
            raise refused(
                "near_duplicate",
                "a cosine similarity above 0 and at most 1",
                self.near_duplicate,
            )
