"""`unreadable`: the image file exists but cannot be read."""

from collections.abc import Iterator

from labelfix.check.rules.missing_file import NO_FILE, unused_images
from labelfix.check.rules.rule import MAX_UNREADABLE, Inspection, Rule
from labelfix.check.verdict import Finding
from labelfix.options.rule_options import ERROR


def find(inspection: Inspection) -> Iterator[Finding]:
    """A finding for each row whose image file is there but gives no image."""
    for row, reason in unused_images(inspection.batch):
        if reason not in NO_FILE:
            why = f": {reason}" if reason else ""
            yield inspection.at_row(RULE, row, f"the image cannot be used{why}")


RULE = Rule(
    name="unreadable",
    level=ERROR,
    summary="the image cannot be read",
    advice="Save or copy the image again from its source.",
    find=find,
    counted_by=MAX_UNREADABLE,
    explanation="""
        The file exists but gives no image: it is empty, truncated, damaged, not an image, too
        large to be decoded safely, in a format that this installation cannot read, or decoding
        took too long. The message says which. The row was not judged.

        A file that was still being written during the check is unreadable as well, and so is a
        Git LFS pointer in place of the image; in CI that means that the checkout ran without LFS.

        Save or copy the image again from its source, or remove the row. --max-unreadable 1% lets
        a batch pass with that share of rows whose image is unreadable or missing, and
        --max-findings no longer counts them.
    """,
)
