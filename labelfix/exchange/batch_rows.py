"""The rows of a judged batch as they go out."""

import math
from collections.abc import Sequence
from typing import Any

from labelfix.data.corrections import KEEP, VERIFIED
from labelfix.data.share_text import estimate
from labelfix.exchange.rows import Candidate, ExportedRow, ExportedRows, row_ids
from labelfix.judging.batch import Batch
from labelfix.review.question_choice import candidates_of

SETTLED = (KEEP, VERIFIED)
"""The actions of rows that need no work."""


def rows_of(batch: Batch, *, has_file_hashes: bool = True) -> ExportedRows:
    """Every row of a batch.

    Args:
        batch: judged alone.
        has_file_hashes: whether the batch's content hashes are those of image files; those of
            given vectors are left out.
    """
    hashes: Sequence[str] = batch.images.content_hashes if has_file_hashes else ()
    found = batch.corrections
    ids = row_ids(batch.manifest.images)
    written = batch.manifest.written_images()
    rows = []
    for row, image in enumerate(batch.manifest.images):
        position = int(batch.row_images[row])
        rows.append(
            ExportedRow(
                row_id=ids[row],
                image=image,
                written_image="" if written[row] == image else written[row],
                content_hash=hashes[position] if hashes and position >= 0 else "",
                given_label=_text(found.given_label[row]),
                label=_text(found.label[row]),
                confidence=_number(found.confidence[row]),
                self_confidence=_number(found.self_confidence[row]),
                suggested_label=_text(found.suggested_label[row]),
                action=_text(found.action[row]),
                reason=_text(found.reason[row]),
                candidates=tuple(
                    Candidate(label=one.label, probability=_number(one.probability))
                    for one in candidates_of(found, row)
                ),
                split="" if batch.splits is None else batch.splits[row],
                annotator=""
                if batch.manifest.annotators is None
                else batch.manifest.annotators[row],
            )
        )
    share = found.wrong_share
    return ExportedRows(
        rows=rows,
        class_names=sorted(batch.support),
        folder=batch.images.folder,
        has_splits=batch.splits is not None,
        noise="" if share is None else f"{estimate(share)}.",
        source=batch.manifest.source.path,
    )


def needs_work(row: ExportedRow) -> bool:
    """Whether a person should look at a row, or its label was changed."""
    return row.action not in SETTLED


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _number(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)
