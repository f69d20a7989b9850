"""Embeddings by several encoders: one folder per encoder, read side by side."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelfix.data import records
from labelfix.data.records import Record
from labelfix.errors import MissingStageError

FOLDER = "encoders"
"""The workspace's folder that holds one folder of parts per encoder."""
DIGITS = 8
"""Of an encoder's hash in its folder's name: names may differ in characters that paths lack."""
MOST_OF_A_NAME = 60
"""Characters of the encoder in a folder's name."""


@dataclass(frozen=True, kw_only=True)
class EncoderView:
    """What one of several encoders made.

    Attributes:
        encoder: as the user names it.
        folder: relative to the workspace.
        dimension: length of each vector.
        fingerprint: of all its parts.
        has_file_hashes: whether its content hashes are those of image files.
    """

    encoder: str
    folder: str
    dimension: int
    fingerprint: str
    has_file_hashes: bool


def views_in(record: Record) -> list[EncoderView]:
    """What each of several encoders made; empty for a single encoder."""
    return [EncoderView(**view) for view in record.details.get("views", [])]


def check_views(root: Path, record: Record) -> None:
    """Check that each encoder's embeddings are those that were joined.

    Args:
        root: of the workspace.
        record: of the embeddings.

    Raises:
        MissingStageError: some are missing, or have been made again.
    """
    for view in views_in(record):
        made = records.read_record(root / view.folder)
        if made is None or made.details["fingerprint"] != view.fingerprint:
            raise MissingStageError(
                f"the embeddings by {view.encoder} in {root / view.folder} are missing or have "
                "changed",
                "Run labelfix embed IMAGES MANIFEST again, with all encoders.",
            )


def views_as_json(views: Sequence[EncoderView]) -> list[dict[str, object]]:
    """The JSON that `views_in` reads."""
    return [asdict(view) for view in views]


def encoders_of(record: Record) -> list[str]:
    """The encoders of an embed stage, as the user named them."""
    encoder: str | list[str] = record.options["encoder"]
    return [encoder] if isinstance(encoder, str) else list(encoder)


def folder_of(encoder: str) -> str:
    """The folder of one encoder, relative to the workspace."""
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", encoder).strip("-.")[-MOST_OF_A_NAME:]
    return f"{FOLDER}/{readable}-{records.fingerprint(encoder)[:DIGITS]}"


def rows_in_all(listed: Sequence[Sequence[str]]) -> list[npt.NDArray[np.int64]]:
    """The rows of the names that all lists share, in the order of the first list.

    Args:
        listed: for each of V encoders its embedded images, without repeats.

    Returns:
        V arrays (N,) int64; entry n of each is the same image.
    """
    positions = [{name: row for row, name in enumerate(names)} for names in listed]
    common = [name for name in listed[0] if all(name in rows for rows in positions)]
    return [np.array([rows[name] for name in common], dtype=np.int64) for rows in positions]


def side_by_side(
    views: Iterable[npt.NDArray[np.float32]], rows: int, dimension: int | None = None
) -> npt.NDArray[np.float32]:
    """Concatenate vectors of length 1 so that every view has the same weight.

    The cosine similarity of two rows is the mean of their similarities in the views.

    Args:
        views: V arrays (N, D_v) float32 with rows of length 1, or zeros.
        rows: N.
        dimension: the sum of D_v, for views from an iterator; None computes it.

    Returns:
        (N, sum of D_v) float32, rows of length 1.
    """
    if dimension is None:
        views = list(views)
        dimension = sum(vectors.shape[1] for vectors in views)
    joined = np.empty((rows, dimension), dtype=np.float32)
    start, count = 0, 0
    for vectors in views:
        joined[:, start : start + vectors.shape[1]] = vectors
        start += vectors.shape[1]
        count += 1
    joined *= np.float32(1 / np.sqrt(count))
    return joined


def joined_hashes(hashes: Sequence[Sequence[str]], views: Sequence[EncoderView]) -> list[str]:
    """The content hash of each image: its file's, if an encoder read the file.

    Args:
        hashes: V lists of N hashes.
        views: V.
    """
    for of_view, view in zip(hashes, views, strict=True):
        if view.has_file_hashes:
            return list(of_view)
    together = ("".join(parts) for parts in zip(*hashes, strict=True))
    return [hashlib.sha256(text.encode("ascii")).hexdigest() for text in together]


def joined_reasons(
    quarantined: Sequence[dict[str, str]], encoders: Sequence[str]
) -> dict[str, str]:
    """Why images are not in all views; the encoder is named if others accept the image.

    Args:
        quarantined: for each of V encoders the images it could not use, and why.
        encoders: V names.
    """
    found: dict[str, str] = {}
    for encoder, reasons in zip(encoders, quarantined, strict=True):
        for image, reason in reasons.items():
            everywhere = all(others.get(image) == reason for others in quarantined)
            found.setdefault(image, reason if everywhere else f"{reason} (--encoder {encoder})")
    return found
