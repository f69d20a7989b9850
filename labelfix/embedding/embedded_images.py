"""The image files behind the embeddings: found again, and checked to be unchanged."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelfix.data import embeddings, image_paths, names, records
from labelfix.data.encoder_views import encoders_of
from labelfix.data.manifest import Manifest
from labelfix.data.workspace import Workspace
from labelfix.encoders.registry import ONLY_VECTORS, parse_encoder
from labelfix.errors import InputError, MissingStageError
from labelfix.images.decode import UnreadableImageError, read_image_file
from labelfix.images.pixels import measured_side, read_pixels

IMAGE_FOLDER = "image_folder"
"""The detail of the manifest's record that holds the folder's absolute path."""
EMBED_AGAIN = "Run labelfix embed IMAGES MANIFEST again; what is unchanged is kept."


@dataclass(frozen=True, kw_only=True)
class EmbeddedImages:
    """The N embedded images as files.

    Attributes:
        names: relative to the folder, in the order of the embeddings.
        folder: the image folder, which may be gone.
        content_hashes: the expected sha256 of the files' bytes.
        scratch: the folder for a file of pixels that do not fit in memory.
    """

    names: Sequence[str] = field(repr=False)
    folder: Path
    content_hashes: Sequence[str] = field(repr=False)
    scratch: Path | None = None

    @property
    def fingerprint(self) -> str:
        """The sha256 of all images."""
        return records.fingerprint(list(self.content_hashes))

    def side(self) -> int:
        """A suitable side in px.

        Raises:
            InputError: the folder is gone.
        """
        self._check_folder()
        return measured_side(self.names, self.folder)

    def pixels(
        self,
        size: int,
        chosen: npt.NDArray[np.int64] | None = None,
        advance: Callable[[int], None] = lambda _: None,
    ) -> npt.NDArray[np.uint8]:
        """Read images.

        Args:
            size: S, the side in px.
            chosen: (n,) which of the N; None reads all.
            advance: called with 1 for each image.

        Returns:
            (n, 3, S, S) uint8, red, green, blue.

        Raises:
            InputError: the folder is gone, or an image is unreadable or has changed.
        """
        self._check_folder()
        which = range(len(self.names)) if chosen is None else chosen.tolist()
        wanted = [self.names[row] for row in which]
        read = read_pixels(wanted, self.folder, size, advance=advance, scratch=self.scratch)
        for name, reason in read.unreadable.items():
            raise InputError(
                f"expected the image {names.to_text(name)} in {self.folder} as it was embedded, "
                f"found an unreadable file: {reason}",
                EMBED_AGAIN,
            )
        for row, found in zip(which, read.content_hashes, strict=True):
            if found != self.content_hashes[row]:
                raise InputError(
                    f"the image {names.to_text(self.names[row])} in {self.folder} has changed "
                    "since it was embedded",
                    EMBED_AGAIN,
                )
        return read.values

    def _check_folder(self) -> None:
        if not self.folder.is_dir():
            raise InputError(
                f"expected the images that were embedded in {self.folder}, found no such folder",
                "Name the folder where they are now: labelfix train --images DIR, with the other "
                "options of the training.",
            )


def find_embedded_images(
    workspace: Workspace, opened: Manifest, moved_to: Path | None = None
) -> EmbeddedImages:
    """The image files behind the embeddings of a workspace; no image is decoded.

    If the embeddings came from a file of vectors, the images are read now and hashed.

    Args:
        workspace: with finished embeddings.
        opened: its manifest.
        moved_to: the image folder's new place, which the workspace remembers. None takes the
            known one.

    Raises:
        MissingStageError: the workspace knows no image folder.
        InputError: a name leads out of the folder, or images are missing.
    """
    folder = moved_to or _kept_folder(workspace)
    listed = embeddings.load_image_names(workspace.embeddings)
    record = embeddings.finished_record(workspace.embeddings)
    kinds = {parse_encoder(encoder).kind for encoder in encoders_of(record)}
    only_vectors = kinds == {ONLY_VECTORS}
    if moved_to is not None or only_vectors:
        image_paths.check_image_names(opened, folder)
    if only_vectors:
        hashes = _hash_files(listed, folder)
    else:
        hashes = embeddings.load_content_hashes(workspace.embeddings)
    if moved_to is not None:
        _check_there(listed, moved_to)
        _keep_folder(workspace, moved_to)
    return EmbeddedImages(
        names=listed, folder=folder, content_hashes=hashes, scratch=workspace.root
    )


def kept_folder(workspace: Workspace) -> Path | None:
    """The image folder that a workspace remembers, or None."""
    record = records.read_record(workspace.manifest)
    folder = None if record is None else record.details.get(IMAGE_FOLDER)
    return None if folder is None else Path(folder)


def _kept_folder(workspace: Workspace) -> Path:
    folder = kept_folder(workspace)
    if folder is None:
        raise MissingStageError(
            f"the workspace {workspace.root} does not know where the images are",
            "Name their folder with labelfix train --images DIR, or run labelfix embed again.",
        )
    return folder


def _keep_folder(workspace: Workspace, folder: Path) -> None:
    record = records.read_record(workspace.manifest)
    if record is not None:
        details = {**record.details, IMAGE_FOLDER: str(folder.resolve())}
        records.write_record(workspace.manifest, replace(record, details=details))


def _check_there(listed: Sequence[str], folder: Path) -> None:
    """Check that a folder holds the images, before the workspace remembers it."""
    missing = [name for name in listed if not image_paths.is_image_there(folder / name)]
    if missing:
        raise InputError(
            f"--images: expected the {len(listed)} embedded images in {folder}, found "
            f"{len(missing)} missing, for example {names.to_text(missing[0])}",
            "Name the folder that the manifest's image paths are relative to.",
        )


def _hash_files(listed: Sequence[str], folder: Path) -> list[str]:
    """The sha256 of every image's file.

    Raises:
        InputError: an image cannot be read.
    """
    hashes = []
    for name in listed:
        try:
            hashes.append(hashlib.sha256(read_image_file(folder / name)).hexdigest())
        except UnreadableImageError as error:
            raise InputError(
                f"--image-branch: expected the image of every embedded row in {folder}, "
                f"found {names.to_text(name)}: {error.reason}",
                "Name the image folder: labelfix train --images DIR.",
            ) from error
    return hashes
