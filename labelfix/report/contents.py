"""What the page is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from labelfix.check.finding import Finding
from labelfix.check.verdict import Verdict
from labelfix.check_config import ReportOptions
from labelfix.data.shares import WrongShare
from labelfix.judging.batch import Batch
from labelfix.noise.outlook import notes
from labelfix.scoring.truth import Truth


@dataclass(frozen=True)
class ReportContents:
    """A batch and what was found in it.

    Attributes:
        batch: R rows and their images.
        findings: that the page shows.
        verdict: whether the batch passes; None where nobody asked.
        truth: the true labels of some rows; None where nobody knows them.
        options: how much is shown.
    """

    batch: Batch
    findings: Sequence[Finding] = field(repr=False)
    verdict: Verdict | None = None
    truth: Truth | None = None
    options: ReportOptions = field(default_factory=ReportOptions)

    @property
    def source(self) -> str:
        """The manifest's path as the user gave it, or the image folder without one."""
        return self.verdict.source if self.verdict else self.batch.manifest.source.path

    @property
    def rows_judged(self) -> int:
        """Rows whose given label was judged."""
        if self.verdict:
            return self.verdict.rows_checked
        return int(np.sum(~np.isnan(self.batch.corrections.self_confidence)))

    @property
    def wrong_share(self) -> WrongShare | None:
        """Of all rows that were judged; the verdict's, where there is one."""
        return self.verdict.wrong_share if self.verdict else self.batch.noise.overall

    @property
    def wrong_share_of_class(self) -> dict[str, WrongShare]:
        """The same by the given label."""
        own = self.batch.noise.of_class
        return self.verdict.wrong_share_of_class or own if self.verdict else own

    @property
    def notes(self) -> list[str]:
        """Sentences on the estimate of all rows' labels."""
        noise = self.batch.noise
        return [] if noise.overall is None else notes(noise.all_right, noise.outlook, noise.audited)
