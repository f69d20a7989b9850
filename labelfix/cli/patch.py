"""`labelfix patch make`, `labelfix patch apply` and `labelfix patch revert`."""

from pathlib import Path
from typing import Annotated

import typer

from labelfix.cli import console
from labelfix.cli.arguments import TableColumns
from labelfix.cli.signature import only, with_options
from labelfix.errors import InputError
from labelfix.options.patch_options import MergeOptions, PatchOptions, SplitOptions, TargetOptions
from labelfix.options.rule_options import RuleOptions
from labelfix.options.workspace_options import WorkspaceOptions
from labelfix.runtime.bulk import without_collection

HELP = "Write changes of labels as a patch, apply it to a manifest, and take it back."
MAKE_EXAMPLE = (
    "Example: labelfix patch make sample_data/manifest.csv --from fixed.csv --out fixes.patch.jsonl"
)
APPLY_EXAMPLE = (
    "Example: labelfix patch apply sample_data/manifest.csv fixes.patch.jsonl --out new.csv "
    "--images sample_data/images"
)
REVERT_EXAMPLE = "Example: labelfix patch revert new.csv fixes.patch.jsonl --out old.csv"

SplitColumn = Annotated[RuleOptions, only("split_column")]
PatchedManifest = Annotated[
    Path | None,
    typer.Argument(
        metavar="MANIFEST",
        help="The manifest to be patched; default: the one of the workspace.",
        show_default=False,
    ),
]
Manifest = Annotated[
    Path,
    typer.Argument(
        metavar="MANIFEST",
        help="CSV, TSV or another text with columns; or Parquet, whose values are kept and not "
        "its bytes.",
        show_default=False,
    ),
]
PatchFile = Annotated[
    Path,
    typer.Argument(metavar="PATCH", help="A patch of labelfix patch make.", show_default=False),
]
WayBack = Annotated[
    Path | None,
    typer.Argument(
        metavar="PATCH",
        help="The patch that was applied, or the undo file beside MANIFEST; default: that file.",
        show_default=False,
    ),
]
PatchOut = Annotated[
    Path,
    typer.Option("--out", "-o", help="Where the patch goes: .jsonl.", show_default=False),
]
ManifestOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        help="Where the new manifest goes, of the same kind as MANIFEST.",
        show_default=False,
    ),
]
Sources = Annotated[
    list[Path] | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="Where the labels come from: a table that labelfix has corrected, a manifest that "
        "was edited, or answers such as the decisions.csv of a report. May be given several "
        "times; later wins. Default: the workspace's corrections and decisions.",
        show_default=False,
    ),
]
FromDecisions = Annotated[
    bool,
    typer.Option(
        "--from-decisions",
        help="Take what people have decided in labelfix review, after the files of --from or "
        "alone. Without --from, such decisions come after the corrections anyway.",
    ),
]
ReviewFile = Annotated[
    Path | None,
    typer.Option(
        "--review",
        metavar="FILE",
        help="Where rows go that the patch leaves to a person: .csv or .tsv. Default: beside the "
        "patch, such as fixes.review.csv, if there are any.",
        show_default=False,
    ),
]
Images = Annotated[
    Path | None,
    typer.Option(
        "--images",
        metavar="DIR",
        help="The image folder: changed images are read and compared by their content.",
        show_default=False,
    ),
]
HashesOf = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        metavar="DIR",
        help="Instead of --images: compare with the images' content as this workspace embedded "
        "them.",
        show_default=False,
    ),
]


@with_options()
def make(
    manifest: PatchedManifest = None,
    *,
    out: PatchOut,
    sources: Sources = None,
    from_decisions: FromDecisions = False,
    review: ReviewFile = None,
    images: Images = None,
    patch: PatchOptions,
    splits: SplitOptions,
    split_column: SplitColumn,
    columns: TableColumns,
    work: Annotated[WorkspaceOptions, only("workspace", "quiet", "as_json")],
) -> None:
    """Write the changes of labels as a patch: who, when, why, from, to and confidence of each.

    Every change is keyed by the image's content and name, so that it is made to no other image.
    Labels of test splits stay unless you ask for them; their rows, and all that a person has to
    decide, go to a list for review. The manifest is not touched.
    """
    from labelfix.cli.patch_text import print_made
    from labelfix.patches.patch_request import PatchRequest, make_from

    reporter = console.Reporter(quiet=work.quiet)
    request = PatchRequest(
        manifest=manifest,
        out=out,
        sources=tuple(sources or ()),
        from_decisions=from_decisions,
        review=review,
        images=images,
        workspace=work.workspace,
        columns=columns,
        split_column=split_column.split_column,
    )
    with without_collection():
        made = make_from(request, patch, splits, reporter)
    reporter.close()
    print_made(made, as_json=work.as_json)


@with_options()
def apply(
    manifest: Manifest,
    patch: PatchFile,
    *,
    out: ManifestOut = None,
    images: Images = None,
    workspace: HashesOf = None,
    merge: MergeOptions,
    splits: SplitOptions,
    target: TargetOptions,
    split_column: SplitColumn,
    columns: TableColumns,
    work: Annotated[WorkspaceOptions, only("quiet", "as_json")],
) -> None:
    """Make the changes of a patch in a manifest, after every row of it was checked.

    Only label cells change: quotation marks, line ends, order and encoding stay. A label that
    somebody else has changed since is kept and named. Where an image is missing or its content is
    another one, nothing is written. An undo file beside the new manifest takes it back exactly.
    """
    from labelfix.cli.patch_text import print_applied
    from labelfix.patches.merge_request import MergeRequest, apply_patch

    reporter = console.Reporter(quiet=work.quiet)
    request = MergeRequest(
        manifest=manifest,
        out=_place(manifest, out, target),
        options=merge,
        target=target,
        images=images,
        workspace=workspace,
        columns=columns,
        split_column=split_column.split_column,
    )
    with without_collection():
        applied = apply_patch(request, patch, splits, reporter)
    reporter.close()
    print_applied(applied, as_json=work.as_json)


@with_options()
def revert(
    manifest: Manifest,
    patch: WayBack = None,
    *,
    out: ManifestOut = None,
    merge: MergeOptions,
    target: TargetOptions,
    columns: TableColumns,
    work: Annotated[WorkspaceOptions, only("quiet", "as_json")],
) -> None:
    """Take a patch back: the manifest is what it was before, byte for byte.

    With the undo file that apply has written, or where nothing else has changed since, the bytes
    are those before. Otherwise the labels of the patch's rows are taken back, later edits are kept
    and named, and you are told that other bytes differ.
    """
    from labelfix.cli.patch_text import print_reverted
    from labelfix.patches.merge_request import MergeRequest, revert_patch

    reporter = console.Reporter(quiet=work.quiet)
    request = MergeRequest(
        manifest=manifest,
        out=_place(manifest, out, target),
        options=merge,
        target=target,
        images=None,
        workspace=None,
        columns=columns,
        split_column=None,
    )
    with without_collection():
        reverted = revert_patch(request, patch, reporter)
    reporter.close()
    print_reverted(reverted, as_json=work.as_json)


def _place(manifest: Path, out: Path | None, target: TargetOptions) -> Path:
    """The file to write.

    Raises:
        InputError: neither --out nor --in-place was given, or both.
    """
    if target.in_place and out is not None:
        raise InputError(
            f"--in-place: expected it without --out, found --out {out}", "Leave one of them out."
        )
    if target.in_place or (out is None and target.dry_run):
        return manifest
    if out is None:
        raise InputError(
            "expected --out FILE for the new manifest, found none",
            "Name a file, or write over the manifest with --in-place.",
        )
    return out
