"""The user's own embeddings, from a .npy or a Parquet file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelfix.data import names, records, tables
from labelfix.data.columns import IMAGE_COLUMNS, known_column
from labelfix.encoders.registry import EncoderName, EncoderSettings
from labelfix.errors import InputError

VECTOR_COLUMN = "embedding"


class PrecomputedVectors:
    """Vectors by image name."""

    def __init__(self, array: npt.NDArray[Any], positions: dict[str, int]) -> None:
        self.dimension: int = array.shape[1]
        self._array = array
        self._positions = positions

    def vectors(self, images: Sequence[str]) -> npt.NDArray[Any]:
        """(n, D) the vectors of some images."""
        return np.asarray(self._array[[self._positions[name] for name in images]])


def fingerprint(name: EncoderName, settings: EncoderSettings) -> str:
    """The fingerprint of what the vectors depend on: the file, and the order of the rows."""
    file = records.fingerprint_file(_existing_file(name))
    return records.fingerprint([file, list(settings.rows)])


def make(name: EncoderName, settings: EncoderSettings) -> PrecomputedVectors:
    """The vectors of `precomputed:FILE`, matched by image name or in the manifest's order.

    A Parquet file with an image column is matched by it; any other file has one row per manifest
    row.

    Raises:
        InputError: no such file, not an (N, D) array of numbers, or wrong rows.
    """
    path = _existing_file(name)
    if path.suffix.lower() == ".parquet":
        array, listed = _read_parquet(path)
    else:
        array, listed = _read_npy(path), None
    if array.ndim != 2 or array.dtype.kind not in "fiu" or array.shape[1] == 0:
        raise InputError(
            f"{path}: expected an array of numbers of shape (N, D), "
            f"found shape {array.shape} of type {array.dtype}",
            "Save one row of D numbers for each image.",
        )
    return PrecomputedVectors(array, _positions(path, len(array), listed, settings.rows))


def _existing_file(name: EncoderName) -> Path:
    path = Path(name.model).expanduser()
    if not name.model or not path.is_file():
        raise InputError(
            f"--encoder precomputed: expected a .npy or .parquet file, found nothing at {path}",
            "For example --encoder precomputed:embeddings.npy.",
        )
    return path


def _positions(
    path: Path, count: int, listed: list[str] | None, rows: Sequence[str]
) -> dict[str, int]:
    """The row of each image's vector; the first for an image in several rows."""
    if listed is None:
        if count != len(rows):
            raise InputError(
                f"{path}: expected one embedding for each of the manifest's {len(rows)} rows, "
                f"found {count}",
                "Embed the manifest's images in its order, or save a Parquet file with the "
                f"columns image and {VECTOR_COLUMN}.",
            )
        listed = list(rows)
    positions: dict[str, int] = {}
    for index, image in enumerate(listed):
        positions.setdefault(image, index)
    lost = [row for row, image in enumerate(rows) if image not in positions]
    if lost:
        raise InputError(
            f"{path}: expected an embedding for every image of the manifest, found none for "
            f"{len(lost)}, first in row {lost[0] + 1}: {names.to_text(rows[lost[0]])!r}",
            "Embed those images too, with the names that the manifest has.",
        )
    return positions


def _read_npy(path: Path) -> npt.NDArray[Any]:
    try:
        # Unlike numpy.load, this never opens pickles or archives.
        array: npt.NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:
        # A damaged header raises any error of Python's parser.
        raise InputError(
            f"{path}: expected a .npy file of numbers, found something else ({error})",
            "Save it with numpy.save, as an array of float16 or float32; pickled objects are "
            "never loaded.",
        ) from error
    return array


def _read_parquet(path: Path) -> tuple[npt.NDArray[Any], list[str] | None]:
    table = tables.read_parquet(path)
    if VECTOR_COLUMN not in table.column_names:
        raise InputError(
            f"{path}: expected a column {VECTOR_COLUMN!r}, found {', '.join(table.column_names)}",
            "Give the list column of vectors this name.",
        )
    column = table[VECTOR_COLUMN].combine_chunks()
    if not tables.holds_lists(column.type):
        raise InputError(
            f"{path}, column {VECTOR_COLUMN!r}: expected lists of numbers, found {column.type}"
        )
    lengths = np.unique(column.value_lengths().fill_null(-1).to_numpy(zero_copy_only=False))
    if len(lengths) != 1 or lengths[0] < 1:
        found = ", ".join("null" if length < 0 else str(length) for length in lengths[:5])
        raise InputError(
            f"{path}, column {VECTOR_COLUMN!r}: expected vectors of one length, "
            f"found {'the lengths ' + found if found else 'no rows'}"
        )
    array = column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1)
    image_column = known_column(table.column_names, IMAGE_COLUMNS)
    if image_column is None:
        return array, None
    text = pc.fill_null(pc.cast(table[image_column], pa.string()), "").to_pylist()
    return array, [names.from_text(name) for name in text]
