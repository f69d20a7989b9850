"""Rows that cannot be judged: without a label, without a file, or with one that is no image."""

from collections.abc import Iterator

import numpy as np

from labelfix.check.finders.finding_maker import FindingMaker
from labelfix.check.finders.row_files import is_missing
from labelfix.check.finding import Finding
from labelfix.check.wording import shown
from labelfix.data.corrections import NO_LABEL, PREDICT, QUARANTINED, VERIFIED

MISSING_LABEL = "missing-label"
MISSING_FILE = "missing-file"
UNREADABLE = "unreadable"

NO_FILE = frozenset({"file does not exist", "symlink to a file that does not exist"})
"""What reading says of a file that is not there."""


def row_findings(maker: FindingMaker) -> Iterator[Finding]:
    """The findings about rows that lack what it takes to judge them."""
    corrections = maker.batch.corrections
    if maker.wants(MISSING_LABEL):
        for row, label in enumerate(corrections.given_label):
            if not str(label).strip():
                yield _missing_label(maker, row)
    if not maker.wants(MISSING_FILE, UNREADABLE):
        return
    # A verified row keeps no reason why its image could not be used.
    verified = (corrections.action == VERIFIED) & (maker.batch.row_images < 0)
    for row in np.flatnonzero((corrections.action == QUARANTINED) | verified).tolist():
        rule, message = _why_unused(maker, row, corrections.reason[row])
        if rule and maker.wants(rule):
            yield maker.at_row(rule, row, message)


def _missing_label(maker: FindingMaker, row: int) -> Finding:
    corrections = maker.batch.corrections
    message, suggested = "the row has no label", None
    if corrections.action[row] == PREDICT:
        suggested = corrections.suggested_label[row]
        message += f"; looks like {shown(suggested)} ({corrections.confidence[row]:.3f})"
    elif corrections.action[row] == VERIFIED:
        suggested = corrections.label[row]
        message += f"; a person says {shown(suggested)}"
    return maker.at_row(MISSING_LABEL, row, message, suggested_label=suggested)


def _why_unused(maker: FindingMaker, row: int, reason: str) -> tuple[str, str]:
    """The rule that an unused row breaks besides having no label, and the message; or nothing."""
    if reason in (NO_LABEL, ""):
        image = maker.batch.manifest.images[row]
        if is_missing(maker.batch.images.folder, image):
            reason = "file does not exist"
        elif not str(maker.batch.corrections.given_label[row]).strip():
            return "", ""  # without a label its file was not looked at
    if reason in NO_FILE:
        return MISSING_FILE, reason
    return (
        UNREADABLE,
        f"the image cannot be used: {reason}" if reason else "the image cannot be used",
    )
