"""`labelfix relabel`."""

from pathlib import Path
from typing import Annotated

import typer

from labelfix.cli.arguments import Audited, NoDecisions, Out
from labelfix.cli.session import working
from labelfix.cli.signature import first_given, with_options, without
from labelfix.errors import InputError
from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.option import declarations
from labelfix.options.relabel_options import RelabelOptions
from labelfix.options.workspace_options import WorkspaceOptions

EXAMPLE = "Example: labelfix relabel --out fixed.csv --min-confidence 0.8"

NEW_PANEL = "New images"

NewImages = Annotated[
    Path | None,
    typer.Option(
        "--images",
        metavar="DIR",
        help="Judge these images instead, with what the workspace has learned from others; missing "
        "labels are predicted. Nothing is trained.",
        show_default=False,
        rich_help_panel=NEW_PANEL,
    ),
]
NewManifest = Annotated[
    Path | None,
    typer.Option(
        "--manifest",
        metavar="FILE",
        help="CSV or Parquet with an image column, and maybe a label column; default: every "
        "image below DIR, without a label.",
        show_default=False,
        rich_help_panel=NEW_PANEL,
    ),
]
NewEmbeddings = Annotated[
    list[Path] | None,
    typer.Option(
        "--embeddings",
        metavar="FILE",
        help="Their vectors, if those of the workspace came from --encoder precomputed:FILE; "
        "once for each such encoder, in the same order.",
        show_default=False,
        rich_help_panel=NEW_PANEL,
    ),
]

MERGE_SPELLINGS = "merge_spellings"

OF_NEW_IMAGES = (
    "new_manifest",
    "new_embeddings",
    *(one.name for one in declarations(ManifestOptions).values() if one.name != MERGE_SPELLINGS),
)
"""What is useless without --images, by the parameters' names."""


@with_options()
def relabel(
    context: typer.Context,
    out: Out,
    *,
    new_images: NewImages = None,
    new_manifest: NewManifest = None,
    new_embeddings: NewEmbeddings = None,
    columns: Annotated[ManifestOptions, without("annotator_column", "verified_column")],
    audited: Audited = None,
    no_decisions: NoDecisions = False,
    relabel: RelabelOptions,
    work: WorkspaceOptions,
) -> None:
    """Write the manifest with corrected labels and a confidence for every row.

    A label is changed if another one is likelier to be right, within --min-precision and
    --min-confidence. A label is for review if it stays although it is probably wrong, or
    although another one is likelier; review_rank says in which order to look.

    With --images, the same for images that the workspace has not seen, with or without labels.
    """
    if new_images is None:
        _check_about_new_images(context)
    with working(work) as session:
        from labelfix.data.records import Rerun

        common = (out, relabel, session.progress, Rerun(work.force, work.frozen))
        if new_images is None:
            from labelfix.correction.relabel_stage import run_relabel

            result, corrections = run_relabel(
                session.workspace,
                *common,
                audited or (),
                merge_spellings=columns.merge_spellings,
                with_decisions=not no_decisions,
            )
            session.done(result)
        else:
            from labelfix.correction.new_images import run_relabel_new
            from labelfix.data.manifest_inputs import EmbedInputs

            inputs = EmbedInputs(
                images=new_images,
                manifest=new_manifest,
                embeddings=tuple(new_embeddings or ()),
                options=columns,
                audited=tuple(audited or ()),
            )
            corrections = run_relabel_new(session.workspace, inputs, *common, session.done)
        session.print_corrections(corrections, out)


def _check_about_new_images(context: typer.Context) -> None:
    """Check that nothing on the command line is about new images."""
    flag = first_given(context, OF_NEW_IMAGES)
    if flag is not None:
        raise InputError(
            f"{flag} needs --images DIR",
            "Without --images, relabel corrects the manifest that was embedded.",
        )
