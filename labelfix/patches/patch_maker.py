"""A patch from what was proposed for a manifest's rows."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from labelfix.patches.change import Change, Origin, Patch
from labelfix.patches.label_cells import LabelCells
from labelfix.patches.patch_source import PatchSource
from labelfix.patches.proposals import Proposal, Proposed
from labelfix.patches.review_list import ReviewRow
from labelfix.patches.row_keys import KeyedRows, keyed_rows
from labelfix.patches.split_choice import SplitChoice
from labelfix.version import __version__


@dataclass(frozen=True, kw_only=True)
class MadePatch:
    """A patch, and what it leaves to a person.

    Attributes:
        patch: the changes.
        review: rows that were proposed to change and are not in the patch, and open questions.
        kept: proposals that keep the label.
        without_hash: changes of images whose content is unknown.
        unmatched: rows or answers of the sources that the manifest does not have.
        new_labels: labels of the patch that no row of the manifest has, sorted: new classes, or
            slips of a hand.
    """

    patch: Patch
    review: list[ReviewRow] = field(repr=False)
    kept: int
    without_hash: int
    unmatched: int
    new_labels: list[str]

    def splits(self) -> dict[str, int]:
        """How many changes each split has."""
        return dict(Counter(change.split for change in self.patch))


def make_patch(
    source: PatchSource,
    proposed: Proposed,
    choice: SplitChoice,
    *,
    least_confidence: float,
    when: str,
) -> MadePatch:
    """A patch of all proposals that may be made.

    Args:
        source: the manifest.
        proposed: for its rows.
        choice: the splits whose rows may be changed; others go to review.
        least_confidence: of a change; less sure ones go to review.
        when: the patch is made, ISO 8601 in UTC.
    """
    opened = source.opened
    keyed = keyed_rows(opened)
    changes: list[Change] = []
    review = [_open(source, keyed, row, why) for row, why in proposed.open_rows.items()]
    kept = 0
    for one in proposed.proposals:
        split = source.splits.of_rows[one.row]
        if one.label == one.seen:
            kept += 1
        elif not choice.takes(split):
            review.append(_held(source, keyed, one, f"its split {split!r} was not asked for"))
        elif one.confidence is not None and one.confidence < least_confidence:
            review.append(_held(source, keyed, one, f"less sure than {least_confidence:g}"))
        else:
            changes.append(_change(source, keyed, one))
    origin = Origin(
        manifest=Path(opened.source.path).name,
        sha256=source.sha256,
        rows_sha256=source.rows_sha256,
        label_column=opened.label_column,
        image_column=opened.image_column,
        made_at=when,
        made_by=f"labelfix {__version__}",
        splits=choice.only,
        all_splits=choice.everything,
    )
    return MadePatch(
        patch=Patch(origin, changes),
        review=sorted(review, key=lambda one: one.row),
        kept=kept,
        without_hash=sum(not change.content_hash for change in changes),
        unmatched=proposed.unmatched,
        new_labels=sorted({change.after for change in changes}.difference(opened.given_labels)),
    )


def _change(source: PatchSource, keyed: KeyedRows, one: Proposal) -> Change:
    key = keyed.keys[one.row]
    return Change(
        key=key,
        copies=keyed.copies_of(key),
        content_hash=source.contents.hash_of(key.image),
        row=one.row + 1,
        before=one.seen,
        after=one.label,
        who=one.who,
        when=one.when,
        why=one.why,
        confidence=one.confidence,
        split=source.splits.of_rows[one.row],
        cell=None if source.cells is None else _cell_to_keep(source.cells, one),
    )


def _cell_to_keep(cells: LabelCells, one: Proposal) -> str | None:
    """The cell as it is, where taking the change back by its label alone would write another."""
    before = cells.cell(one.row)
    after = cells.written(one.label, in_place_of=before)
    back = cells.written(one.seen, in_place_of=after)
    return None if back == before else before


def _held(source: PatchSource, keyed: KeyedRows, one: Proposal, why: str) -> ReviewRow:
    return ReviewRow(
        image=keyed.keys[one.row].image,
        row=one.row + 1,
        given_label=one.seen,
        suggested_label=one.label,
        confidence=one.confidence,
        split=source.splits.of_rows[one.row],
        reason=why,
    )


def _open(source: PatchSource, keyed: KeyedRows, row: int, why: str) -> ReviewRow:
    label = source.opened.given_labels[row]
    asked = Proposal(row=row, seen=label, label="", who="", when="", why="")
    return _held(source, keyed, asked, why)
