"""`rare-class`: the class has too few images to judge its labels."""

from collections.abc import Iterator

from labelfix.check.message_text import count, shown
from labelfix.check.rules.rule import Inspection, Rule
from labelfix.check.verdict import Finding
from labelfix.options.rule_options import WARNING


def find(inspection: Inspection) -> Iterator[Finding]:
    """A finding for each rare class of the batch.

    A label that the reference does not have is unknown, not rare.
    """
    batch, least = inspection.batch, inspection.options.rare_class_images
    where = "" if batch.reference is None else " in the reference"
    for label in sorted(set(batch.given_classes) & batch.support.keys()):
        support = batch.support[label]
        if label.strip() and support < least:
            yield inspection.about(
                RULE,
                f"class {shown(label)} has {count(support, 'image')}{where}; "
                f"judging its labels takes at least {least:,}",
                given_label=label,
            )


RULE = Rule(
    name="rare-class",
    level=WARNING,
    summary="the class has too few images to judge its labels",
    advice="Check the labels of the class yourself, or add images of it.",
    find=find,
    explanation="""
        The class has fewer images than --rare-class-images, in the batch or, with --reference, in
        the reference. So few images do not show what the class looks like, so its labels are
        hardly judged: a wrong one may be missed, and a right one may be called wrong.

        If the class really is rare, nobody made a mistake. If it stands beside a common class of
        nearly the same name, see label-variant.

        Check its labels yourself, add images of it, or check the batch against a reference that
        knows the class. --rare-class-images 20 asks for more images, and --ignore rare-class
        skips the rule.
    """,
)
