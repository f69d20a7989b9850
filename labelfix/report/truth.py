"""A batch and its findings against the true labels of some of its images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelfix.check.finding import Finding
from labelfix.judging.batch import Batch
from labelfix.scoring.score import Score, ScoredRows, has_text, score_rows
from labelfix.scoring.truth import Truth


@dataclass(frozen=True)
class TruthFigures:
    """How labels and findings do against the truth.

    Attributes:
        score: of the rows with a given and a true label.
        named: how many `wrong-label` findings are of these rows.
        found: how many of the rows that are named have in fact a wrong label.
    """

    score: Score
    named: int
    found: int


def against_truth(batch: Batch, findings: Sequence[Finding], truth: Truth) -> TruthFigures | None:
    """Compare the rows of a batch with the truth; None where no row has both labels.

    Args:
        batch: R rows.
        findings: of the batch.
        truth: by image name; rows without a given or a true label are passed over.
    """
    corrections = batch.corrections
    true = np.array([truth.labels.get(image, "") for image in batch.manifest.images], dtype=object)
    score = score_rows(
        ScoredRows(
            label=corrections.label,
            given_label=corrections.given_label,
            true_label=true,
            confidence=corrections.confidence,
            self_confidence=corrections.self_confidence,
            review_rank=corrections.review_rank,
        )
    )
    if score is None:
        return None
    known = has_text(true) & has_text(corrections.given_label)
    rows_named = (
        batch.position(finding.row)
        for finding in findings
        if finding.rule == "wrong-label" and finding.row is not None
    )
    named = [row for row in rows_named if known[row]]
    found = sum(bool(corrections.given_label[row] != true[row]) for row in named)
    return TruthFigures(score, named=len(named), found=found)
