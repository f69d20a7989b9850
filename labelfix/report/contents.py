"""The contents of a report."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from labelfix.check.history import PastCheck
from labelfix.check.verdict import Finding, LabelCounts, Verdict
from labelfix.data.corrections import REVIEW
from labelfix.data.shares import WrongShare
from labelfix.judging.batch import Batch
from labelfix.noise.outlook import notes
from labelfix.options.review_options import ReportOptions
from labelfix.scoring.truth_table import Truth


@dataclass(frozen=True, kw_only=True)
class ReportContents:
    """A batch and its findings.

    Attributes:
        batch: R rows and their images.
        findings: shown on the page.
        verdict: whether the batch passes; None where that was not asked.
        truth: the true labels of some rows; None where they are unknown.
        options: how much is shown.
        history: checks up to this one, the oldest first.
    """

    batch: Batch
    findings: Sequence[Finding] = field(repr=False)
    verdict: Verdict | None = None
    truth: Truth | None = None
    options: ReportOptions = field(default_factory=ReportOptions)
    history: Sequence[PastCheck] = ()

    @property
    def source(self) -> str:
        """The manifest's path as the user gave it, or the image folder without one."""
        return self.verdict.source if self.verdict else self.batch.manifest.source.path

    @property
    def rows_judged(self) -> int:
        """How many given labels were judged."""
        if self.verdict:
            return self.verdict.rows_checked
        return int(np.sum(~np.isnan(self.batch.corrections.self_confidence)))

    @property
    def wrong_share(self) -> WrongShare | None:
        """The share of wrong labels among judged rows; the verdict's, if there is one."""
        return self.verdict.wrong_share if self.verdict else self.batch.noise.overall

    @property
    def wrong_share_of_class(self) -> dict[str, WrongShare]:
        """The share of wrong labels by given label."""
        own = self.batch.noise.of_class
        return self.verdict.wrong_share_of_class or own if self.verdict else own

    @property
    def labels(self) -> LabelCounts:
        """How many single labels are wrong, doubtful and for review."""
        counts = Counter(finding.rule for finding in self.findings)
        return LabelCounts.of(counts, self.batch.corrections.count(REVIEW))

    @property
    def notes(self) -> list[str]:
        """Sentences on the estimated share of wrong labels."""
        noise = self.batch.noise
        where = self.verdict.workspace if self.verdict else ""
        if noise.overall is None:
            return []
        return notes(noise.all_right, noise.outlook, noise.audited, noise.encoder, where)

    @property
    def weak_encoder(self) -> str:
        """The warning about a weak encoder, one of the notes; empty for a good one."""
        noise = self.batch.noise
        return "" if noise.encoder is None or noise.overall is None else noise.encoder.warning()
