"""A patch from what a user has named: manifest, sources, images, workspace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from labelfix.data.corrections import load_corrections
from labelfix.data.manifest import Manifest, load_manifest
from labelfix.data.tables import CsvFormat
from labelfix.data.workspace import MARKER, Workspace, existing_workspace
from labelfix.errors import InputError, OutputError
from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.patch_options import PatchOptions, SplitOptions
from labelfix.patches.content_hashes import (
    NOTHING_KNOWN,
    KnownContents,
    contents_of_folder,
    contents_of_workspace,
)
from labelfix.patches.patch_file import write_patch
from labelfix.patches.patch_maker import MadePatch, make_patch
from labelfix.patches.patch_source import PatchSource, open_source
from labelfix.patches.proposals import Author, Proposed, merged
from labelfix.patches.review_decisions import proposals_of_decisions
from labelfix.patches.review_list import check_review, review_path, write_review
from labelfix.patches.sources import proposals_in, proposals_of_corrections
from labelfix.patches.split_choice import SplitChoice
from labelfix.runtime.atomic import check_place
from labelfix.runtime.progress import Progress


@dataclass(frozen=True, kw_only=True)
class PatchRequest:
    """What a user has named for a new patch.

    Attributes:
        manifest: None takes the workspace's.
        out: the patch.
        sources: files with labels; none takes the workspace's corrections and decisions.
        from_decisions: take what persons have decided in the workspace's review; after the
            files, or alone.
        review: for rows that a person has to decide about; None takes a name like `out`'s.
        images: the image folder; None takes what the workspace knows of the images.
        workspace: which need not exist where a manifest and sources are named.
        columns: how the manifest is read.
        split_column: None takes a known one.
    """

    manifest: Path | None
    out: Path
    sources: tuple[Path, ...]
    from_decisions: bool = False
    review: Path | None
    images: Path | None
    workspace: Path
    columns: ManifestOptions
    split_column: str | None


@dataclass(frozen=True, kw_only=True)
class MadeFiles:
    """A patch that was written.

    Attributes:
        made: the patch and what it leaves.
        out: its file.
        review: the list for a person, or None where there is nothing to decide.
        contents: where the content hashes come from; empty where they are unknown.
    """

    made: MadePatch
    out: Path
    review: Path | None
    contents: str


def now() -> str:
    """The time as ISO 8601 in UTC, with seconds and `Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def make_from(
    request: PatchRequest, options: PatchOptions, splits: SplitOptions, progress: Progress
) -> MadeFiles:
    """Make and write a patch, and the list of what it leaves to a person.

    Raises:
        LabelfixError: something that was named cannot be used; nothing is written then.
    """
    workspace = _workspace(request)
    path = request.manifest or _manifest_of(workspace)
    _check_out(request.out, (path, *request.sources))
    source = open_source(path, request.columns, request.split_column)
    choice = SplitChoice(only=splits.only, everything=splits.all_splits)
    source.splits.check(choice, source.opened)
    source = source.knowing(_contents(request, source, workspace, progress))
    when = now()
    author = Author(who=options.who, when=when, why=options.why)
    made = make_patch(
        source,
        merged(_proposed(request, source, workspace, author)),
        choice,
        least_confidence=options.sure_from,
        when=when,
    )
    review = (request.review or review_path(request.out)) if made.review else None
    if review is not None:
        delimiter = CsvFormat(delimiter=request.columns.delimiter).delimiter
        check_review("--review", review, delimiter)
        write_review(review, made.review, delimiter)
    write_patch(request.out, made.patch)
    return MadeFiles(made=made, out=request.out, review=review, contents=source.contents.source)


def _workspace(request: PatchRequest) -> Workspace | None:
    """The workspace, if there is one; it must be there where it is the source."""
    is_needed = request.manifest is None or not request.sources or request.from_decisions
    if is_needed or (request.workspace / MARKER).is_file():
        return existing_workspace(request.workspace)
    return None


def _manifest_of(workspace: Workspace | None) -> Path:
    if workspace is None:  # not without one: `_workspace`
        raise AssertionError
    source = load_manifest(workspace.manifest).source
    if source.is_folder:
        raise InputError(
            f"{workspace.root}: expected a workspace with a manifest, found one of class folders, "
            "whose labels are no file",
            "Write a table first with labelfix relabel --out fixed.csv; a patch needs one.",
        )
    path = Path(source.path)
    if not path.is_file():
        raise InputError(
            f"expected the manifest of {workspace.root} at {path}, found none",
            "Name the manifest: labelfix patch make MANIFEST --out fixes.patch.jsonl.",
        )
    return path


def _check_out(out: Path, inputs: Sequence[Path]) -> None:
    if out.suffix.lower() != ".jsonl":
        raise OutputError(
            f"--out {out}: expected a name that ends in .jsonl, for a patch is JSON lines",
            "For example --out fixes.patch.jsonl.",
        )
    for path in inputs:
        check_place("--out", out, path)


def _contents(
    request: PatchRequest, source: PatchSource, workspace: Workspace | None, progress: Progress
) -> KnownContents:
    """What is known of the images: of their folder, or of a workspace that has these images."""
    if request.images is not None:
        return contents_of_folder(source.opened, request.images, progress)
    if workspace is None or not workspace.manifest.is_file():
        return NOTHING_KNOWN
    if load_manifest(workspace.manifest).written_images() != source.written:
        return NOTHING_KNOWN
    return contents_of_workspace(workspace)


def _written_as(source: PatchSource, workspace: Workspace | None) -> dict[str, str]:
    """How the manifest writes each image file of a workspace that has the same images."""
    if workspace is None or not workspace.manifest.is_file():
        return {}
    known = load_manifest(workspace.manifest)
    if known.written_images() != source.written:
        return {}
    return dict(zip(known.images, source.written, strict=True))


def _proposed(
    request: PatchRequest, source: PatchSource, workspace: Workspace | None, author: Author
) -> list[Proposed]:
    opened = source.opened
    written_as = _written_as(source, workspace)
    found = [
        proposals_in(path, opened, request.columns, author, written_as) for path in request.sources
    ]
    if workspace is None:
        return found
    is_alone = not request.sources and not request.from_decisions
    if is_alone:
        found.append(_of_corrections(opened, workspace, author))
    if request.from_decisions and not workspace.decisions.exists():
        raise InputError(
            f"--from-decisions: expected decisions in {workspace.root}, found none",
            "Decide in labelfix review first, or leave --from-decisions out.",
        )
    if request.from_decisions or (is_alone and workspace.decisions.exists()):
        found.append(proposals_of_decisions(opened, workspace, author, written_as))
    return found


def _of_corrections(opened: Manifest, workspace: Workspace, author: Author) -> Proposed:
    """What the workspace's last relabel has changed."""
    if not workspace.corrections.is_file():
        raise InputError(
            f"{workspace.root}: expected corrections, found none",
            "Run labelfix relabel --out fixed.csv first.",
        )
    corrections = load_corrections(workspace.corrections)
    corrected = load_manifest(workspace.manifest)
    return proposals_of_corrections(opened, corrected, corrections, author)
