"""A patch against a manifest, row by row and in full before anything is written.

A label is merged as three versions are: the patch's `before` is the common one, the patch's `after`
is ours, and what the manifest holds now is theirs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from labelfix.patches.change import Change, Patch, RowKey
from labelfix.patches.content_hashes import KnownContents
from labelfix.patches.patch_source import PatchSource
from labelfix.patches.row_keys import keyed_rows
from labelfix.patches.split_choice import SplitChoice

Side = Literal["theirs", "ours"]
THEIRS: Side = "theirs"
OURS: Side = "ours"


class RowOutcome(NamedTuple):
    """What becomes of one change; a tuple, for there are millions of them.

    Attributes:
        change: of the patch.
        row: of the manifest, from 0; -1 where it was not found.
        found: the label that the manifest holds; empty where the row was not found.
        why: it was not made, or what it overwrites.
    """

    change: Change
    row: int
    found: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class MergePlan:
    """What a patch does to a manifest; every change is in exactly one list.

    Attributes:
        applied: changes that will be written.
        already: rows that have the new label already.
        edited: rows that somebody else has changed since; kept, or overwritten where `side` is
            ours (then they are in `applied` as well).
        held: rows of splits that were not asked for.
        refused: rows or images that are not what the patch says, and labels that the file's
            encoding does not have.
        unchecked: changes whose image's content was not compared.
        side: whose label holds where both have changed it.
    """

    applied: list[RowOutcome] = field(repr=False)
    already: list[RowOutcome] = field(repr=False)
    edited: list[RowOutcome] = field(repr=False)
    held: list[RowOutcome] = field(repr=False)
    refused: list[RowOutcome] = field(repr=False)
    unchecked: int
    side: Side


def plan_merge(
    patch: Patch, target: PatchSource, choice: SplitChoice | None, side: Side
) -> MergePlan:
    """Check every change of a patch against a manifest.

    Args:
        patch: the changes.
        target: the manifest that they are made to.
        choice: the splits whose rows may be changed; None takes those of the patch.
        side: whose label holds where somebody else has changed it since.
    """
    if choice is None:
        choice = SplitChoice(only=patch.origin.splits, everything=patch.origin.all_splits)
    plan = MergePlan(applied=[], already=[], edited=[], held=[], refused=[], unchecked=0, side=side)
    is_same = target.rows_sha256 == patch.origin.rows_sha256
    find = _by_number(target) if is_same else _finder(target)
    labels, splits = target.opened.given_labels, target.splits.of_rows
    unchecked = 0
    taken: dict[int, Change] = {}
    for change in patch:
        row = find(change)
        if isinstance(row, str):
            plan.refused.append(RowOutcome(change=change, row=-1, why=row))
            continue
        found = labels[row]
        why, compared = _content_differs(change, row, target)
        unchecked += not compared
        why = why or _unwritable(change, target)
        if not why and taken.setdefault(row, change) is not change:
            why = "another change of the patch is about the same row"
        if why:
            plan.refused.append(RowOutcome(change=change, row=row, found=found, why=why))
        elif not choice.takes(splits[row]):
            held = f"its split {splits[row]!r} was not asked for"
            plan.held.append(RowOutcome(change=change, row=row, found=found, why=held))
        elif found == change.after:
            plan.already.append(RowOutcome(change=change, row=row, found=found))
        elif found == change.before:
            plan.applied.append(RowOutcome(change=change, row=row, found=found))
        else:
            edit = RowOutcome(change=change, row=row, found=found, why="changed by somebody else")
            plan.edited.append(edit)
            if side == OURS:
                plan.applied.append(edit)
    return replace(plan, unchecked=unchecked)


def reverse(patch: Patch) -> Patch:
    """The changes the other way round."""
    changes = [one._replace(before=one.after, after=one.before) for one in patch]
    return Patch(patch.origin, changes)


def _by_number(target: PatchSource) -> Callable[[Change], int | str]:
    """What finds a change's row where all rows are where they were when the patch was made."""
    written = target.written

    def find(change: Change) -> int | str:
        row = change.row - 1
        if row < len(written) and written[row] == change.image:
            return row
        return f"row {change.row:,} has another image"

    return find


def _finder(target: PatchSource) -> Callable[[Change], int | str]:
    """What finds a change's row, from 0, or says why there is none."""
    keyed = keyed_rows(target.opened)
    rows = keyed.rows()
    copies = keyed.copies
    images = {image for image, _ in copies}
    places = _Renamed(target.contents)

    def find(change: Change) -> int | str:
        key = change.key
        if key.image not in images:
            renamed = places.image_of(change.content_hash)
            if renamed is None or renamed not in images:
                return "the manifest has no such image"
            key = RowKey(renamed, key.annotator, key.copy)
        number = copies.get((key.image, key.annotator), 0)
        if number == change.copies:
            return rows[key]
        whose = f" by {key.annotator!r}" if key.annotator else ""
        return (
            f"expected {change.copies:,} row{'s' * (change.copies != 1)} of the image{whose}, "
            f"found {number:,}"
        )

    return find


class _Renamed:
    """Finds images by their content, which is read when the first one is missing."""

    def __init__(self, contents: KnownContents) -> None:
        self._contents = contents
        self._names: dict[str, str] | None = None

    def image_of(self, content_hash: str) -> str | None:
        """The name of the only image with this content."""
        if not content_hash:
            return None
        if self._names is None:
            self._names = dict(self._contents.every())
        return self._names.get(content_hash)


def _content_differs(change: Change, row: int, target: PatchSource) -> tuple[str, bool]:
    """Why the image is another one, and whether its content was compared at all."""
    contents = target.contents
    if not change.content_hash or not contents.source:
        return "", False
    now = contents.hash_of(target.written[row])
    if not now:
        if contents.is_complete:
            return "the image has no file", True
        return "", False
    if now != change.content_hash:
        return "the image's content is another one than when the patch was made", True
    return "", True


def _unwritable(change: Change, target: PatchSource) -> str:
    if target.cells is None or target.cells.can_hold(change.after):
        return ""
    return f"the label cannot be written in {target.cells.encoded.encoding}"
