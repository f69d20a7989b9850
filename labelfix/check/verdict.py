"""What `check` finds, and its verdict: whether the batch passes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

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
        annotator: who gave the label of the finding's row; empty where nobody is named.
        split: of the finding's row, such as `train`; empty where it has none.
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
    annotator: str = ""
    split: str = ""

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


PASSED = "passed"
FAILED = "failed"
CANNOT_TELL = "cannot tell"
"""What a verdict comes to."""


@dataclass(frozen=True, kw_only=True)
class Undecided:
    """A threshold of which the batch does not say whether it is exceeded.

    Attributes:
        threshold: the option that sets it.
        message: what was estimated, and why that says nothing, in one sentence.
        needed: what would decide, in one phrase.
    """

    threshold: str
    message: str
    needed: str


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
class LabelCounts:
    """How many single labels are doubted.

    Attributes:
        wrong: findings of `wrong-label`: another label is suggested.
        doubtful: findings of `uncertain-label`: a person should look.
        for_review: rows that relabelling left to a person; they are among the two above.
    """

    wrong: int
    doubtful: int
    for_review: int

    @classmethod
    def of(cls, counts: Mapping[str, int], for_review: int) -> "LabelCounts":
        """From the number of findings of each rule."""
        return cls(
            wrong=counts.get("wrong-label", 0),
            doubtful=counts.get("uncertain-label", 0),
            for_review=for_review,
        )

    def as_json(self) -> dict[str, int]:
        """The counts as JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"Labels: {self.wrong:,} wrong, {self.doubtful:,} doubtful, "
            f"{self.for_review:,} for review."
        )


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
        for_review: how many rows relabelling left to a person, without those in the baseline.
        wrong_share: the share of wrong labels without those in the baseline; None where no row
            was judged.
        wrong_share_of_class: the same by the given label.
        exceeded: the thresholds that the batch exceeds; empty where it passes.
        undecided: the thresholds of which the batch says too little.
        allows_undecided: whether a batch that says too little passes.
        workspace: where the batch was learned from, if that is not the default.
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
    for_review: int = 0
    wrong_share: WrongShare | None = None
    wrong_share_of_class: dict[str, WrongShare] = field(default_factory=dict, repr=False)
    exceeded: tuple[Exceeded, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    allows_undecided: bool = False
    all_right: float | None = None
    outlook: Outlook | None = None
    audited: int = 0
    workspace: str = ""
    encoder: EncoderStrength | None = None

    @property
    def passed(self) -> bool:
        """Whether the batch exceeds no threshold, as far as one can tell."""
        return self.decision == PASSED

    @property
    def decision(self) -> str:
        """`passed`, `failed` or `cannot tell`."""
        if self.exceeded:
            return FAILED
        return CANNOT_TELL if self.undecided and not self.allows_undecided else PASSED

    @property
    def counts(self) -> Counter[str]:
        """How many findings each rule has."""
        return Counter(finding.rule for finding in self.findings)

    @property
    def labels(self) -> LabelCounts:
        """How many single labels are wrong, doubtful and for review."""
        return LabelCounts.of(self.counts, self.for_review)
