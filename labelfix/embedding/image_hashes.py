"""The content hashes by which decisions find their images."""

from labelfix.data import embeddings
from labelfix.data.encoder_views import encoders_of
from labelfix.data.workspace import Workspace
from labelfix.encoders.registry import ONLY_VECTORS, parse_encoder


def file_hashes(workspace: Workspace) -> list[str]:
    """The sha256 of the file of each embedded image, "" if only vectors were embedded.

    Raises:
        MissingStageError: nothing is embedded.
        WorkspaceError: a part is damaged.
    """
    record = embeddings.finished_record(workspace.embeddings)
    if all(parse_encoder(encoder).kind == ONLY_VECTORS for encoder in encoders_of(record)):
        return [""] * len(embeddings.load_image_names(workspace.embeddings))
    return embeddings.load_content_hashes(workspace.embeddings)
