"""`labelfix index`."""

from pathlib import Path

from labelfix.cli import options as cli
from labelfix.cli.session import working
from labelfix.config import DEFAULT_WORKSPACE, IndexOptions

EXAMPLE = "Example: labelfix index --engine hnsw"


def index(
    engine: cli.EngineName = IndexOptions.engine,
    neighbours: cli.NeighbourCount = IndexOptions.neighbours,
    device: cli.Device = IndexOptions.device,
    workspace: cli.WorkspaceFolder = Path(DEFAULT_WORKSPACE),
    force: cli.Force = False,
    frozen: cli.Frozen = False,
    quiet: cli.Quiet = False,
    as_json: cli.AsJson = False,
) -> None:
    """Find the nearest neighbours of every image.

    Exact search is the default; ivf and hnsw are for many rows, and their recall against exact
    search is measured and recorded.
    """
    index_options = IndexOptions(engine, neighbours, device)
    with working(workspace, quiet=quiet, as_json=as_json) as session:
        from labelfix.data.records import Rerun
        from labelfix.retrieval.stage import run_index

        session.done(
            run_index(session.workspace, index_options, session.progress, Rerun(force, frozen))
        )
        session.print_stage()
