"""Groups of images that are the same or nearly the same, from the findings about copies."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from labelfix.check.verdict import Finding
from labelfix.data import names
from labelfix.judging.batch import Batch
from labelfix.report.cards import COPIES, ImageKey, image_positions

RULES = ("conflicting-duplicate", *COPIES)


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One image of a group.

    Attributes:
        key: which one; None where it is unreadable.
        name: as `names.to_text` writes it.
        label: its given label.
        split: of its row; empty where that is unknown.
        row: the number of its row in the manifest; None for an image of the reference.
    """

    key: ImageKey | None
    name: str
    label: str
    split: str
    row: int | None


@dataclass(frozen=True, kw_only=True)
class DuplicateGroup:
    """Images that are copies of each other.

    Attributes:
        copies: in the order of their rows, those of the reference last.
        rules: of the findings about them, the gravest first.
        is_exact: whether all files have the same bytes.
    """

    copies: Sequence[Copy] = field(repr=False)
    rules: Sequence[str]
    is_exact: bool

    @property
    def labels(self) -> list[tuple[str, int]]:
        """The labels of the copies and how many have each, the commonest first."""
        counts = Counter(copy.label for copy in self.copies)
        return sorted(counts.items(), key=lambda one: (-one[1], one[0]))

    @property
    def key(self) -> None:
        """A group has no image of its own."""
        return None

    @property
    def peers(self) -> Sequence[Copy]:
        """The images to show."""
        return [copy for copy in self.copies if copy.key is not None]


def group_duplicates(batch: Batch, findings: Iterable[Finding]) -> list[DuplicateGroup]:
    """The groups of copies: those with several labels first, then the larger ones.

    Args:
        batch: of the findings.
        findings: those of other rules are passed over.
    """
    about_copies = [one for one in findings if one.rule in RULES and one.image and one.related]
    leader: dict[str, str] = {}

    def lead(name: str) -> str:
        leader.setdefault(name, name)
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for finding in about_copies:
        for other in finding.related:
            leader[lead(other)] = lead(finding.image)
    members: dict[str, list[str]] = {}
    for name in leader:
        members.setdefault(lead(name), []).append(name)
    rules: dict[str, set[str]] = {}
    for finding in about_copies:
        rules.setdefault(lead(finding.image), set()).add(finding.rule)
    copies = _copies_of(batch, set(leader))
    groups = [
        _group(batch, [copy for name in named for copy in copies[name]], rules[first])
        for first, named in members.items()
    ]
    return sorted(
        groups,
        key=lambda one: (
            RULES[0] not in one.rules,
            -len(one.copies),
            one.copies[0].row or 0,
            one.copies[0].name,
        ),
    )


def _copies_of(batch: Batch, wanted: set[str]) -> dict[str, list[Copy]]:
    """The rows of each image, or its place in the reference."""
    found: dict[str, list[Copy]] = {name: [] for name in wanted}
    positions = image_positions(batch)
    for row, image in enumerate(batch.manifest.images):
        name = names.to_text(image)
        if name in found:
            index = int(batch.row_images[row])
            found[name].append(
                Copy(
                    key=ImageKey(False, index) if index >= 0 else None,
                    name=name,
                    label=batch.manifest.given_labels[row],
                    split="" if batch.splits is None else batch.splits[row],
                    row=batch.manifest.row_number(row),
                )
            )
    for name, copies in found.items():
        key = positions.get(name)
        if not copies:
            known = batch.reference
            label = known.labels[key.index] if key is not None and known is not None else ""
            copies.append(Copy(key=key, name=name, label=label, split="", row=None))
    return found


def _group(batch: Batch, copies: Sequence[Copy], rules: set[str]) -> DuplicateGroup:
    ordered = sorted(copies, key=lambda copy: (copy.row is None, copy.row or 0, copy.name))
    hashes = {_content(batch, copy.key) for copy in ordered}
    return DuplicateGroup(
        copies=ordered,
        rules=[rule for rule in RULES if rule in rules],
        is_exact=len(hashes) == 1 and "" not in hashes,
    )


def _content(batch: Batch, key: ImageKey | None) -> str:
    if key is None:
        return ""
    images = batch.reference if key.is_reference else batch.images
    return "" if images is None else images.content_hashes[key.index]
