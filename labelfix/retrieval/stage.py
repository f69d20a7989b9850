"""The index stage: a search index and the nearest neighbours of every image."""

import numpy as np
import numpy.typing as npt

from labelfix.config import IndexOptions
from labelfix.data import atomic, embeddings, records
from labelfix.data.neighbours import NearestImages, save_neighbours
from labelfix.data.records import Rerun, RowCounts, StagePlan, StageResult
from labelfix.data.workspace import Workspace
from labelfix.device import resolve_device
from labelfix.errors import MissingStageError
from labelfix.progress import Progress
from labelfix.retrieval.registry import make_engine
from labelfix.retrieval.search import find_nearest, find_neighbours, recall_against

INDEX_FILE = "vectors.index"
INDEX_AGAIN = "Run labelfix index again."


def run_index(
    workspace: Workspace, options: IndexOptions, progress: Progress, rerun: Rerun
) -> StageResult:
    """Index the embeddings and find every image's neighbours.

    The index is a cache: it is made again if it is missing, damaged or of other embeddings.

    Raises:
        MissingStageError: there are no embeddings.
        WorkspaceError: frozen, and the neighbours are of other embeddings or options.
    """
    embed_record = embeddings.finished_record(workspace.embeddings)
    device = resolve_device(options.device)
    plan = StagePlan(
        stage="index",
        artefact=workspace.neighbours,
        options={"engine": options.engine, "neighbours": options.neighbours, "device": device},
        inputs={"embeddings": embed_record.details["fingerprint"]},
    )
    result = plan.up_to_date(rerun, progress)
    if result is not None:
        return result
    engine = make_engine(options.engine, device)
    embedded = embeddings.load_embeddings(workspace.embeddings)
    engine.add(embedded.vectors)
    neighbours = find_neighbours(engine, embedded.vectors, options.neighbours, progress)
    recall = 1.0
    if not engine.exact:
        exact = make_engine("exact", device)
        exact.add(embedded.vectors)
        recall = recall_against(exact, neighbours, embedded.vectors, options.recall_rows)
    index_path = workspace.index / INDEX_FILE
    with atomic.replacing(index_path) as temporary:
        engine.write(temporary)
    save_neighbours(workspace.neighbours, neighbours)
    details = {
        "engine": options.engine,
        "neighbours": neighbours.indices.shape[1],
        "exact": engine.exact,
        "recall": round(recall, 4),
    }
    return plan.finish(
        [workspace.neighbours, index_path],
        RowCounts(rows_in=len(embedded), used=len(embedded)),
        device=device,
        details=details,
    )


def find_in_index(
    workspace: Workspace,
    vectors: npt.NDArray[np.float32],
    queries: npt.NDArray[np.float32],
    device: str,
    progress: Progress,
) -> NearestImages:
    """The nearest embedded images of new images, by the index stage's engine and number.

    Args:
        workspace: with up-to-date neighbours.
        vectors: (N, D) float32, its embeddings.
        queries: (M, D) float32 of length 1.
        device: `cpu` or `cuda`.
        progress: reports progress.

    Raises:
        MissingStageError: there are no neighbours, or an approximate index is damaged.
    """
    record = records.read_record(workspace.neighbours)
    if record is None:
        raise MissingStageError(f"no neighbours at {workspace.neighbours}", INDEX_AGAIN)
    path = workspace.index / INDEX_FILE
    engine = make_engine(record.details["engine"], device)
    if not engine.exact and not records.is_whole(workspace.neighbours, record):
        raise MissingStageError(f"the index {path} is missing or damaged", INDEX_AGAIN)
    engine.read(path, vectors)
    return find_nearest(engine, vectors, queries, record.details["neighbours"], progress)
