"""The same or nearly the same image: with two labels, in two splits, or simply twice.

A row has at most one finding of each rule, and one of being there twice only where it has no
graver one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from labelfix.check.finders.copies import find_copies
from labelfix.check.finders.copy_groups import Copy, CopyGroup, copy_groups
from labelfix.check.finders.finding_maker import MOST_NAMED, FindingMaker
from labelfix.check.finding import Finding
from labelfix.check.wording import listed, shown
from labelfix.data import names

CONFLICT = "conflicting-duplicate"
NEAR = "near-duplicate"
LEAK = "split-leak"

TRAIN = ("train", "training")
"""Splits that keep an image which others have too, however few rows they have."""


@dataclass(frozen=True)
class _Said:
    """What rows, and images of the reference, say in one respect: their labels or their splits.

    Attributes:
        rule: that is broken where copies say different things.
        what: `label` or `split`.
        of_rows: by row; a blank one says nothing.
        of_reference: by image; None where nobody tells.
    """

    rule: str
    what: str
    of_rows: Sequence[str] = field(repr=False)
    of_reference: Sequence[str] | None = field(repr=False)

    def by_reference(self, image: int) -> str:
        """What an image of the reference says; empty for -1."""
        said = "" if self.of_reference is None or image < 0 else self.of_reference[image]
        return said if said.strip() else ""

    def differs(self, row: int, own: str) -> bool:
        """Whether a row says something, and something else."""
        return self.of_rows[row] != own and bool(self.of_rows[row].strip())

    def counts(self, rows: Sequence[int]) -> Counter[str]:
        """How many of some rows say what."""
        return Counter(self.of_rows[row] for row in rows if self.of_rows[row].strip())


def duplicate_findings(maker: FindingMaker) -> Iterator[Finding]:
    """The findings about images that are there more than once, in the batch or in the reference."""
    if not maker.wants(CONFLICT, NEAR, LEAK):
        return
    batch, known = maker.batch, maker.batch.reference
    labels = _Said(CONFLICT, "label", batch.manifest.given_labels, known.labels if known else None)
    splits = _Said(LEAK, "split", batch.splits or (), known.splits if known else None)
    split_sizes = splits.counts(range(len(splits.of_rows)))
    copies = find_copies(batch, maker.options.near_duplicate)
    for group in copy_groups(batch, copies):
        graver: list[Finding] = []
        if maker.wants(CONFLICT):
            graver += _contradictions(maker, group, labels, _label_to_keep(group, labels))
        if maker.wants(LEAK) and splits.of_rows:
            to_keep = _split_to_keep(splits.counts(group.rows), split_sizes)
            graver += _contradictions(maker, group, splits, to_keep)
        yield from graver
        if maker.wants(NEAR):
            yield from _repetitions(maker, group, {finding.row for finding in graver})


def _label_to_keep(group: CopyGroup, labels: _Said) -> str:
    """The label that others of a group contradict: the reference's, or else the commonest.

    Empty where two are as common: then all of them are in doubt.
    """
    known = _first_in_reference(group, labels)
    if known >= 0:
        return labels.by_reference(known)
    ranked = labels.counts(group.rows).most_common(2)
    is_tie = len(ranked) == 2 and ranked[0][1] == ranked[1][1]
    return "" if is_tie or not ranked else ranked[0][0]


def _split_to_keep(present: Counter[str], sizes: Counter[str]) -> str:
    """The split that the image of a group is left to: the one for training, or else the largest."""
    return min(
        present,
        key=lambda split: (split.strip().casefold() not in TRAIN, -sizes[split], split),
        default="",
    )


def _first_in_reference(group: CopyGroup, said: _Said) -> int:
    """The first copy in the reference that says something; -1 for none."""
    found = (group.in_reference(row) for row in group.rows)
    return next((image for image in found if said.by_reference(image)), -1)


def _contradictions(
    maker: FindingMaker, group: CopyGroup, said: _Said, to_keep: str
) -> Iterator[Finding]:
    """A finding for each row of a group that says something else than is kept, or the reference."""
    counts = said.counts(group.rows)
    first_known = _first_in_reference(group, said)
    first_others: dict[str, list[int]] = {}
    for row in group.rows:
        own = said.of_rows[row]
        own_known = group.in_reference(row)
        known = own_known if said.by_reference(own_known) else first_known
        is_known_otherwise = said.by_reference(known) not in ("", own)
        if not own.strip() or (own == to_keep and not is_known_otherwise):
            continue
        if own not in first_others:
            differing = (each for each in group.rows if said.differs(each, own))
            first_others[own] = list(islice(differing, MOST_NAMED))
        others = [(said.of_rows[each], group.row(each, row)) for each in first_others[own]]
        if is_known_otherwise:
            others.insert(0, (said.by_reference(known), group.reference(known, row)))
        number = counts.total() - counts[own] + is_known_otherwise
        suggested = maker.batch.corrections.suggested_label[row]
        is_of_copy = suggested in counts or suggested == said.by_reference(known)
        is_fix = said.rule == CONFLICT and suggested != own and is_of_copy
        fix = suggested if is_fix else None
        yield _contradiction(maker, said, row, others[:MOST_NAMED], number, fix)


def _contradiction(
    maker: FindingMaker,
    said: _Said,
    row: int,
    others: Sequence[tuple[str, Copy]],
    number: int,
    fix: str | None,
) -> Finding:
    """The finding about one row; `others` say otherwise, the first of a number of them."""
    is_same = all(copy.is_exact for _, copy in others)
    where = listed([f"{shown(value)} in {copy}" for value, copy in others], number)
    return maker.at_row(
        said.rule,
        row,
        f"{said.what} {shown(said.of_rows[row])}, but {'' if is_same else 'nearly '}the same "
        f"image has another {said.what}: {where}",
        suggested_label=fix,
        related=_names(copy for _, copy in others),
    )


def _repetitions(
    maker: FindingMaker, group: CopyGroup, graver: set[int | None]
) -> Iterator[Finding]:
    """A finding for each row after the first of a group, and for each with a copy in the reference.

    Args:
        maker: of findings.
        group: of copies.
        graver: the numbers of rows that have a finding already; they count for nothing here.
    """
    batch = maker.batch
    first_of: dict[str, int] = {}  # by content
    for row in group.rows:
        if batch.manifest.row_number(row) in graver:
            continue
        content = batch.images.content_hashes[batch.row_images[row]]
        first = next(iter(first_of.values()), row)
        before = first_of.setdefault(content or batch.manifest.images[row], row)
        known = group.in_reference(row)
        if known >= 0:
            copy = group.reference(known, row)
        elif first != row:
            copy = group.row(before if before != row else first, row)
        else:
            continue
        yield maker.at_row(
            NEAR,
            row,
            f"{'' if copy.is_exact else 'nearly '}the same image as in {copy}",
            related=_names([copy]),
        )


def _names(copies: Iterator[Copy] | Sequence[Copy]) -> tuple[str, ...]:
    """The names of other images, each once."""
    return tuple(dict.fromkeys(names.to_text(copy.name) for copy in copies if copy.name))
