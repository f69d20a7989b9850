"""What `check` finds and what it comes to: findings, and whether the batch passes."""

from collections import Counter
from dataclasses import dataclass, field

from labelfix.data import records
from labelfix.data.shares import WrongShare
from labelfix.noise.outlook import Outlook

IMAGE_MARK = "image:"
"""Before the name by which an image without bytes is known."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding.

    Attributes:
        rule: the name of a rule in `rules.RULES`.
        level: `error` or `warning`.
        message: one sentence for a person, which repeats neither rule nor image.
        image: the image's name, relative to the image folder, as `names.to_text` gives it; empty
            where the finding is about a class or an annotator.
        row: the manifest's row, counted from 1 after the header; None where it is about none.
        line: the line of the manifest's text on which that row begins; None for a manifest that
            is no text, or for a folder of classes.
        given_label: the label as it stands, or that of the class that the finding is about;
            empty for none.
        suggested_label: what to write instead, the fix; None where nothing is to be suggested.
        confidence: the probability, in [0, 1], that the given label is wrong; None where the
            finding is about something else.
        content_hash: sha256 of the image file's bytes; empty where there are none.
        related: names of the other images that it is about, as `image`.
        second_label: the label that comes next; None where the finding is about something else.
        second_confidence: its probability, in [0, 1].
        subject: whom or what it is about where that is no image: an annotator's name; else empty.
    """

    rule: str
    level: str
    message: str
    image: str = ""
    row: int | None = None
    line: int | None = None
    given_label: str = ""
    suggested_label: str | None = None
    confidence: float | None = None
    content_hash: str = ""
    related: tuple[str, ...] = ()
    subject: str = ""
    second_label: str | None = None
    second_confidence: float | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Rule, content and label: what a finding is known by wherever its row stands.

        An image without bytes is known by its name instead.
        """
        content = self.content_hash or (f"{IMAGE_MARK}{self.image}" if self.image else self.subject)
        return self.rule, content, self.given_label

    @property
    def fingerprint(self) -> str:
        """The sha256 of the key."""
        return records.fingerprint(list(self.key))


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


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
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
