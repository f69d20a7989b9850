"""Copies of an image that contradict each other: in their labels, or in their splits."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from labelfix.check.message_text import listed, shown
from labelfix.check.rules.copies import Copy, CopyGroup
from labelfix.check.rules.rule import Inspection, Rule
from labelfix.check.verdict import Finding
from labelfix.data import names

MOST_NAMED = 5
"""Other images that a finding names; the message says how many more there are."""


@dataclass(frozen=True, kw_only=True)
class Aspect:
    """In what copies are compared: their labels or their splits.

    Attributes:
        what: `label` or `split`.
        of_rows: the value of each row; a blank one says nothing.
        of_reference: of each image of the reference; None where it is not known.
        is_fixable: whether a finding may suggest the value of a copy.
    """

    what: str
    of_rows: Sequence[str] = field(repr=False)
    of_reference: Sequence[str] | None = field(repr=False)
    is_fixable: bool = False

    def by_reference(self, image: int) -> str:
        """The value of an image of the reference; empty for -1."""
        value = "" if self.of_reference is None or image < 0 else self.of_reference[image]
        return value if value.strip() else ""

    def differs(self, row: int, own: str) -> bool:
        """Whether a row has another value than `own`."""
        return self.of_rows[row] != own and bool(self.of_rows[row].strip())

    def counts(self, rows: Iterable[int]) -> Counter[str]:
        """How many of some rows have each value."""
        return Counter(self.of_rows[row] for row in rows if self.of_rows[row].strip())

    def first_in_reference(self, group: CopyGroup) -> int:
        """The first copy in the reference that has a value; -1 for none."""
        found = (group.in_reference(row) for row in group.rows)
        return next((image for image in found if self.by_reference(image)), -1)


def contradictions(
    inspection: Inspection, rule: Rule, group: CopyGroup, aspect: Aspect, to_keep: str
) -> Iterator[Finding]:
    """A finding for each row of a group whose value is not the one to keep, or the reference's."""
    counts = aspect.counts(group.rows)
    first_known = aspect.first_in_reference(group)
    first_others: dict[str, list[int]] = {}
    for row in group.rows:
        own = aspect.of_rows[row]
        own_known = group.in_reference(row)
        known = own_known if aspect.by_reference(own_known) else first_known
        is_known_otherwise = aspect.by_reference(known) not in ("", own)
        if not own.strip() or (own == to_keep and not is_known_otherwise):
            continue
        if own not in first_others:
            differing = (each for each in group.rows if aspect.differs(each, own))
            first_others[own] = list(islice(differing, MOST_NAMED))
        others = [(aspect.of_rows[each], group.row(each, row)) for each in first_others[own]]
        if is_known_otherwise:
            others.insert(0, (aspect.by_reference(known), group.reference(known, row)))
        number = counts.total() - counts[own] + is_known_otherwise
        suggested = inspection.batch.corrections.suggested_label[row]
        is_of_copy = suggested in counts or suggested == aspect.by_reference(known)
        is_fix = aspect.is_fixable and suggested != own and is_of_copy
        named = others[:MOST_NAMED]
        yield inspection.at_row(
            rule,
            row,
            _message(aspect, own, named, number),
            suggested_label=suggested if is_fix else None,
            related=names_of(copy for _, copy in named),
        )


def _message(aspect: Aspect, own: str, others: Sequence[tuple[str, Copy]], number: int) -> str:
    """What is contradicted; `others` are the first of a number of copies that do so."""
    nearly = "" if all(copy.is_exact for _, copy in others) else "nearly "
    where = listed([f"{shown(value)} in {copy}" for value, copy in others], number)
    return (
        f"{aspect.what} {shown(own)}, but {nearly}the same image has another {aspect.what}: {where}"
    )


def names_of(copies: Iterable[Copy]) -> tuple[str, ...]:
    """The names of other images, each once."""
    return tuple(dict.fromkeys(names.to_text(copy.name) for copy in copies if copy.name))
