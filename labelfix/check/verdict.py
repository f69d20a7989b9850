"""What `check` finds, and its verdict: whether the batch passes."""

from collections import Counter
from dataclasses import dataclass, field

from labelfix.data import records
from labelfix.data.shares import WrongShare
from labelfix.noise.encoder_strength import EncoderStrength
from labelfix.noise.outlook import Outlook

IMAGE_MARK = "image:"
"""The prefix of the name that identifies an image without bytes."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding.

    Attributes:
        rule: the name of a rule in `rules.registry.RULES`.
        level: `error` or `warning`.
        message: one sentence for a person, without rule and image.
        image: the image's name, relative to the image folder, as `names.to_text` writes it; empty
            for a finding about a class or an annotator.
        row: the manifest's row, counted from 1 after the header; None if it is about no row.
        line: the line of the manifest's text on which that row begins; None for a manifest
            without lines, such as Parquet, or a folder of classes.
        given_label: the given label, or the class that the finding is about; empty for none.
        suggested_label: the fix, what to write instead; None for no suggestion.
        confidence: the probability in [0, 1] that the given label is wrong; None for a finding
            about something else.
        content_hash: sha256 of the image file's bytes; empty where there are none.
        related: the other images of the finding, named as `image` is.
        second_label: the next likeliest label; None for a finding about something else.
        second_confidence: its probability in [0, 1].
        subject: the annotator's name for a finding about an annotator; else empty.
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
        """Rule, content and label, which identify a finding wherever its row stands.

        The name of an image without bytes stands for its content.
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
    """A threshold that the batch exceeds.

    Attributes:
        threshold: the option that sets it, for example `--max-wrong-rate`.
        message: what was found and what is allowed, in one sentence.
    """

    threshold: str
    message: str


@dataclass(frozen=True, kw_only=True)
class StaleEntry:
    """An entry of the baseline that no finding matches, or that has expired.

    Attributes:
        rule, label: of the entry.
        image: its name; the entry's subject if it is about no image.
        why: `fixed` (no longer found), `gone` (its image is not in the batch) or `expired`.
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
        is_folder: whether there is no manifest, so that findings stand at images.
        rows: how many rows there are.
        rows_checked: how many rows have a label that was judged.
        findings: the new ones, in the order of their rows, then of their rules.
        known: how many more are in the baseline.
        stale: entries of the baseline that a person should review.
        wrong_share: the share of wrong labels without those in the baseline; None where no row
            was judged.
        wrong_share_of_class: the same by the given label.
        exceeded: the thresholds that the batch exceeds; empty where it passes.
        all_right, outlook, audited, encoder: as in `BatchNoise`.
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
    encoder: EncoderStrength | None = None

    @property
    def passed(self) -> bool:
        """Whether the batch exceeds no threshold."""
        return not self.exceeded

    @property
    def counts(self) -> Counter[str]:
        """How many findings each rule has."""
        return Counter(finding.rule for finding in self.findings)
