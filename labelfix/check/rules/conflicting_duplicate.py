"""`conflicting-duplicate`: the same or nearly the same image also has another label."""

from collections.abc import Iterator

from labelfix.check.rules.contradictions import Aspect, contradictions
from labelfix.check.rules.copies import CopyGroup
from labelfix.check.rules.rule import Inspection, Rule
from labelfix.check.verdict import Finding
from labelfix.options.rule_options import ERROR


def find(inspection: Inspection) -> Iterator[Finding]:
    """A finding for each copy whose label is not the one to keep."""
    known = inspection.batch.reference
    labels = Aspect(
        what="label",
        of_rows=inspection.batch.given_classes,
        of_reference=known.labels if known else None,
        is_fixable=True,
    )
    for group in inspection.copy_groups:
        to_keep = _label_to_keep(group, labels)
        yield from contradictions(inspection, RULE, group, labels, to_keep)


def _label_to_keep(group: CopyGroup, labels: Aspect) -> str:
    """The reference's label of a group, or else the commonest.

    Empty where two are equally common: then all of them are in doubt.
    """
    known = labels.first_in_reference(group)
    if known >= 0:
        return labels.by_reference(known)
    ranked = labels.counts(group.rows).most_common(2)
    is_tie = len(ranked) == 2 and ranked[0][1] == ranked[1][1]
    return "" if is_tie or not ranked else ranked[0][0]


RULE = Rule(
    name="conflicting-duplicate",
    level=ERROR,
    summary="the same or nearly the same image also has another label",
    advice="Compare the images side by side, and give them one label.",
    find=find,
    explanation="""
        Two files have the same bytes, or embeddings with a cosine similarity of at least
        --near-duplicate, but different labels. At most one of the labels can be right. The same
        image in two rows with two labels counts, too, unless a column says that two annotators
        gave them. With --reference its images count as well. Findings stand at the rows whose
        label differs from the reference's or, without one, from the commonest; if no label is the
        commonest, at all of them.

        A weak encoder may take two images for nearly the same that a person tells apart at once:
        video frames, products on a white background, scanned forms. Equal bytes never mislead.

        Compare the images side by side and give them one label; the findings name the others. If
        they are not copies, set --near-duplicate closer to 1; at 1 only identical embeddings
        count.
    """,
)
