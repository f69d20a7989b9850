"""How many single labels the rules about labels doubt, counted without a batch."""

from labelfix.check.rules.registry import RULES
from labelfix.check.rules.uncertain_label import doubtful_rows
from labelfix.check.rules.wrong_label import wrong_rows
from labelfix.check.verdict import LabelCounts
from labelfix.data.corrections import REVIEW, Corrections
from labelfix.options.rule_options import RuleOptions


def count_labels(corrections: Corrections, options: RuleOptions | None = None) -> LabelCounts:
    """Count the rows that `wrong-label` and `uncertain-label` would find, and those for review.

    `labelfix run` says with it what `labelfix check` says of the same labels; a test compares them.

    Args:
        corrections: of all rows.
        options: of the rules; None takes the defaults.

    Returns:
        Counts that `Verdict.labels` has too, where no baseline accepts any of them.
    """
    chosen = options or RuleOptions()
    return LabelCounts(
        wrong=len(wrong_rows(corrections, chosen, RULES)),
        doubtful=len(doubtful_rows(corrections, chosen, RULES)),
        for_review=corrections.count(REVIEW),
    )
