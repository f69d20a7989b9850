"""`split-leak`: the same or nearly the same image is in two splits."""

from collections import Counter
from collections.abc import Iterator

from labelfix.check.rules.contradictions import Aspect, contradictions
from labelfix.check.rules.rule import Inspection, Rule
from labelfix.check.verdict import Finding
from labelfix.judging.batch import Batch
from labelfix.options.rule_options import ERROR

TRAIN = ("train", "training")
"""Splits that keep an image which others have too, however few rows they have."""


def find(inspection: Inspection) -> Iterator[Finding]:
    """A finding for each copy outside the split that keeps the image."""
    known = inspection.batch.reference
    splits = Aspect(
        what="split",
        of_rows=inspection.batch.splits or (),
        of_reference=known.splits if known else None,
    )
    if not splits.of_rows:
        return
    sizes = splits.counts(range(len(splits.of_rows)))
    for group in inspection.copy_groups:
        to_keep = _split_to_keep(splits.counts(group.rows), sizes)
        yield from contradictions(inspection, RULE, group, splits, to_keep)


def _split_to_keep(present: Counter[str], sizes: Counter[str]) -> str:
    """The split that keeps a group's image: the one for training, or else the largest."""
    return min(
        present,
        key=lambda split: (split.strip().casefold() not in TRAIN, -sizes[split], split),
        default="",
    )


def _has_splits(batch: Batch) -> bool:
    return batch.splits is not None


RULE = Rule(
    name="split-leak",
    level=ERROR,
    summary="the same or nearly the same image is in two splits",
    advice="Keep the image in one split only.",
    find=find,
    applies=_has_splits,
    explanation="""
        The same image, or nearly the same one by --near-duplicate, is in two splits, such as
        train and test. A model is then tested on images that it was trained on, and its test
        results are too good.

        The split is read from the column that --split-column names, or from one called split or
        subset; without such a column there are no findings. Images of one patient, place or film
        leak as well, but are found only if they look nearly the same.

        Findings stand at the rows outside the split called train or, if there is none, outside
        the largest. Keep the image in one split only. A --near-duplicate closer to 1 finds closer
        copies only.
    """,
)
