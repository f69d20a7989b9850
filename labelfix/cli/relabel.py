"""`labelfix relabel`."""

from pathlib import Path
from typing import Annotated

import typer

from labelfix.cli import options as cli
from labelfix.cli.given import first_given
from labelfix.cli.session import working
from labelfix.config import DEFAULT_WORKSPACE, ManifestOptions, RelabelOptions
from labelfix.errors import InputError

EXAMPLE = "Example: labelfix relabel --out fixed.csv --min-confidence 0.8"

NEW_PANEL = "New images"

NewImages = Annotated[
    Path | None,
    typer.Option(
        "--images",
        metavar="DIR",
        help="Judge these images instead, which were not trained on: what the workspace has "
        "learned is applied to them, and missing labels are predicted. Nothing is trained.",
        show_default=False,
        rich_help_panel=NEW_PANEL,
    ),
]
NewManifest = Annotated[
    Path | None,
    typer.Option(
        "--manifest",
        metavar="FILE",
        help="CSV or Parquet with an image column, and a label column or none; left out: every "
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
        help="Their vectors, where those of the workspace came from --encoder precomputed:FILE; "
        "once for each such encoder, in their order.",
        show_default=False,
        rich_help_panel=NEW_PANEL,
    ),
]

OF_NEW_IMAGES = {
    "new_manifest": "--manifest",
    "new_embeddings": "--embeddings",
    "image_column": "--image-column",
    "label_column": "--label-column",
    "delimiter": "--delimiter",
    "encoding": "--encoding",
    "no_header": "--no-header",
    "columns": "--columns",
    "label_pattern": "--label-pattern",
    "missing": "--missing",
}
"""What says nothing without --images, by the parameters' names."""


def relabel(
    context: typer.Context,
    out: cli.Out,
    new_images: NewImages = None,
    new_manifest: NewManifest = None,
    new_embeddings: NewEmbeddings = None,
    image_column: cli.ImageColumn = ManifestOptions.image_column,
    label_column: cli.LabelColumn = ManifestOptions.label_column,
    delimiter: cli.Delimiter = ManifestOptions.delimiter,
    encoding: cli.Encoding = ManifestOptions.encoding,
    no_header: cli.NoHeader = not ManifestOptions.has_header,
    columns: cli.Columns = None,
    label_pattern: cli.LabelPattern = ManifestOptions.label_pattern,
    missing: cli.Missing = ManifestOptions.missing,
    audited: cli.Audited = None,
    min_precision: cli.MinPrecision = RelabelOptions.min_precision,
    min_confidence: cli.MinConfidence = RelabelOptions.min_confidence,
    ddim_steps: cli.DdimSteps = None,
    device: cli.Device = RelabelOptions.device,
    workspace: cli.WorkspaceFolder = Path(DEFAULT_WORKSPACE),
    force: cli.Force = False,
    frozen: cli.Frozen = False,
    quiet: cli.Quiet = False,
    as_json: cli.AsJson = False,
) -> None:
    """Write the manifest with corrected labels and a confidence for every row.

    A label is changed where another one is likelier right than it, as far as --min-precision
    and --min-confidence let it. For review are labels that stay although they are likelier wrong
    than right, or another one is likelier; review_rank says in which order to look.

    With --images, the same for images that the workspace has not seen, with or without labels.
    """
    relabel_options = RelabelOptions(device, min_precision, min_confidence, ddim_steps)
    manifest_options = ManifestOptions(
        image_column,
        label_column,
        None,
        delimiter,
        encoding,
        missing,
        has_header=not no_header,
        columns=cli.column_names(columns),
        label_pattern=label_pattern,
    )
    if new_images is None:
        _check_about_new_images(context)
    with working(workspace, quiet=quiet, as_json=as_json) as session:
        from labelfix.data.records import Rerun

        common = (out, relabel_options, session.progress, Rerun(force, frozen))
        if new_images is None:
            from labelfix.correction.relabel_stage import run_relabel

            result, corrections = run_relabel(session.workspace, *common, audited or ())
            session.done(result)
        else:
            from labelfix.correction.new_images import run_relabel_new
            from labelfix.data.manifest_inputs import EmbedInputs

            inputs = EmbedInputs(
                images=new_images,
                manifest=new_manifest,
                embeddings=tuple(new_embeddings or ()),
                options=manifest_options,
                audited=tuple(audited or ()),
            )
            corrections = run_relabel_new(session.workspace, inputs, *common, session.done)
        session.print_corrections(corrections, out)


def _check_about_new_images(context: typer.Context) -> None:
    """See that nothing on the command line is about new images."""
    option = first_given(context, OF_NEW_IMAGES)
    if option is not None:
        raise InputError(
            f"{option}: expected --images DIR beside it, found none",
            "Without --images, relabel corrects the manifest that was embedded.",
        )
