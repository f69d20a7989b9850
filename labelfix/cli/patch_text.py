"""What the commands of `labelfix patch` print."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelfix.cli import console
from labelfix.data import names
from labelfix.data.names import plain, short

if TYPE_CHECKING:
    from labelfix.patches.merge import RowOutcome
    from labelfix.patches.merge_request import Merged
    from labelfix.patches.patch_request import MadeFiles

MOST_EDITED = 10
"""Later edits that are named; JSON has all."""
NAME_WIDTH = 48
LABEL_WIDTH = 24


def print_made(files: "MadeFiles", *, as_json: bool) -> None:
    """A patch that was written."""
    made = files.made
    if as_json:
        console.print_json(
            {
                "changes": len(made.patch),
                "by_split": made.splits(),
                "kept": made.kept,
                "for_review": len(made.review),
                "unmatched": made.unmatched,
                "new_labels": made.new_labels,
                "without_content_hash": made.without_hash,
                "out": str(files.out),
                "review": files.review and str(files.review),
            }
        )
        return
    _count("changes", len(made.patch))
    _count("kept as they are", made.kept, always=False)
    _count("for review", len(made.review), always=False)
    _count("not in manifest", made.unmatched, always=False)
    if made.new_labels:
        shown = plain(names.listed(made.new_labels))
        console.print_result(f"labels that no row had before: {shown}")
    if made.without_hash:
        console.print_result(
            f"{made.without_hash:,} changes are keyed by the image's name alone; --images DIR "
            "adds its content"
        )
    elif len(made.patch):
        console.print_result(f"content hashes: {plain(files.contents)}")
    if files.review is not None:
        console.print_result(f"to decide: {plain(files.review)}")
    console.print_result(f"written to {plain(files.out)}")
    if len(made.patch):
        patch = shlex.quote(plain(files.out))
        console.print_result(f"next: labelfix patch apply MANIFEST {patch} --out FILE")


def print_applied(merged: "Merged", *, as_json: bool) -> None:
    """A patch that was applied, or would be."""
    if as_json:
        console.print_json(_merged_as_json(merged))
        return
    _print_plan(merged, "changed", "changed already")
    if merged.plan is not None and merged.plan.unchecked:
        console.print_result(
            f"the content of {merged.plan.unchecked:,} images was not compared with the patch; "
            "--images DIR compares it"
        )
    elif merged.contents:
        console.print_result(f"content compared with {plain(merged.contents)}")
    _print_written(merged)
    if merged.written is not None and merged.written.undo is not None:
        manifest = shlex.quote(plain(merged.written.path))
        console.print_result(f"undo file: {plain(merged.written.undo)}")
        console.print_result(f"to take it back: labelfix patch revert {manifest} --out FILE")


def print_reverted(merged: "Merged", *, as_json: bool) -> None:
    """A patch that was taken back, or would be."""
    if as_json:
        console.print_json(_merged_as_json(merged))
        return
    _print_plan(merged, "taken back", "taken back already")
    _print_written(merged)
    if merged.written is not None and merged.is_exact:
        console.print_result("byte for byte the manifest before the patch")
    elif merged.written is not None:
        console.print_result(
            "not byte for byte the manifest that the patch was made from: something else is "
            "different, too"
        )


def _print_plan(merged: "Merged", done: str, already: str) -> None:
    plan = merged.plan
    _count(done, merged.changes)
    if plan is None:
        return
    _count(already, len(plan.already), always=False)
    _count("of other splits", len(plan.held), always=False)
    _count("refused", len(plan.refused), always=False)
    what = "overwritten" if plan.side == "ours" else "kept"
    _count(f"edited since, {what}", len(plan.edited), always=False)
    if merged.is_quiet:
        return
    for one in plan.edited[:MOST_EDITED]:
        console.print_result(f"  {_edit(one)}")
    if len(plan.edited) > MOST_EDITED:
        console.print_result(f"  and {len(plan.edited) - MOST_EDITED:,} more; --json has all")
    for refused in plan.refused[:MOST_EDITED]:
        image = short(names.to_text(refused.change.image), NAME_WIDTH)
        console.print_result(f"  refused {image}: {plain(refused.why)}")


def _print_written(merged: "Merged") -> None:
    if merged.written is None:
        console.print_result("nothing was written: --dry-run")
    else:
        console.print_result(f"written to {plain(merged.written.path)}")


def _edit(one: "RowOutcome") -> str:
    change = one.change
    image = short(names.to_text(change.image), NAME_WIDTH)
    before, after, found = (
        short(label, LABEL_WIDTH) or "(no label)"
        for label in (change.before, change.after, one.found)
    )
    return f"row {one.row + 1:,} {image}: patch {before} -> {after}, manifest {found}"


def _merged_as_json(merged: "Merged") -> dict[str, Any]:
    plan, written = merged.plan, merged.written
    of_plan: dict[str, Any] = {}
    if plan is not None:
        of_plan = {
            "already": len(plan.already),
            "edited": _rows(plan.edited),
            "edited_are": "overwritten" if plan.side == "ours" else "kept",
            "other_splits": _rows(plan.held),
            "refused": _rows(plan.refused),
            "content_unchecked": plan.unchecked,
        }
    return {
        "manifest": str(merged.manifest),
        "changed": merged.changes,
        **of_plan,
        "content_source": merged.contents or None,
        "out": written and str(written.path),
        "sha256": written and written.sha256,
        "undo": written and _path(written.undo),
        "byte_identical": merged.is_exact,
    }


def _rows(outcomes: Sequence["RowOutcome"]) -> list[dict[str, Any]]:
    return [
        {
            "image": names.to_text(one.change.image),
            "row": one.row + 1 if one.row >= 0 else None,
            "patch_row": one.change.row,
            "from": one.change.before,
            "to": one.change.after,
            "found": one.found,
            "why": one.why,
        }
        for one in outcomes
    ]


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _count(name: str, number: int, *, always: bool = True) -> None:
    if number or always:
        console.print_result(f"{name:<24}{number:>10,}")
