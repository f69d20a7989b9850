"""`unknown-label`: the reference does not have this label."""

from collections.abc import Iterator

import numpy as np

from labelfix.check.message_text import shown
from labelfix.check.rules.label_evidence import in_brackets, suggests_another, votes
from labelfix.check.rules.rule import Inspection, Rule
from labelfix.check.verdict import Finding
from labelfix.data import corrections as reasons
from labelfix.data.corrections import VERIFIED
from labelfix.judging.batch import Batch
from labelfix.options.rule_options import ERROR


def find(inspection: Inspection) -> Iterator[Finding]:
    """A finding for each row whose label the reference does not have."""
    corrections = inspection.batch.corrections
    for row in np.flatnonzero(corrections.reason == reasons.UNKNOWN_LABEL).tolist():
        other = corrections.suggested_label[row] if suggests_another(corrections, row) else None
        message = _message(inspection.batch, row)
        yield inspection.at_row(RULE, row, message, suggested_label=other)


def _message(batch: Batch, row: int) -> str:
    corrections = batch.corrections
    given, suggested = corrections.given_label[row], corrections.suggested_label[row]
    if corrections.action[row] == VERIFIED:
        return f"label {shown(given)} is wrong: a person says {shown(suggested)}"
    because = in_brackets(votes(batch, row, suggested))
    return (
        f"label {shown(given)} is not one of the {len(batch.support):,} labels of the reference; "
        f"looks like {shown(suggested)}{because}"
    )


def _has_reference(batch: Batch) -> bool:
    return batch.reference is not None


RULE = Rule(
    name="unknown-label",
    level=ERROR,
    summary="the reference does not have this label",
    advice="Fix the label, or add its class to the reference.",
    find=find,
    applies=_has_reference,
    explanation="""
        The reference has no such label, so there is nothing to weigh it against. The rule applies
        only with --reference. The suggested label is the class of the reference that the image
        looks most like.

        An intended new class looks the same as a typo. If the label is only another spelling of a
        known one, label-variant reports that.

        Fix the label. If the class is new, label enough images of it, add them to the reference
        and build its workspace again. Until then --level unknown-label=warning lets the batch
        pass, and --max-findings unknown-label=N allows a few.
    """,
)
