"""What a review reads of a workspace: the judged rows, their images, annotators, copies, rules."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelfix.check.rules.copies import copy_groups, find_copies
from labelfix.check.rules.registry import find
from labelfix.check.rules.rule import content_hash
from labelfix.data import manifest
from labelfix.data.corrections import QUARANTINED
from labelfix.data.label_classes import load_label_classes
from labelfix.data.workspace import Workspace
from labelfix.judging.batch import Batch
from labelfix.judging.own_batch import own_batch
from labelfix.options.rule_options import RuleOptions


@dataclass(frozen=True)
class AnnotatorLabel:
    """A label that somebody gave to an image; the name is empty where nobody is named."""

    annotator: str
    label: str


@dataclass(frozen=True)
class ReviewData:
    """R judged rows and what a person sees beside them.

    Attributes:
        batch: as relabel judged it.
        annotations: of each image that several rows are about, who said what.
        rules: which rules look at the rows, and from when on.
    """

    batch: Batch
    annotations: dict[str, tuple[AnnotatorLabel, ...]] = field(default_factory=dict, repr=False)
    rules: RuleOptions = field(default_factory=RuleOptions, repr=False)

    @cached_property
    def rows(self) -> npt.NDArray[np.int64]:
        """(n,) the first row of each image that was judged, in order."""
        judged = self.batch.corrections.action != QUARANTINED
        first: dict[str, int] = {}
        for row in np.flatnonzero(judged & (self.batch.row_images >= 0)).tolist():
            first.setdefault(self.batch.manifest.images[row], row)
        return np.array(sorted(first.values()), dtype=np.int64)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The row of each image in `rows`."""
        return {self.batch.manifest.images[row]: row for row in self.rows.tolist()}

    @cached_property
    def wrong(self) -> npt.NDArray[np.float64]:
        """(R,) the probability that the label as it is now is wrong; 1 where it is unknown."""
        confidence = self.batch.corrections.confidence
        return np.where(np.isnan(confidence), 1.0, 1.0 - confidence)

    @cached_property
    def copies(self) -> dict[int, tuple[int, ...]]:
        """The rows, in order, that show nearly the same image as a row, itself among them."""
        found = find_copies(self.batch, self.rules.near_duplicate)
        groups = [tuple(group.rows) for group in copy_groups(self.batch, found)]
        return {row: group for group in groups if len(group) > 1 for row in group}

    @cached_property
    def rules_of(self) -> dict[int, tuple[str, ...]]:
        """The names of the rules that each row breaks."""
        names: dict[int, dict[str, None]] = {}
        for finding in find(self.batch, self.rules):
            if finding.row is not None:
                row = self.batch.position(finding.row)
                names.setdefault(row, {})[finding.rule] = None
        return {row: tuple(of_row) for row, of_row in names.items()}

    def hash_of(self, row: int) -> str:
        """The sha256 of the bytes of a row's image file; "" where it cannot be read."""
        image = int(self.batch.row_images[row])
        if image >= 0 and self.batch.images.are_file_hashes:
            return self.batch.images.content_hashes[image]
        return content_hash(self.batch.images.folder, self.batch.manifest.images[row])

    def images(self) -> list[tuple[str, str]]:
        """Name and known content hash of each embedded image, as `used_decisions` takes them."""
        images = self.batch.images
        hashes = images.content_hashes if images.are_file_hashes else [""] * len(images)
        return list(zip(images.names, hashes, strict=True))

    def annotators_of(self, row: int) -> tuple[AnnotatorLabel, ...]:
        """Who gave a row's image which label; empty where nobody is named."""
        image = self.batch.manifest.images[row]
        if image in self.annotations:
            return self.annotations[image]
        named = self.batch.manifest.annotators
        if named is None or not named[row].strip():
            return ()
        return (AnnotatorLabel(named[row], str(self.batch.corrections.given_label[row])),)


def load_review(
    workspace: Workspace, moved_to: Path | None = None, rules: RuleOptions | None = None
) -> ReviewData:
    """What a review reads of a workspace in which all stages ran.

    Args:
        workspace: only read.
        moved_to: where the image folder is now; None takes the one that the workspace recorded.
        rules: the options of the rules; None takes their defaults.

    Raises:
        InputError: the image folder does not exist.
        MissingStageError: the labels were not judged, or have changed since.
    """
    rules = rules or RuleOptions()
    return ReviewData(
        own_batch(workspace, rules.split_column, moved_to=moved_to),
        _annotations(workspace),
        rules,
    )


def _annotations(workspace: Workspace) -> dict[str, tuple[AnnotatorLabel, ...]]:
    """The labels of each image that has several rows, where annotators are named."""
    rows = manifest.load_manifest(workspace.manifest)
    if rows.annotators is None:
        return {}
    classes = load_label_classes(workspace.label_classes)
    found: dict[str, list[AnnotatorLabel]] = {}
    for image, annotator, label in zip(
        rows.images, rows.annotators, rows.given_labels, strict=True
    ):
        if label.strip():
            found.setdefault(image, []).append(AnnotatorLabel(annotator, classes.of(label)))
    return {image: tuple(labels) for image, labels in found.items() if len(labels) > 1}
