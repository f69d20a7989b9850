"""The content hashes by which decisions find their images."""

from labelfix.data import embeddings
from labelfix.data.encoder_views import encoders_of
from labelfix.data.workspace import Workspace
from labelfix.encoders.registry import ONLY_VECTORS, parse_encoder


def has_file_hashes(workspace: Workspace) -> bool:
    """Whether the content hashes of the embeddings are of image files, and not of vectors.

    Raises:
        MissingStageError: nothing is embedded.
    """
    record = embeddings.finished_record(workspace.embeddings)
    kinds = {parse_encoder(encoder).kind for encoder in encoders_of(record)}
    return kinds != {ONLY_VECTORS}


def file_hashes(workspace: Workspace) -> list[str]:
    """The sha256 of the file of each embedded image, "" if only vectors were embedded.

    Raises:
        MissingStageError: nothing is embedded.
        WorkspaceError: a part is damaged.
    """
    if not has_file_hashes(workspace):
        return [""] * len(embeddings.load_image_names(workspace.embeddings))
    return embeddings.load_content_hashes(workspace.embeddings)
