"""The sha256 of images' bytes: from their files, or as a workspace knows them."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labelfix.data import embeddings, image_paths, names, records
from labelfix.data.image_places import place_images
from labelfix.data.manifest import Manifest, load_manifest
from labelfix.data.workspace import Workspace
from labelfix.embedding.image_hashes import file_hashes
from labelfix.errors import InputError
from labelfix.runtime.progress import Progress


@dataclass(frozen=True, kw_only=True)
class KnownContents:
    """What is known of the images' contents.

    Attributes:
        hash_of: the sha256 of an image, by the name that the manifest writes; empty where it is
            unknown.
        source: where the hashes come from, for a person; empty where nothing is known.
        is_complete: whether an image without a hash is one without a file.
        every: the name of every image by its hash, read when it is needed; a hash that several
            names have is left out.
    """

    hash_of: Callable[[str], str] = field(repr=False)
    source: str
    is_complete: bool = False
    every: Callable[[], Mapping[str, str]] = field(repr=False)


def _unknown(_image: str) -> str:
    return ""


NOTHING_KNOWN = KnownContents(hash_of=_unknown, source="", every=dict)


def contents_of_folder(opened: Manifest, folder: Path, progress: Progress) -> KnownContents:
    """Hashes of the files in an image folder, each read when it is asked for.

    Args:
        opened: the manifest.
        folder: the image folder.
        progress: says how paths are read that do not fit as written.

    Raises:
        InputError: there is no such folder, or a name leads out of it.
    """
    if not folder.is_dir():
        raise InputError(
            f"--images {folder}: expected the image folder, found none",
            "Name the folder that the manifest's paths are relative to.",
        )
    places = place_images(opened, folder)
    image_paths.check_image_names(places.manifest, folder, places.advice)
    for note in places.notes:
        progress.say(note)
    file_of = dict(zip(opened.written_images(), places.manifest.images, strict=True))
    known: dict[str, str] = {}

    def hash_of(image: str) -> str:
        if image not in known:
            known[image] = _hash_of_file(folder / file_of.get(image, image))
        return known[image]

    def every() -> dict[str, str]:
        return _by_hash((image, hash_of(image)) for image in file_of)

    source = f"the files in {folder}"
    return KnownContents(hash_of=hash_of, source=source, is_complete=True, every=every)


def contents_of_workspace(workspace: Workspace) -> KnownContents:
    """Hashes of the files as they were when they were embedded; none of precomputed vectors."""
    if records.read_record(workspace.embeddings) is None:
        return NOTHING_KNOWN
    images = embeddings.load_image_names(workspace.embeddings)
    hashes = file_hashes(workspace)
    if not any(hashes):
        return NOTHING_KNOWN
    of_file = dict(zip(images, hashes, strict=True))
    opened = load_manifest(workspace.manifest)
    pairs = zip(opened.written_images(), opened.images, strict=True)
    known = {written: of_file.get(image, "") for written, image in pairs}

    def hash_of(image: str) -> str:
        return known.get(image, "")

    def every() -> dict[str, str]:
        return _by_hash(known.items())

    source = f"the workspace {workspace.root}, as it embedded them"
    return KnownContents(hash_of=hash_of, source=source, every=every)


def _hash_of_file(path: Path) -> str:
    """The sha256 of a file's bytes; empty where there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise InputError(
            f"{names.to_text(str(path))} could not be read: {error.strerror or error}",
            "Make the image readable, or leave --images out; contents are not compared then.",
        ) from error


def _by_hash(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The one image of each hash; copies of one image cannot be told apart by it."""
    found: dict[str, str] = {}
    several = set()
    for image, content in pairs:
        if content and found.setdefault(content, image) != image:
            several.add(content)
    return {content: image for content, image in found.items() if content not in several}
