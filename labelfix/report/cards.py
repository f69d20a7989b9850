"""Findings about images, the likeliest first, each with the images that support it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from labelfix.check.verdict import Finding
from labelfix.data import names
from labelfix.judging.batch import Batch, KnownImages
from labelfix.options.rule_options import ERROR
from labelfix.report.contents import ReportContents
from labelfix.report.decision_data import decision_facts

SHORT_LABEL = 5

COPIES = ("near-duplicate", "split-leak")
"""Rules about copies alone; a copy with another label is a question about labels, too."""


@dataclass(frozen=True, order=True)
class ImageKey:
    """An image of the batch or of the reference, by its position there."""

    is_reference: bool
    index: int


@dataclass(frozen=True, kw_only=True)
class Peer:
    """An image beside that of a finding: a neighbour or a related image.

    Attributes:
        key: which one.
        name: as `names.to_text` writes it.
        label: its given label.
        similarity: cosine similarity; None where it is unknown.
        has_suggested_label: whether its label is the suggested one.
        has_given_label: whether its label is the given one.
    """

    key: ImageKey
    name: str
    label: str
    similarity: float | None
    has_suggested_label: bool
    has_given_label: bool


@dataclass(frozen=True, kw_only=True)
class Card:
    """One finding about an image.

    Attributes:
        finding: the finding.
        key: its image; None where that is unreadable.
        reason: why it is unreadable; else empty.
        annotator: who gave the label; empty where that is unknown.
        true_label: empty where it is unknown.
        peers: images beside it, the nearest first.
        are_neighbours: whether the peers are its nearest images, not its related ones.
        votes: (label, how many of its K nearest images have it), the commonest first.
        neighbours: K.
        text: the likeliest class by class names alone, and its probability; None without
            embedded class names.
    """

    finding: Finding
    key: ImageKey | None
    reason: str
    annotator: str
    true_label: str
    peers: Sequence[Peer] = field(repr=False)
    are_neighbours: bool
    votes: Sequence[tuple[str, int]]
    neighbours: int
    text: tuple[str, float] | None = None

    @property
    def has_long_labels(self) -> bool:
        """Whether the peers' labels or names need room below their images."""
        return any(len(peer.label) > SHORT_LABEL for peer in self.peers) or not self.are_neighbours

    @property
    def facts(self) -> dict[str, Any]:
        """What a decision about it is made of."""
        finding = self.finding
        suggested = [finding.suggested_label]
        return decision_facts(finding.image, finding.given_label, suggested, row=finding.row)

    @property
    def pair(self) -> tuple[str, str | None]:
        """The given label and the suggested one."""
        return self.finding.given_label, self.finding.suggested_label


class CardMaker:
    """Makes cards of one batch, one at a time."""

    def __init__(self, contents: ReportContents) -> None:
        batch = contents.batch
        self._batch = batch
        self._truth = contents.truth.labels if contents.truth is not None else {}
        self._most_peers = contents.options.most_neighbours
        self._known, self._nearest = batch.judges
        self._position = image_positions(batch)

    def make(self, finding: Finding) -> Card:
        """The card of a finding about an image."""
        key = self._image_of(finding)
        peers = [self._related(finding, name) for name in finding.related]
        shown = [peer for peer in peers if peer is not None][: self._most_peers]
        nearest = list(self._neighbours(key)) if key is not None and not shown else []
        votes = Counter(self._known.labels[index] for index, _ in nearest)
        row = None if finding.row is None else self._batch.position(finding.row)
        annotators = self._batch.manifest.annotators
        return Card(
            finding=finding,
            key=key,
            reason="" if key is not None or row is None else self._why_unread(row),
            annotator="" if annotators is None or row is None else annotators[row],
            true_label=self._truth.get(names.from_text(finding.image), ""),
            peers=shown or [self._neighbour(finding, *one) for one in nearest[: self._most_peers]],
            are_neighbours=not shown,
            votes=sorted(votes.items(), key=lambda vote: (-vote[1], vote[0])),
            neighbours=len(nearest),
            text=None if row is None else self._text_of(row),
        )

    def _text_of(self, row: int) -> tuple[str, float] | None:
        corrections = self._batch.corrections
        if corrections.text_label is None or corrections.text_confidence is None:
            return None
        label = corrections.text_label[row]
        return None if label is None else (label, float(corrections.text_confidence[row]))

    def _image_of(self, finding: Finding) -> ImageKey | None:
        if finding.row is not None:
            index = int(self._batch.row_images[self._batch.position(finding.row)])
            if index >= 0:
                return ImageKey(False, index)
        key = self._position.get(finding.image)
        return key if key is not None and not key.is_reference else None

    def _why_unread(self, row: int) -> str:
        return str(self._batch.corrections.reason[row] or "")

    def _neighbours(self, key: ImageKey) -> Iterator[tuple[int, float]]:
        """The position and the similarity of each nearest image."""
        indices = self._nearest.indices[key.index].tolist()
        similarities = self._nearest.similarities[key.index].tolist()
        for index, similarity in zip(indices, similarities, strict=True):
            if index >= 0:  # a search engine writes a negative index for none
                yield index, similarity

    def _neighbour(self, finding: Finding, index: int, similarity: float) -> Peer:
        key = ImageKey(self._known is self._batch.reference, index)
        return self._peer(finding, key, self._known, similarity)

    def _related(self, finding: Finding, name: str) -> Peer | None:
        key = self._position.get(name)
        if key is None:
            return None
        reference = self._batch.reference
        images = reference if key.is_reference and reference is not None else self._batch.images
        return self._peer(finding, key, images, None)

    def _peer(
        self, finding: Finding, key: ImageKey, images: KnownImages, similarity: float | None
    ) -> Peer:
        label = images.labels[key.index]
        return Peer(
            key=key,
            name=names.to_text(images.names[key.index]),
            label=label,
            similarity=similarity,
            has_suggested_label=bool(label) and label == finding.suggested_label,
            has_given_label=bool(label) and label == finding.given_label,
        )


def image_positions(batch: Batch) -> dict[str, ImageKey]:
    """Each image by its name as text; one of the batch before one of the reference."""
    return {
        names.to_text(name): ImageKey(is_reference, index)
        for is_reference, images in ((True, batch.reference), (False, batch.images))
        for index, name in enumerate(images.names if images is not None else ())
    }


def make_cards(contents: ReportContents) -> list[Card]:
    """The cards of all findings that have one, the likeliest first."""
    maker = CardMaker(contents)
    return [maker.make(finding) for finding in shown_findings(contents)]


def shown_findings(contents: ReportContents) -> list[Finding]:
    """The findings that get a card, the likeliest first, up to the limit of the options.

    Findings that only say that an image has copies stand among the groups of copies.
    """
    about_images = [
        finding
        for finding in contents.findings
        if finding.image and not (finding.rule in COPIES and finding.related)
    ]
    return likeliest_first(about_images)[: contents.options.most_cards]


def likeliest_first(findings: Sequence[Finding]) -> list[Finding]:
    """Findings by confidence, then those without one: errors before warnings, then by row."""
    return sorted(
        findings,
        key=lambda one: (
            -1.0 if one.confidence is None else -one.confidence - 1,
            one.level != ERROR,
            one.row or 0,
            one.rule,
        ),
    )


def ranks_of(labels: Sequence[str]) -> dict[str, int]:
    """The place of each label in alphabetical order."""
    return {label: place for place, label in enumerate(sorted(set(labels)))}
