"""`labelfix relabel`."""

from pathlib import Path

from labelfix.cli import options as cli
from labelfix.cli.session import working
from labelfix.config import DEFAULT_WORKSPACE, RelabelOptions

EXAMPLE = "Example: labelfix relabel --out fixed.csv --min-confidence 0.8"


def relabel(
    out: cli.Out,
    min_precision: cli.MinPrecision = RelabelOptions.min_precision,
    min_confidence: cli.MinConfidence = RelabelOptions.min_confidence,
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
    """
    relabel_options = RelabelOptions(device, min_precision, min_confidence)
    with working(workspace, quiet=quiet, as_json=as_json) as session:
        from labelfix.correction.stage import run_relabel
        from labelfix.data.stage import Rerun

        result, corrections = run_relabel(
            session.workspace, out, relabel_options, session.progress, Rerun(force, frozen)
        )
        session.done(result)
        session.print_corrections(corrections, out)
