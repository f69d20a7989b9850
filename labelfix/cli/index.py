"""`labelfix index`."""

from labelfix.cli.session import working
from labelfix.cli.signature import with_options
from labelfix.options.index_options import IndexOptions
from labelfix.options.workspace_options import WorkspaceOptions

EXAMPLE = "Example: labelfix index --engine hnsw"


@with_options()
def index(*, index: IndexOptions, work: WorkspaceOptions) -> None:
    """Find the nearest neighbours of every image.

    Exact search is the default; ivf and hnsw are for many rows, and their recall against exact
    search is measured and recorded.
    """
    with working(work) as session:
        from labelfix.data.records import Rerun
        from labelfix.retrieval.stage import run_index

        rerun = Rerun(work.force, work.frozen)
        session.done(run_index(session.workspace, index, session.progress, rerun))
        session.print_stage()
