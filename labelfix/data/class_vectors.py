"""Class vectors: one vector per class in the space of the images' embeddings, and their file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from labelfix.data import names, records, tables
from labelfix.data.embeddings import unit_length
from labelfix.data.label_spelling import spelled_alike
from labelfix.errors import InputError, MissingStageError
from labelfix.runtime import atomic

LABEL_COLUMN, VECTOR_COLUMN = "label", "embedding"


def checked_class_vectors(
    source: str, vectors: npt.ArrayLike, class_names: Sequence[Any], dimension: int
) -> npt.NDArray[np.float32]:
    """(C, D) class vectors of length 1.

    Args:
        source: what errors call the vectors.
        vectors: (C, D) numbers, of any length.
        class_names: the C labels, in the vectors' order.
        dimension: D of the images' embeddings.

    Raises:
        InputError: wrong shape or type, or a vector that is not finite or all zeros.
    """
    try:
        array = np.asarray(vectors)
    except ValueError as error:
        raise InputError(
            f"{source}: expected vectors of one length, found rows of different lengths"
        ) from error
    wanted = (len(class_names), dimension)
    if array.shape != wanted or array.dtype.kind not in "fiu":
        raise InputError(
            f"{source}: expected an array of shape {wanted}, a vector as long as the images' "
            f"embeddings for each class, found shape {array.shape} of type {array.dtype}",
            "Make them by the text encoder that belongs to the images' encoder.",
        )
    scaled, usable = unit_length(array)
    if not usable.all():
        bad = int(np.flatnonzero(~usable)[0])
        raise InputError(
            f"{source}: expected finite vectors that are not all zeros, found a bad one for "
            f"{int((~usable).sum())} of {len(class_names)} classes, first for "
            f"{class_names[bad]!r}",
            "Make its vector again.",
        )
    return scaled


def placed_class_vectors(
    source: str,
    vectors: npt.ArrayLike,
    class_names: Sequence[Any],
    dimensions: Sequence[int],
    view: int | None = None,
) -> npt.NDArray[np.float32]:
    """(C, D) class vectors of length 1 in their own encoder's dimensions; zeros elsewhere.

    Args:
        source: what errors call the vectors.
        vectors: (C, D_v) numbers of one encoder, or (C, D) of all side by side.
        class_names: the C labels, in the vectors' order.
        dimensions: D_v of each encoder; D is their sum.
        view: their encoder's position; None finds it by the vectors' length.

    Raises:
        InputError: as `checked_class_vectors`, or the length fits no single encoder.
    """
    whole = sum(dimensions)
    try:
        shape = np.shape(vectors)
    except ValueError:  # rows of different lengths
        shape = ()
    length = shape[1] if len(shape) == 2 else None
    if len(dimensions) == 1 or (view is None and length == whole):
        return checked_class_vectors(source, vectors, class_names, whole)
    fitting = [at for at, dimension in enumerate(dimensions) if dimension == length]
    if view is None and len(fitting) != 1:
        raise InputError(
            f"{source}: expected vectors as long as those of just one of the encoders "
            f"({', '.join(map(str, dimensions))} values), found "
            f"{f'vectors of {length} values' if length else 'no array of (C, D)'}",
            f"Give {whole} values for each class, zeros where other encoders' values stand.",
        )
    view = fitting[0] if view is None else view
    start = sum(dimensions[:view])
    placed = np.zeros((len(class_names), whole), dtype=np.float32)
    placed[:, start : start + dimensions[view]] = checked_class_vectors(
        source, vectors, class_names, dimensions[view]
    )
    return placed


def read_class_vectors(path: Path, class_names: Sequence[str]) -> npt.NDArray[Any]:
    """(C, D) the vectors of a user's Parquet file, in the order of the classes.

    Rows of other labels are skipped.

    Raises:
        InputError: no such file, missing columns, a label in two rows, or a class without a row.
    """
    option = f"--class-vectors {path}"
    if not path.is_file() or path.suffix.lower() != ".parquet":
        found = f"a file ending in {path.suffix or 'nothing'}" if path.is_file() else "no file"
        raise InputError(
            f"{option}: expected a Parquet file with the columns {LABEL_COLUMN} and "
            f"{VECTOR_COLUMN}, found {found}",
            "Only such a file says which vector is of which class.",
        )
    table = tables.read_parquet(path)
    missing = [name for name in (LABEL_COLUMN, VECTOR_COLUMN) if name not in table.column_names]
    if missing:
        raise InputError(
            f"{option}: expected the columns {LABEL_COLUMN} and {VECTOR_COLUMN}, found "
            f"{', '.join(table.column_names) or 'none'}",
            "Save one row for each class: its label, and a list of numbers.",
        )
    column = table[VECTOR_COLUMN].combine_chunks()
    if not tables.holds_lists(column.type):
        raise InputError(
            f"{option}, column {VECTOR_COLUMN}: expected lists of numbers, found {column.type}"
        )
    rows = _rows_of(option, table[LABEL_COLUMN].cast(pa.string()).to_pylist(), class_names)
    vectors = column.take(pa.array(rows)).to_pylist()
    lengths = sorted({-1 if vector is None else len(vector) for vector in vectors})
    if len(lengths) > 1 or any(value is None for vector in vectors for value in vector or [None]):
        raise InputError(
            f"{option}, column {VECTOR_COLUMN}: expected vectors of one length without gaps, "
            f"found the lengths {', '.join(map(str, lengths))} or empty values",
            "Save as many numbers for each class as an image's embedding has.",
        )
    return np.array(vectors)


def _rows_of(option: str, labels: list[str | None], class_names: Sequence[str]) -> list[int]:
    """The row of each class."""
    row_of: dict[str | None, int] = {}
    for row, label in enumerate(labels):
        if label in row_of:
            raise InputError(
                f"{option}: expected one row for each label, found {label!r} in rows "
                f"{row_of[label] + 1} and {row + 1}",
                "Keep one of them, or their mean.",
            )
        row_of[label] = row
    found = spelled_alike(class_names, [label for label in row_of if label])
    lost = [name for name in class_names if name not in found]
    if lost:
        raise InputError(
            f"{option}: expected a vector for each of the {len(class_names)} classes, found none "
            f"for {len(lost)}: {names.listed(lost)}",
            "Add a row for each, with the label as the manifest has it.",
        )
    return [row_of[found[name]] for name in class_names]


def save_class_vectors(
    target: Path, class_names: Sequence[str], vectors: npt.NDArray[np.float32]
) -> None:
    """Write the workspace's file: each class's label and its vector of length 1."""
    flat = pa.array(vectors.ravel(), pa.float32())
    columns = {
        LABEL_COLUMN: pa.array(class_names, pa.string()),
        VECTOR_COLUMN: pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
    }
    with atomic.replacing(target) as temporary:
        pq.write_table(pa.table(columns), temporary)


def load_class_vectors(path: Path, class_names: Sequence[str]) -> npt.NDArray[np.float32] | None:
    """Read the workspace's file; None if there is none.

    Raises:
        MissingStageError: it holds other classes, or is damaged.
    """
    record = records.read_record(path)
    if record is None:
        return None
    if not records.is_whole(path, record):
        raise MissingStageError(f"{path} is missing or damaged", "Run labelfix embed again.")
    table = pq.read_table(path)
    row_of = {label: row for row, label in enumerate(table[LABEL_COLUMN].to_pylist())}
    if not row_of.keys() >= set(class_names):  # other spellings of a class may have vectors too
        raise MissingStageError(
            f"{path} holds other classes than the manifest", "Run labelfix embed again."
        )
    flat = table[VECTOR_COLUMN].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    vectors: npt.NDArray[np.float32] = flat.reshape(len(row_of), -1)
    return vectors[[row_of[name] for name in class_names]]


def fingerprint_of(path: Path) -> dict[str, str]:
    """The fingerprint of the class vectors under their name in records; empty without any."""
    if records.read_record(path) is None or not path.is_file():
        return {}
    return {"class vectors": records.fingerprint_file(path)}
