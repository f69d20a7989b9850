"""Labels proposed for the rows of a manifest, before they are a patch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from labelfix.data import names
from labelfix.data.answers import CANNOT_TELL, NO_CLASS
from labelfix.data.manifest import Manifest
from labelfix.errors import InputError
from labelfix.patches.evidence import evidence_of, labels_seen
from labelfix.patches.row_keys import pair_rows


class Proposal(NamedTuple):
    """A label for one row; a tuple, for there are millions of them.

    Attributes:
        row: of the manifest, from 0.
        seen: the label that was there when it was proposed.
        label: the proposed one; equal to `seen` where a person has kept it.
        who, when, why: the author, the time as ISO 8601 in UTC, the reason.
        confidence: the probability in [0, 1] that it is right, or None.
    """

    row: int
    seen: str
    label: str
    who: str
    when: str
    why: str
    confidence: float | None = None


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """What a source proposes.

    Attributes:
        proposals: of different rows.
        open_rows: rows that a person has to look at, with the reason.
        unmatched: rows or answers of the source that the manifest does not have.
    """

    proposals: list[Proposal] = field(repr=False)
    open_rows: dict[int, str] = field(default_factory=dict, repr=False)
    unmatched: int = 0


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who proposes what a file does not say it of.

    Attributes:
        who: None takes labelfix for its own corrections, and nobody for all else.
        when: ISO 8601 in UTC.
        why: None takes what the source says.
    """

    who: str | None
    when: str
    why: str | None

    def name(self, usual: str) -> str:
        """The author, or the usual one of the source."""
        return usual if self.who is None else self.who

    def reason(self, usual: str) -> str:
        """The reason, or the usual one of the source."""
        return usual if self.why is None else self.why


def proposals_of_table(opened: Manifest, other: Manifest, author: Author) -> Proposed:
    """Another table of the same rows: `fixed.csv`, or a manifest that a person has edited.

    Args:
        opened: the manifest to be patched.
        other: the other table; where labelfix wrote it, its evidence gives confidence and reason.
        author: of the changes.
    """
    paired = pair_rows(opened, other)
    known = evidence_of(other)
    before, after = opened.given_labels, other.given_labels
    seen = labels_seen(other)
    labels = set(before)
    proposals = []
    open_rows = {}
    for row, place in paired.pairs:
        if before[row] == after[place]:
            continue
        # A label that the manifest has nowhere was mapped to another spelling when it was read.
        if seen is not None and seen[place] != before[row] and seen[place] in labels:
            open_rows[row] = edited_since(seen[place])
            continue
        who, why, confidence = known(place)
        proposals.append(
            Proposal(
                row=row,
                seen=before[row],
                label=after[place],
                who=author.name(who),
                when=author.when,
                why=author.reason(why),
                confidence=confidence,
            )
        )
    return Proposed(proposals=proposals, open_rows=open_rows, unmatched=len(paired.only_new))


def edited_since(label: str) -> str:
    """Why a row is left to a person whose label was another one when it was judged."""
    return f"the label was {label!r} when it was decided"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a person says that an image shows.

    Attributes:
        image: as the manifest writes it.
        label: a class, or one of the answers that are none.
        seen: the label that was shown, or None where nobody noted it.
        row: its number in the manifest at that time, from 1, or None.
        who, when, why: the author, the time, the reason.
    """

    image: str
    label: str
    seen: str | None
    row: int | None
    who: str
    when: str
    why: str


def proposals_of_answers(opened: Manifest, answers: Iterable[Answer], source: str) -> Proposed:
    """Persons' answers about images: each holds for all rows of its image.

    Args:
        opened: the manifest to be patched.
        answers: of different images.
        source: the file, for errors.

    Raises:
        InputError: no answer is about an image of the manifest.
    """
    rows_of: dict[str, list[int]] = {}
    for row, image in enumerate(opened.written_images()):
        rows_of.setdefault(image, []).append(row)
    classes = set(opened.given_labels)
    special = {NO_CLASS, CANNOT_TELL} - classes
    proposals: list[Proposal] = []
    open_rows: dict[int, str] = {}
    unmatched = count = 0
    for count, answer in enumerate(answers, 1):  # noqa: B007
        rows = rows_of.get(answer.image)
        if rows is None:
            unmatched += 1
            continue
        folded = " ".join(answer.label.split()).casefold()
        if folded in special and answer.label not in classes:
            open_rows |= dict.fromkeys(rows, f"a person said: {folded}")
            continue
        for row in rows:
            now = opened.given_labels[row]
            if _has_changed(answer, row, rows, now):
                open_rows[row] = edited_since(answer.seen or "")
            else:
                proposals.append(_of_answer(answer, row, now))
    if unmatched and unmatched == count:
        raise InputError(
            f"{source}: expected answers about images of {opened.source.path}, for example "
            f"{names.to_text(opened.written_images()[0])!r}, found none among {count:,}",
            "Name the manifest that these answers are about.",
        )
    return Proposed(proposals=proposals, open_rows=open_rows, unmatched=unmatched)


def _has_changed(answer: Answer, row: int, rows: Sequence[int], now: str) -> bool:
    """Whether the row that was shown has another label by now; other rows were not shown."""
    was_shown = answer.row == row + 1 if len(rows) > 1 else True
    return answer.seen is not None and was_shown and now not in (answer.seen, answer.label)


def _of_answer(answer: Answer, row: int, now: str) -> Proposal:
    return Proposal(
        row=row,
        seen=now,
        label=answer.label,
        who=answer.who,
        when=answer.when,
        why=answer.why,
        confidence=1.0,
    )


def merged(parts: Sequence[Proposed]) -> Proposed:
    """What several sources propose; for a row the last one holds."""
    proposals: dict[int, Proposal] = {}
    open_rows: dict[int, str] = {}
    for part in parts:
        proposals.update((one.row, one) for one in part.proposals)
        for one in part.proposals:
            open_rows.pop(one.row, None)
        for row in part.open_rows:
            proposals.pop(row, None)
        open_rows |= part.open_rows
    return Proposed(
        proposals=[proposals[row] for row in sorted(proposals)],
        open_rows=dict(sorted(open_rows.items())),
        unmatched=sum(part.unmatched for part in parts),
    )


def name_of_source(path: Path) -> str:
    """A file for a reason's text."""
    return names.to_text(path.name)
