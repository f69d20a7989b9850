"""What a check comes to: the findings that are new, and whether the batch passes."""

from collections import Counter
from dataclasses import dataclass, field

from labelfix.check.finding import Finding
from labelfix.data.shares import WrongShare
from labelfix.noise.outlook import Outlook

FIXED = "fixed"
GONE = "gone"
EXPIRED = "expired"
"""Why an entry of the baseline is stale."""


@dataclass(frozen=True)
class Exceeded:
    """A threshold that the batch is over.

    Attributes:
        threshold: the option that sets it, for example `--max-wrong-rate`.
        message: what was allowed and what was found, in one sentence.
    """

    threshold: str
    message: str


@dataclass(frozen=True)
class StaleEntry:
    """An entry of the baseline that no finding matches, or whose day is over.

    Attributes:
        rule, label: as the entry has them.
        image: its name; whom the entry is about where that is no image.
        why: `fixed` (not found any more), `gone` (its image is not in the batch) or `expired`.
    """

    rule: str
    image: str
    label: str
    why: str


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check.

    Attributes:
        source: the manifest's path as the user gave it, or the image folder without one.
        folder: the image folder as the user gave it.
        is_folder: whether there is no manifest, so that images are the places of findings.
        rows: how many rows there are.
        rows_checked: whose label was judged.
        findings: that are new, in the order of their rows, then of their rules.
        known: how many more the baseline knows.
        stale: entries of the baseline that are to be looked at.
        wrong_share: the share of wrong labels, without those that the baseline knows; None where
            no row was judged.
        wrong_share_of_class: the same by the given label.
        exceeded: the thresholds that the batch is over; empty where it passes.
        all_right, outlook, audited: as `BatchNoise` has them.
    """

    source: str
    folder: str
    is_folder: bool
    rows: int
    rows_checked: int
    findings: tuple[Finding, ...] = field(repr=False)
    known: int = 0
    stale: tuple[StaleEntry, ...] = ()
    wrong_share: WrongShare | None = None
    wrong_share_of_class: dict[str, WrongShare] = field(default_factory=dict, repr=False)
    exceeded: tuple[Exceeded, ...] = ()
    all_right: float | None = None
    outlook: Outlook | None = None
    audited: int = 0

    @property
    def passed(self) -> bool:
        """Whether the batch is over no threshold."""
        return not self.exceeded

    @property
    def counts(self) -> Counter[str]:
        """How many findings each rule has."""
        return Counter(finding.rule for finding in self.findings)
