"""`noisy-annotator`: too many labels of an annotator are wrong."""

from collections.abc import Iterator

from labelfix.check.message_text import count, shown
from labelfix.check.rules.rule import Inspection, Rule
from labelfix.check.verdict import Finding
from labelfix.data.share_text import exact_percent, percent
from labelfix.data.shares import DECIMALS
from labelfix.judging.batch import Batch
from labelfix.options.rule_options import WARNING


def find(inspection: Inspection) -> Iterator[Finding]:
    """A finding for each annotator whose share of wrong labels is surely above the limit."""
    most = inspection.options.annotator_wrong_rate
    for annotator in inspection.batch.noise.annotators:
        wrong = annotator.wrong
        at_least = round(wrong.low, DECIMALS)
        if at_least > most:
            yield inspection.about(
                RULE,
                f"{percent(wrong.share)} of the "
                f"{count(annotator.labels, 'label')} by {shown(annotator.name)} are wrong, at "
                f"least {percent(at_least)} with 95 % confidence; "
                f"{exact_percent(most)} are allowed",
                subject=annotator.name,
            )


def _names_annotators(batch: Batch) -> bool:
    return bool(batch.noise.annotators)


RULE = Rule(
    name="noisy-annotator",
    level=WARNING,
    summary="too many labels of the annotator are wrong",
    advice="Review the annotator's labels and the instructions they were given.",
    find=find,
    applies=_names_annotators,
    explanation="""
        If a column says who gave each label, labelfix estimates each annotator's share of wrong
        labels. The rule reports an annotator if even the lower end of the 95 % interval is above
        --max-annotator-wrong-rate, so that chance in few labels blames nobody.

        Annotators who were given the hard images, or a rare class, make more mistakes than others
        who are as good. The estimate rests on the same evidence as wrong-label, and the same
        things mislead it.

        Review the annotator's labels, the classes they mix up, and the instructions they were
        given, before you talk to them. --annotator-column names the column,
        --max-annotator-wrong-rate 20% allows more, and --ignore noisy-annotator skips the rule.
    """,
)
