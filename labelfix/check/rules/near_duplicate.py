"""`near-duplicate`: the same or nearly the same image appears twice."""

from collections.abc import Iterator

from labelfix.check.rules.conflicting_duplicate import RULE as CONFLICTING_DUPLICATE
from labelfix.check.rules.contradictions import names_of
from labelfix.check.rules.copies import CopyGroup
from labelfix.check.rules.rule import Inspection, Rule
from labelfix.check.rules.split_leak import RULE as SPLIT_LEAK
from labelfix.check.verdict import Finding
from labelfix.options.rule_options import WARNING

GRAVER = (CONFLICTING_DUPLICATE, SPLIT_LEAK)
"""Rules whose findings say of a row that it is a copy, and more."""


def find(inspection: Inspection) -> Iterator[Finding]:
    """A finding for each copy after the first, unless the row has a graver finding."""
    graver = {finding.row for rule in GRAVER for finding in inspection.findings_of(rule)}
    for group in inspection.copy_groups:
        yield from _repetitions(inspection, group, graver)


def _repetitions(
    inspection: Inspection, group: CopyGroup, graver: set[int | None]
) -> Iterator[Finding]:
    """A finding for each row after the first of a group, and for each with a copy in the reference.

    Args:
        inspection: of the batch.
        group: of copies.
        graver: the numbers of rows that do not count here.
    """
    batch = inspection.batch
    first_of: dict[str, int] = {}  # by content
    for row in group.rows:
        if batch.manifest.row_number(row) in graver:
            continue
        content = batch.images.content_hashes[batch.row_images[row]]
        first = next(iter(first_of.values()), row)
        before = first_of.setdefault(content or batch.manifest.images[row], row)
        known = group.in_reference(row)
        if known >= 0:
            copy = group.reference(known, row)
        elif first != row:
            copy = group.row(before if before != row else first, row)
        else:
            continue
        nearly = "" if copy.is_exact else "nearly "
        message = f"{nearly}the same image as in {copy}"
        yield inspection.at_row(RULE, row, message, related=names_of([copy]))


RULE = Rule(
    name="near-duplicate",
    level=WARNING,
    summary="the same or nearly the same image appears twice",
    advice="Keep one of the images if the others add nothing.",
    find=find,
    explanation="""
        Two files have the same bytes, or embeddings with a cosine similarity of at least
        --near-duplicate. With --reference, an image that the reference already has counts, too.
        The first row of such images has no finding, nor has a row that conflicting-duplicate or
        split-leak already reports.

        Copies teach a model nothing new and make its test results look better than they are, but
        they may be intended: video frames, augmented images, a class sampled more often on
        purpose. A weak encoder takes more images for copies than a person does.

        Keep one of them if the others add nothing. A --near-duplicate closer to 1 finds closer
        copies only. As a warning, the rule fails a batch only with --fail-on warning or a limit
        such as --max-findings near-duplicate=5.
    """,
)
