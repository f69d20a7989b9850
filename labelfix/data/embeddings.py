"""Embeddings: one unit vector per image, in Parquet parts written as they are made."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from labelfix.data import atomic, names, records
from labelfix.data.encoder_views import (
    EncoderView,
    check_views,
    joined_hashes,
    joined_reasons,
    rows_in_all,
    side_by_side,
    views_in,
)
from labelfix.data.records import Record
from labelfix.errors import InputError, MissingStageError, WorkspaceError

ROW_GROUP_ROWS = 65536


@dataclass(frozen=True, kw_only=True)
class Embeddings:
    """N images and their embeddings.

    Attributes:
        images: N names.
        content_hashes: N sha256 of what was embedded: the image file's bytes, or the vector's if
            vectors were given.
        vectors: (N, D) float32, each row of length 1.
        encoder: the encoder, as the user names it.
        fingerprint: sha256 over all of it, by which later stages recognise it.
    """

    images: list[str] = field(repr=False)
    content_hashes: list[str] = field(repr=False)
    vectors: npt.NDArray[np.float32] = field(repr=False)
    encoder: str = ""
    fingerprint: str = ""

    def __post_init__(self) -> None:
        check_vectors(self.vectors, rows=len(self.images))

    def __len__(self) -> int:
        return len(self.images)


def check_vectors(vectors: npt.NDArray[np.float32], *, rows: int) -> None:
    """Check that an array holds one unit vector per row.

    Raises:
        InputError: wrong shape or type, or a vector that is not finite or not of length 1.
    """
    if vectors.ndim != 2 or len(vectors) != rows or vectors.dtype != np.float32:
        raise InputError(
            f"expected embeddings of shape ({rows}, D) and type float32, "
            f"found {vectors.shape} and {vectors.dtype}"
        )
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    bad = np.flatnonzero(~(np.abs(lengths - 1) < 1e-3))
    if len(bad):
        raise InputError(
            f"expected embeddings of length 1, found length {lengths[bad[0]]} in row {bad[0] + 1}"
        )


def unit_length(
    vectors: npt.NDArray[Any],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Scale vectors to length 1.

    Args:
        vectors: (N, D) numbers.

    Returns:
        (N, D) float32 of length 1, and (N,) whether a row could be scaled: one that is not finite
        or all zeros could not, and is all zeros.
    """
    exact = vectors.astype(np.float64)
    # Tiny or huge values must not underflow or overflow when squared.
    scale = np.max(np.abs(exact), axis=1, keepdims=True, initial=0.0)
    usable = np.isfinite(scale[:, 0]) & (scale[:, 0] > 0)
    exact[~usable] = 0.0
    exact[usable] /= scale[usable]
    exact[usable] /= np.linalg.norm(exact[usable], axis=1, keepdims=True)
    return exact.astype(np.float32), usable


@dataclass(frozen=True, kw_only=True)
class Part:
    """One finished part: what made it, its hash, and the images that could not be used."""

    key: str
    sha256: str
    rows: int
    quarantined: list[tuple[str, str]]


def part_path(folder: Path, number: int) -> Path:
    """`part-00000.parquet` and so on."""
    return folder / f"part-{number:05d}.parquet"


def part_record_path(path: Path) -> Path:
    """The path of a part's record.

    Readers of a folder of Parquet files skip names that begin with `_`.
    """
    return path.with_name(f"_{path.name}.record.json")


def write_part(
    path: Path,
    images: Sequence[str],
    content_hashes: Sequence[str],
    vectors: npt.NDArray[np.float32],
    *,
    key: str,
    quarantined: Sequence[tuple[str, str]],
) -> Part:
    """Write one part and then its record, which marks it finished."""
    dimension = vectors.shape[1]
    # Not nullable: the vectors then read 1.5 times as fast.
    vector_type = pa.list_(pa.field("element", pa.float32(), nullable=False), dimension)
    columns = {
        "image": pa.array([names.to_text(name) for name in images], pa.string()),
        "content_hash": pa.array(content_hashes, pa.string()),
        "embedding": pa.FixedSizeListArray.from_arrays(
            pa.array(vectors.reshape(-1)), type=vector_type
        ),
    }
    schema = pa.schema(
        [pa.field(name, array.type, nullable=False) for name, array in columns.items()]
    )
    table = pa.table(columns, schema=schema)
    with atomic.replacing(path) as temporary:
        pq.write_table(
            table,
            temporary,
            row_group_size=ROW_GROUP_ROWS,
            # Floats of unit vectors neither compress nor repeat: plain pages read fastest.
            compression="none",
            use_dictionary=False,
            write_statistics=False,
        )
    about: dict[str, Any] = {
        "key": key,
        "sha256": records.fingerprint_file(path),
        "rows": len(images),
    }
    listed = [[names.to_text(name), reason] for name, reason in quarantined]
    atomic.write_json(part_record_path(path), {**about, "quarantined": listed})
    return Part(**about, quarantined=list(quarantined))


def read_part_record(path: Path) -> Part | None:
    """The record of a finished part, or None if it is missing or damaged."""
    try:
        about = json.loads(part_record_path(path).read_text(encoding="utf-8"))
        quarantined = [(names.from_text(name), reason) for name, reason in about["quarantined"]]
        part = Part(**{**about, "quarantined": quarantined})
        return part if records.fingerprint_file(path) == part.sha256 else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def load_quarantined(folder: Path) -> dict[str, str]:
    """The images that the embed stage could not use, and why."""
    record = records.read_record(folder)
    if record is not None and (views := views_in(record)):
        reasons = [load_quarantined(folder.parent / view.folder) for view in views]
        return joined_reasons(reasons, [view.encoder for view in views])
    parts = (read_part_record(path) for path in sorted(folder.glob("part-*.parquet")))
    return {image: reason for part in parts if part for image, reason in part.quarantined}


def finished_record(folder: Path) -> Record:
    """The record of a finished embed stage.

    Raises:
        MissingStageError: the stage has not finished.
    """
    record = records.read_record(folder)
    if record is None:
        raise MissingStageError(
            f"no finished embeddings in {folder}", "Run labelfix embed IMAGES MANIFEST first."
        )
    check_views(folder.parent, record)
    return record


def load_embeddings(folder: Path) -> Embeddings:
    """Read all parts of a finished embed stage.

    Raises:
        MissingStageError: the stage has not finished.
        WorkspaceError: a part is damaged.
    """
    record = finished_record(folder)
    if views := views_in(record):
        return _load_joined(folder, record, views)
    if not records.is_whole(folder, record):
        raise _damaged(folder)
    images: list[str] = []
    hashes: list[str] = []
    dimension = int(record.details["dimension"])
    vectors = np.empty((record.details["images"], dimension), dtype=np.float32)
    row = 0
    for name in record.outputs:
        for part_images, part_hashes, part_vectors in read_part(folder.parent / name):
            images += part_images
            hashes += part_hashes
            vectors[row : row + len(part_images)] = part_vectors
            row += len(part_images)
    return Embeddings(
        images=images,
        content_hashes=hashes,
        vectors=vectors,
        encoder=record.details["encoder"],
        fingerprint=record.details["fingerprint"],
    )


def _load_joined(folder: Path, record: Record, views: Sequence[EncoderView]) -> Embeddings:
    """The vectors of several encoders side by side, for the images that all could use."""
    folders = [folder.parent / view.folder for view in views]
    rows = rows_in_all([load_image_names(place) for place in folders])
    parts = zip(folders, rows, strict=True)
    vectors = side_by_side(
        (load_embeddings(place).vectors[of_view] for place, of_view in parts),
        len(rows[0]),
        sum(view.dimension for view in views),
    )
    return Embeddings(
        images=load_image_names(folder),
        content_hashes=load_content_hashes(folder),
        vectors=vectors,
        encoder=record.details["encoder"],
        fingerprint=record.details["fingerprint"],
    )


def load_image_names(folder: Path) -> list[str]:
    """The names of the embedded images alone; raises as `load_embeddings`."""
    return [names.from_text(image) for image in _load_column(folder, "image")]


def load_content_hashes(folder: Path) -> list[str]:
    """The sha256 of what was embedded, one per image; raises as `load_embeddings`."""
    return _load_column(folder, "content_hash")


def _load_column(folder: Path, column: str) -> list[str]:
    record = finished_record(folder)
    if views := views_in(record):
        folders = [folder.parent / view.folder for view in views]
        rows = rows_in_all([_load_column(place, "image") for place in folders])
        values = [_load_column(place, column) for place in folders]
        of_views = [[of[row] for row in at] for of, at in zip(values, rows, strict=True)]
        return of_views[0] if column == "image" else joined_hashes(of_views, views)
    found: list[str] = []
    for name in record.outputs:
        try:
            table = pq.read_table(folder.parent / name, columns=[column])
        except (OSError, pa.ArrowException) as error:
            raise _damaged(folder) from error
        found += table[column].to_pylist()
    return found


def _damaged(folder: Path) -> WorkspaceError:
    return WorkspaceError(
        f"a part of the embeddings in {folder} is missing or damaged",
        "Run labelfix embed again; whole parts are kept.",
    )


def read_part(
    path: Path,
) -> Iterator[tuple[list[str], list[str], npt.NDArray[np.float32]]]:
    """Yield the names, hashes and (n, D) float32 vectors of each row group of a part."""
    with pq.ParquetFile(path, memory_map=True) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            column = table["embedding"].combine_chunks()
            vectors = column.flatten().to_numpy().reshape(len(column), column.type.list_size)
            images = [names.from_text(name) for name in table["image"].to_pylist()]
            yield images, table["content_hash"].to_pylist(), vectors
