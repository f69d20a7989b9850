"""A manifest with a plan's labels: its bytes, and how they are written beside their undo file."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelfix.errors import InputError, OutputError
from labelfix.patches.label_cells import LabelCells, is_cell_of
from labelfix.patches.merge import MergePlan, RowOutcome
from labelfix.patches.patch_source import PatchSource
from labelfix.patches.table_labels import write_labels
from labelfix.patches.undo_file import Undo, taken_back, undo_path, write_undo
from labelfix.runtime import atomic


@dataclass(frozen=True, kw_only=True)
class WrittenFile:
    """A manifest that was written.

    Attributes:
        path: where.
        sha256: of its bytes.
        undo: the file that takes it back exactly; None where it is not text, where nothing was
            changed, and of a way back.
    """

    path: Path
    sha256: str
    undo: Path | None = None


def check_target(option: str, target: Path, source: Path, *, in_place: bool) -> None:
    """Check that a manifest can be written, and that nothing is overwritten unasked.

    Args:
        option: the flag that names it.
        target: the new file.
        source: the manifest that is read.
        in_place: whether the user has asked to write over it.

    Raises:
        OutputError: it is the manifest itself, or of another kind, or cannot be written.
    """
    if target.suffix.lower() != source.suffix.lower():
        raise OutputError(
            f"{option} {target}: expected a name that ends in {source.suffix or 'nothing'} as the "
            "manifest does, for its form is kept",
            f"For example {option} {target.with_suffix(source.suffix).name}.",
        )
    atomic.check_place(option, target, None if in_place else source)


def write_applied(
    target: Path, source: PatchSource, plan: MergePlan, patch_sha256: str
) -> WrittenFile:
    """Write a manifest with the labels of a plan, and first the file that takes them back.

    Raises:
        InputError: a label is no value of a Parquet column.
        OutputError: a file could not be written.
    """
    if source.cells is None:
        return _write_values(target, source, plan.applied)
    cells = source.cells
    old = {outcome.row: cells.cell(outcome.row) for outcome in plan.applied}
    new = {
        outcome.row: cells.written(outcome.change.after, in_place_of=old[outcome.row])
        for outcome in plan.applied
    }
    data = cells.with_cells(new)
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 == cells.sha256:
        _write(target, data, source)
        return WrittenFile(path=target, sha256=sha256)
    undo = undo_path(target, sha256)
    replaced = [(row, old[row], new[row]) for row in sorted(old)]
    write_undo(undo, Undo(before=cells.sha256, after=sha256, patch=patch_sha256, cells=replaced))
    _write(target, data, source)
    return WrittenFile(path=target, sha256=sha256, undo=undo)


def write_reverted(target: Path, source: PatchSource, plan: MergePlan) -> WrittenFile:
    """Write a manifest with the labels that it had before a patch.

    Args:
        target: the file.
        source: the manifest.
        plan: of the reversed patch.
    """
    if source.cells is None:
        return _write_values(target, source, plan.applied)
    cells = source.cells
    data = cells.with_cells({one.row: _cell_before(cells, one) for one in plan.applied})
    _write(target, data, source)
    return WrittenFile(path=target, sha256=hashlib.sha256(data).hexdigest())


def write_taken_back(target: Path, source: PatchSource, undo: Undo) -> WrittenFile:
    """Write the bytes before a patch, by its undo file.

    Raises:
        InputError: the manifest is not the one that the undo file belongs to, or is not text.
    """
    if source.cells is None:
        raise InputError(
            f"{source.opened.source.path}: expected text, to which an undo file belongs",
            "Name the patch instead.",
        )
    data = taken_back(source.cells, undo)
    _write(target, data, source)
    return WrittenFile(path=target, sha256=undo.before)


def _cell_before(cells: LabelCells, outcome: RowOutcome) -> str:
    """The cell as it was when the patch was made."""
    change = outcome.change
    kept = change.cell
    if kept is not None and is_cell_of(kept, change.after, cells.delimiter):
        return kept
    return cells.written(change.after, in_place_of=cells.cell(outcome.row))


def _write(target: Path, data: bytes, source: PatchSource) -> None:
    """Write a manifest, whole or not at all, for those who could read the one before."""
    with atomic.replacing(target) as temporary:
        temporary.touch(mode=0o600)
        temporary.write_bytes(data)
        shutil.copymode(source.opened.source.path, temporary)


def _write_values(target: Path, source: PatchSource, applied: Sequence[RowOutcome]) -> WrittenFile:
    with atomic.replacing(target) as temporary:
        labels = {outcome.row: outcome.change.after for outcome in applied}
        write_labels(temporary, source.opened, labels)
        shutil.copymode(source.opened.source.path, temporary)
        sha256 = hashlib.sha256(temporary.read_bytes()).hexdigest()
    return WrittenFile(path=target, sha256=sha256)
