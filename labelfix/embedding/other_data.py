"""A workspace is of one data set: refuse another one before it replaces what was trained."""

import hashlib
import os.path
from collections.abc import Iterable, Sequence
from pathlib import Path

from labelfix.data import embeddings, manifest
from labelfix.data.encoder_views import encoders_of
from labelfix.data.manifest import Manifest
from labelfix.data.workspace import Workspace
from labelfix.embedding.embedded_images import kept_folder
from labelfix.encoders.registry import ONLY_VECTORS, parse_encoder
from labelfix.errors import LabelfixError, WorkspaceError
from labelfix.images.decode import UnreadableImageError, read_image_file

LEAST_SHARED = 0.5
"""Two data sets are one if they share this part of the images of either: a part of it, a corrected
manifest and a set that has grown are the same data set."""

FILES_COMPARED = 200
"""Of images whose paths are not known, so many files are compared by their bytes; the share that
is found is off by 0.07 at most, 19 times of 20."""


def check_same_data(
    workspace: Workspace, opened: Manifest, folder: Path, *, reads_images: bool = True
) -> None:
    """Check that a workspace is empty, or holds the data set that is to be embedded in it.

    An image is the same if its path is, or else the bytes of its file: a data set may have moved,
    and two data sets may have equal names.

    Args:
        workspace: in which the data set would be embedded.
        opened: its manifest.
        folder: its image folder.
        reads_images: whether its images are opened; vectors of a file have names alone.

    Raises:
        WorkspaceError: the workspace holds another data set.
    """
    try:
        held = manifest.load_manifest(workspace.manifest)
        held_images = embeddings.load_image_names(workspace.embeddings)
        encoders = encoders_of(embeddings.finished_record(workspace.embeddings))
        hashes = embeddings.load_content_hashes(workspace.embeddings)
    except LabelfixError:
        return  # nothing was finished in it, or it is damaged and will be made again
    images = opened.unique_images()
    held_folder = kept_folder(workspace)
    has_files = any(parse_encoder(encoder).kind != ONLY_VECTORS for encoder in encoders)
    if not (has_files and reads_images) or held_folder is None:
        shared = float(len(set(images) & set(held_images)))
    else:
        shared = _shared(_paths(images, folder), _paths(held_images, held_folder), set(hashes))
    if shared >= LEAST_SHARED * min(len(images), len(held_images)):
        return
    found = f"about {shared:,.0f} of them" if shared >= 1 else "none of them"
    raise WorkspaceError(
        f"the workspace {workspace.root} holds another data set: expected most of its "
        f"{_described(held_images, held, held_folder)}, found {found} among the "
        f"{_described(images, opened, folder)}",
        "Give this data set a folder of its own with --workspace, or replace the other one: "
        "labelfix run --force.",
    )


def _paths(images: Iterable[str], folder: Path) -> list[str]:
    root = str(folder.resolve())
    return [os.path.normpath(os.path.join(root, image)) for image in images]  # noqa: PTH118


def _shared(paths: Sequence[str], held: Sequence[str], hashes: set[str]) -> float:
    """How many images are in both, by path, or else by the bytes of some files."""
    known = set(held)
    others = [path for path in paths if path not in known]
    same = len(paths) - len(others)
    if not others or same >= LEAST_SHARED * min(len(paths), len(known)):
        return float(same)
    step = max(len(others) / FILES_COMPARED, 1.0)
    sample = [others[int(place * step)] for place in range(min(len(others), FILES_COMPARED))]
    found = sum(_content_hash(path) in hashes for path in sample)
    return same + found / len(sample) * len(others)


def _content_hash(path: str) -> str:
    """The sha256 of a file; empty if it cannot be read."""
    try:
        return hashlib.sha256(read_image_file(Path(path))).hexdigest()
    except UnreadableImageError:
        return ""


def _described(images: Sequence[str], opened: Manifest, folder: Path | None) -> str:
    """`1,797 images of sample_data/images, listed in sample_data/manifest.csv`."""
    where = f" of {folder}" if folder is not None else ""
    listed = "" if opened.source.is_folder else f", listed in {opened.source.path}"
    return f"{len(images):,} image{'s' * (len(images) != 1)}{where}{listed}"
