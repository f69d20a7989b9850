"""What `check` finds: a rule that a row, an image, a class or an annotator breaks."""

from dataclasses import dataclass

from labelfix.data import records

IMAGE_MARK = "image:"
"""Before the name by which an image without bytes is known."""


@dataclass(frozen=True)
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
