"""`uncertain-label`: the label is doubtful; a person should look."""

from collections.abc import Collection, Iterator

from labelfix.check.rules.label_evidence import (
    UNCERTAIN,
    attributes,
    doubt_message,
    doubted_rows,
    uncertain_from,
    wrong_probability,
)
from labelfix.check.rules.rule import Inspection, Rule
from labelfix.check.rules.wrong_label import wrong_rows
from labelfix.check.verdict import Finding
from labelfix.data.corrections import Corrections
from labelfix.options.rule_options import WARNING, RuleOptions


def doubtful_rows(
    corrections: Corrections, options: RuleOptions, rule_names: Collection[str]
) -> list[int]:
    """The rows whose label is doubtful, but not `wrong-label`; takes what `wrong_rows` takes."""
    least = uncertain_from(options)
    surely_wrong = frozenset(wrong_rows(corrections, options, rule_names))
    return [
        row
        for row in doubted_rows(corrections, options)
        # A label that the relabelling doubted may have no probability.
        if row not in surely_wrong and not wrong_probability(corrections, row) < least
    ]


def find(inspection: Inspection) -> Iterator[Finding]:
    """A finding for each row whose label is doubtful and not `wrong-label`."""
    batch = inspection.batch
    for row in doubtful_rows(batch.corrections, inspection.options, inspection.rule_names):
        message = doubt_message(batch, row, "may be")
        yield inspection.at_row(RULE, row, message, **attributes(batch.corrections, row))


RULE = Rule(
    name=UNCERTAIN,
    level=WARNING,
    summary="the label is doubtful; a person should look",
    advice="Look at the image, and decide which label it has.",
    find=find,
    has_confidence=True,
    explanation="""
        The evidence speaks against the label, but not clearly enough for wrong-label: either
        another class is likelier, but the label is wrong with less than the probability of
        --min-confidence; or the label is probably wrong and no other class is likelier.

        Many images are ambiguous: they lie between two classes, show both, are blurred or cut
        off. A finding says that a person should look, not that the label is wrong.

        Look at the image and decide. If people disagree too, clarify the description of the
        classes. --min-confidence uncertain-label=0.3 skips labels that are wrong with a smaller
        probability, --ignore uncertain-label skips all. As a warning, the rule fails a batch only
        with --fail-on warning or a limit such as --max-findings uncertain-label=50.
    """,
)
