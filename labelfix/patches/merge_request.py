"""A patch applied to a manifest, or taken back, from what a user has named."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelfix.data import names, records
from labelfix.data.names import short
from labelfix.data.workspace import existing_workspace
from labelfix.errors import InputError
from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.patch_options import MergeOptions, SplitOptions, TargetOptions
from labelfix.patches.change import Origin
from labelfix.patches.content_hashes import (
    NOTHING_KNOWN,
    KnownContents,
    contents_of_folder,
    contents_of_workspace,
)
from labelfix.patches.merge import OURS, THEIRS, MergePlan, RowOutcome, plan_merge, reverse
from labelfix.patches.patch_file import read_patch
from labelfix.patches.patch_source import PatchSource, open_source
from labelfix.patches.patched_file import (
    WrittenFile,
    check_target,
    write_applied,
    write_reverted,
    write_taken_back,
)
from labelfix.patches.split_choice import SplitChoice
from labelfix.patches.table_labels import check_changeable
from labelfix.patches.undo_file import is_undo, read_undo, undo_path
from labelfix.runtime.progress import Progress

MOST_SHOWN = 20
"""Rows in an error."""
NAME_WIDTH = 60


@dataclass(frozen=True, kw_only=True)
class MergeRequest:
    """What a user has named for applying a patch, or for taking it back.

    Attributes:
        manifest: the file that is read.
        out: the file that is written; the manifest itself where `target` says so.
        options: what happens to rows that are not what the patch says.
        target: whether to write over the manifest, or nothing.
        images: the image folder, or None.
        workspace: whose content hashes are taken where there is no folder, or None.
        columns: how the manifest is read.
        split_column: None takes a known one.
    """

    manifest: Path
    out: Path
    options: MergeOptions
    target: TargetOptions
    images: Path | None
    workspace: Path | None
    columns: ManifestOptions
    split_column: str | None


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What a patch has done to a manifest.

    Attributes:
        manifest: the file that was read.
        plan: every change; None where an undo file has taken all of it back at once.
        changes: how many labels were written.
        written: the new file; None after a dry run.
        contents: what the images' content was compared with; empty for nothing.
        is_exact: of a way back, whether the bytes are those of the manifest before the patch.
        is_quiet: whether later edits are only counted.
    """

    manifest: Path
    plan: MergePlan | None
    changes: int
    written: WrittenFile | None
    contents: str = ""
    is_exact: bool | None = None
    is_quiet: bool = False


def apply_patch(
    request: MergeRequest, path: Path, splits: SplitOptions, progress: Progress
) -> Merged:
    """Check every row of a patch, then write the manifest with its labels.

    Args:
        request: what the user has named.
        path: of the patch.
        splits: those whose rows may be changed; by default those that the patch was made for.
        progress: is told how image paths are read.

    Raises:
        LabelfixError: a row is refused, or something cannot be used; nothing is written then.
    """
    _check_target(request)
    patch = read_patch(path)
    source = _source(request, patch.origin)
    choice = None
    if splits.only or splits.all_splits:
        choice = SplitChoice(only=splits.only, everything=splits.all_splits)
        source.splits.check(choice, source.opened)
    source = source.knowing(_contents(request, source, progress))
    plan = plan_merge(patch, source, choice, OURS if request.options.ours else THEIRS)
    _check_refused(request, plan)
    written = None
    if not request.target.dry_run:
        sha256 = records.fingerprint_file(path)
        written = write_applied(request.out, source, plan, sha256)
    return Merged(
        manifest=request.manifest,
        plan=plan,
        changes=len(plan.applied),
        written=written,
        contents=source.contents.source,
        is_quiet=request.options.theirs,
    )


def revert_patch(request: MergeRequest, path: Path | None, _progress: Progress) -> Merged:
    """Take a patch back, by the undo file where there is one, else row by row.

    Args:
        request: what the user has named.
        path: the patch or an undo file; None takes the undo file beside the manifest.

    Raises:
        LabelfixError: there is no way back, or a row is refused; nothing is written then.
    """
    _check_target(request)
    undo = _undo_of(request, path)
    if undo is not None:
        return _taken_back(request, undo)
    if path is None:
        raise InputError(
            f"{request.manifest}: expected the undo file that labelfix patch apply wrote beside "
            "it, found none for these bytes",
            "Name the patch that was applied: labelfix patch revert MANIFEST PATCH --out FILE.",
        )
    patch = read_patch(path)
    source = _source(request, patch.origin)
    everything = SplitChoice(everything=True)
    side = OURS if request.options.ours else THEIRS
    plan = plan_merge(reverse(patch), source, everything, side)
    _check_refused(request, plan)
    written = None
    is_exact = None
    if not request.target.dry_run:
        written = write_reverted(request.out, source, plan)
        is_exact = written.sha256 == patch.origin.sha256
    return Merged(
        manifest=request.manifest,
        plan=plan,
        changes=len(plan.applied),
        written=written,
        is_exact=is_exact,
        is_quiet=request.options.theirs,
    )


def _check_target(request: MergeRequest) -> None:
    if not request.target.dry_run:
        in_place = request.target.in_place
        check_target("--out", request.out, request.manifest, in_place=in_place)


def _source(request: MergeRequest, origin: Origin | None) -> PatchSource:
    check_changeable(request.manifest)
    return open_source(request.manifest, request.columns, request.split_column, origin)


def _contents(request: MergeRequest, source: PatchSource, progress: Progress) -> KnownContents:
    if request.images is not None:
        return contents_of_folder(source.opened, request.images, progress)
    if request.workspace is not None:
        return contents_of_workspace(existing_workspace(request.workspace))
    return NOTHING_KNOWN


def _undo_of(request: MergeRequest, path: Path | None) -> Path | None:
    """The undo file that was named, or the one beside the manifest that is of this patch."""
    if path is not None and is_undo(path):
        return path
    if not request.manifest.is_file():
        return None  # reading it says so
    beside = undo_path(request.manifest, records.fingerprint_file(request.manifest))
    if not beside.is_file():
        return None
    is_of_patch = path is None or read_undo(beside).patch == records.fingerprint_file(path)
    return beside if is_of_patch else None


def _taken_back(request: MergeRequest, path: Path) -> Merged:
    undo = read_undo(path)
    source = _source(request, None)
    written = None
    if not request.target.dry_run:
        written = write_taken_back(request.out, source, undo)
    return Merged(
        manifest=request.manifest,
        plan=None,
        changes=len(undo.cells),
        written=written,
        is_exact=True,
    )


def _check_refused(request: MergeRequest, plan: MergePlan) -> None:
    """Check that no row is refused, unless such rows are to be left out or nothing is written.

    Raises:
        InputError: rows are refused; the message lists the first of them.
    """
    if not plan.refused or request.options.skip_refused or request.target.dry_run:
        return
    count = len(plan.refused)
    total = sum(map(len, (plan.already, plan.edited, plan.held, plan.refused)))
    total += sum(not outcome.why for outcome in plan.applied)
    listed = "\n".join(f"  {line}" for line in refused_lines(plan.refused))
    raise InputError(
        f"{request.manifest}: expected the rows that the patch says, found {count:,} of {total:,} "
        f"that are not; nothing was written\n{listed}",
        "Leave these rows out with --skip-refused; --dry-run --json lists all of them.",
    )


def refused_lines(outcomes: Sequence[RowOutcome]) -> list[str]:
    """A line for each of the first rows, and how many more there are."""
    lines = [
        f"{short(names.to_text(one.change.image), NAME_WIDTH)} (row {one.change.row:,} of the "
        f"patch's manifest): {one.why}"
        for one in outcomes[:MOST_SHOWN]
    ]
    if len(outcomes) > MOST_SHOWN:
        lines.append(f"and {len(outcomes) - MOST_SHOWN:,} more")
    return lines
