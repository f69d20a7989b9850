"""`wrong-label`: the label is wrong, and another one is suggested."""

from collections.abc import Collection, Iterator

from labelfix.check.rules.label_evidence import (
    attributes,
    doubt_message,
    doubted_rows,
    suggests_another,
    wrong_probability,
)
from labelfix.check.rules.rule import MAX_WRONG_RATE, Inspection, Rule
from labelfix.check.verdict import Finding
from labelfix.data.corrections import Corrections
from labelfix.options.rule_options import ERROR, RuleOptions


def wrong_rows(
    corrections: Corrections, options: RuleOptions, rule_names: Collection[str]
) -> list[int]:
    """The rows whose label is wrong with at least the probability that is asked for.

    Args:
        corrections: of the rows.
        options: with that probability, for all, and for single rules and classes.
        rule_names: of all rules; a class may have the name of one.
    """
    return [
        row
        for row in doubted_rows(corrections, options)
        if suggests_another(corrections, row)
        and wrong_probability(corrections, row)
        >= _least(options, rule_names, corrections.given_label[row])
    ]


def _least(options: RuleOptions, rule_names: Collection[str], label: str) -> float:
    """The probability from which a label is wrong: the strictest of those set for it alone."""
    keys = [RULE.name] if label in rule_names else [RULE.name, label]
    own = [options.min_confidence_of[key] for key in keys if key in options.min_confidence_of]
    return max(own, default=options.min_confidence)


def find(inspection: Inspection) -> Iterator[Finding]:
    """A finding for each row whose label is wrong."""
    batch = inspection.batch
    for row in wrong_rows(batch.corrections, inspection.options, inspection.rule_names):
        message = doubt_message(batch, row, "looks like")
        yield inspection.at_row(RULE, row, message, **attributes(batch.corrections, row))


RULE = Rule(
    name="wrong-label",
    level=ERROR,
    summary="the label is wrong, and another one is suggested",
    advice="Look at the image, and write the suggested label if it is right.",
    find=find,
    has_confidence=True,
    counted_by=MAX_WRONG_RATE,
    explanation="""
        Models that never saw the label judge the image from its embedding and its most similar
        images. Their judgement is weighed against the label by how often, and between which
        classes, labels in these data are wrong. The rule reports a label if another class is
        likelier and the label is wrong with at least the probability of --min-confidence. If a
        person verified another label, the given one is certainly wrong.

        It misleads where the encoder cannot tell two classes apart, where a whole series of
        similar images has the same wrong label, and in classes with few images. If many findings
        have the same two classes, look at the encoder before the labels.

        Look at the image. If the suggested label is right, write it. If the given one is right,
        accept the finding with --baseline and --update-baseline. --min-confidence 0.9 reports
        only surer findings; --min-confidence CLASS=0.9 does so for one given label. With
        --max-wrong-rate 2% the estimated share of wrong labels decides whether a batch fails, and
        no longer single findings; --on says which end of its interval decides.
    """,
)
