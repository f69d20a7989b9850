"""`missing-label`: the row has no label."""

from collections.abc import Iterator

from labelfix.check.message_text import shown
from labelfix.check.rules.rule import Inspection, Rule
from labelfix.check.verdict import Finding
from labelfix.data.corrections import PREDICT, VERIFIED
from labelfix.data.share_text import percent
from labelfix.options.rule_options import ERROR


def find(inspection: Inspection) -> Iterator[Finding]:
    """A finding for each row whose label is blank."""
    corrections = inspection.batch.corrections
    for row, label in enumerate(corrections.given_label):
        if str(label).strip():
            continue
        message, suggested = "the row has no label", None
        if corrections.action[row] == PREDICT:
            suggested = corrections.suggested_label[row]
            certainty = percent(corrections.confidence[row])
            message += f"; looks like {shown(suggested)} ({certainty} likely)"
        elif corrections.action[row] == VERIFIED:
            suggested = corrections.label[row]
            message += f"; a person says {shown(suggested)}"
        yield inspection.at_row(RULE, row, message, suggested_label=suggested)


RULE = Rule(
    name="missing-label",
    level=ERROR,
    summary="the row has no label",
    advice="Label the row, or remove it.",
    find=find,
    explanation="""
        The label is empty or only spaces, so there was nothing to judge. NA, null and 0 are
        labels like any other. With --reference, the label that the image looks most like is
        suggested, and the message says how likely it is.

        If all rows have the finding, the label column is the wrong one: name it with
        --label-column.

        Label the row, or remove it. If rows wait for a label on purpose, --ignore missing-label
        skips the rule and --max-findings missing-label=N allows some.
    """,
)
