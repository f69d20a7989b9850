"""`off-topic`: the image is unlike all others, or shows none of the classes."""

from collections.abc import Iterator

import numpy as np

from labelfix.check.message_text import shown
from labelfix.check.rules.rule import Inspection, Rule
from labelfix.check.verdict import Finding
from labelfix.data import corrections as reasons
from labelfix.data import names
from labelfix.judging.batch import Batch
from labelfix.options.rule_options import WARNING


def find(inspection: Inspection) -> Iterator[Finding]:
    """A finding for each row whose image is an outlier, or of no class as a person says."""
    reason = inspection.batch.corrections.reason
    outliers = np.isin(reason, (reasons.OFF_TOPIC, reasons.OF_NO_CLASS))
    for row in np.flatnonzero(outliers).tolist():
        if reason[row] == reasons.OF_NO_CLASS:
            message = "a person says that the image shows none of the classes"
        else:
            message = f"the image is unlike all others{_most_similar(inspection.batch, row)}"
        yield inspection.at_row(RULE, row, message)


def _most_similar(batch: Batch, row: int) -> str:
    """The image most similar to a row's, where there is one."""
    known, nearest = batch.judges
    image = batch.row_images[row]
    if image < 0 or not nearest.indices.shape[1]:
        return ""
    neighbour = int(nearest.indices[image, 0])
    similarity = float(nearest.similarities[image, 0])
    label = known.labels[neighbour]
    return (
        f": the most similar is {shown(names.to_text(known.names[neighbour]))}, "
        f"labelled {shown(label)} (similarity {similarity:.3f})"
    )


RULE = Rule(
    name="off-topic",
    level=WARNING,
    summary="the image is unlike all others, or shows none of the classes",
    advice="Check whether the image belongs to the data set at all.",
    find=find,
    explanation="""
        The image is far from its most similar images, much farther than other images of the class
        that it looks most like. It may show none of the classes: a screenshot, an empty page, a
        photograph of something else. If a person answered "none of the classes", that is a
        finding too, whatever the image looks like.

        The rarest images of a class look like outliers as well: an odd angle, a night scene, a
        breed with few images. A weak encoder sees the background and the frame as much as the
        object. The label plays no part.

        Look at the image. Remove it if it does not belong there; add more of its kind if it does.
        --baseline keeps what you accepted, and --ignore off-topic skips the rule.
    """,
)
