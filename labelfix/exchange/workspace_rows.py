"""The rows of a workspace as they go out."""

from pathlib import Path

from labelfix.data import embeddings
from labelfix.data.encoder_views import encoders_of
from labelfix.data.workspace import Workspace
from labelfix.exchange.batch_rows import rows_of
from labelfix.exchange.rows import ExportedRows
from labelfix.judging.own_batch import own_batch

_ONLY_VECTORS = "precomputed:"


def rows_in(workspace: Workspace, moved_to: Path | None = None) -> ExportedRows:
    """All rows of a workspace whose labels were judged.

    Args:
        workspace: in which all stages ran.
        moved_to: where the image folder is now; None takes the one that the workspace recorded.

    Raises:
        InputError: the folder does not exist.
        MissingStageError: the labels were not judged, or have changed since.
    """
    batch = own_batch(workspace, moved_to=moved_to)
    encoders = encoders_of(embeddings.finished_record(workspace.embeddings))
    only_vectors = all(encoder.startswith(_ONLY_VECTORS) for encoder in encoders)
    return rows_of(batch, has_file_hashes=not only_vectors)
