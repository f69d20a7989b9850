"""Classes that are too rare to be judged, and annotators whose labels are too often wrong."""

from collections.abc import Iterator

from labelfix.check.finders.finding_maker import FindingMaker
from labelfix.check.finding import Finding
from labelfix.check.wording import count, exact_percent, percent, shown
from labelfix.data.shares import DECIMALS

RARE_CLASS = "rare-class"
NOISY_ANNOTATOR = "noisy-annotator"


def class_findings(maker: FindingMaker) -> Iterator[Finding]:
    """The findings about classes and annotators."""
    if maker.wants(RARE_CLASS):
        yield from _rare_classes(maker)
    if maker.wants(NOISY_ANNOTATOR):
        yield from _noisy_annotators(maker)


def _rare_classes(maker: FindingMaker) -> Iterator[Finding]:
    """Of the labels in the batch; one that the reference does not know is unknown, not rare."""
    batch, least = maker.batch, maker.options.rare_class_images
    where = "" if batch.reference is None else " in the reference"
    for label in sorted(set(batch.manifest.given_labels) & batch.support.keys()):
        support = batch.support[label]
        if label.strip() and support < least:
            yield maker.about(
                RARE_CLASS,
                f"class {shown(label)} has {count(support, 'image')}{where}, "
                f"fewer than the {least:,} that it takes to judge its labels",
                given_label=label,
            )


def _noisy_annotators(maker: FindingMaker) -> Iterator[Finding]:
    most = maker.options.annotator_wrong_rate
    for annotator in maker.batch.noise.annotators:
        wrong = annotator.wrong
        at_least = round(wrong.low, DECIMALS)
        if at_least > most:
            yield maker.about(
                NOISY_ANNOTATOR,
                f"{percent(wrong.share)} of the "
                f"{count(annotator.labels, 'label')} by {shown(annotator.name)} are wrong, at "
                f"least {percent(at_least)} with 95 % confidence; "
                f"{exact_percent(most)} are allowed",
                subject=annotator.name,
            )
