"""`missing-file`: the manifest names an image that does not exist."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from labelfix.check.rules.rule import MAX_UNREADABLE, Inspection, Rule
from labelfix.check.verdict import Finding
from labelfix.data.corrections import NO_LABEL, QUARANTINED, VERIFIED
from labelfix.data.image_paths import path_inside
from labelfix.judging.batch import Batch
from labelfix.options.rule_options import ERROR

NO_FILE = frozenset({"file does not exist", "symlink to a file that does not exist"})
"""The reasons that reading an image gives where its file is missing."""


def find(inspection: Inspection) -> Iterator[Finding]:
    """A finding for each row whose image file is missing."""
    for row, reason in unused_images(inspection.batch):
        if reason in NO_FILE:
            yield inspection.at_row(RULE, row, reason)


def unused_images(batch: Batch) -> Iterator[tuple[int, str]]:
    """The rows whose image could not be used, each with the reason; empty if that is not known.

    A row without a label is no such row unless its file is missing: the image was not read.
    """
    corrections = batch.corrections
    # A verified row keeps no reason why its image could not be used.
    verified = (corrections.action == VERIFIED) & (batch.row_images < 0)
    for row in np.flatnonzero((corrections.action == QUARANTINED) | verified).tolist():
        reason = corrections.reason[row]
        if reason in (NO_LABEL, ""):
            if is_missing(batch.images.folder, batch.manifest.images[row]):
                reason = "file does not exist"
            elif not str(corrections.given_label[row]).strip():
                continue
        yield row, reason


def is_missing(folder: Path | None, image: str) -> bool:
    """Whether a file does not exist; False where the folder is unknown or gone."""
    if folder is None or not folder.is_dir():
        return False
    return path_inside(folder, image) is not None and not os.path.lexists(folder / image)


RULE = Rule(
    name="missing-file",
    level=ERROR,
    summary="the image file does not exist",
    advice="Fix the name in the manifest, or add the file.",
    find=find,
    counted_by=MAX_UNREADABLE,
    explanation="""
        The manifest names a file that is not in the image folder. The row was not judged.

        If all rows have the finding, the names are relative to another folder, or the image
        column is the wrong one: name it with --image-column. On most systems names are case
        sensitive, and the ending is part of the name.

        Fix the name, add the file, or remove the row. --max-unreadable 1% lets a batch pass with
        that share of rows whose image is unreadable or missing, and --max-findings no longer
        counts them.
    """,
)
