"""The nearest neighbours of every image, and their file."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from labelfix.data import atomic, tables
from labelfix.errors import MissingStageError


@dataclass(frozen=True)
class Neighbours:
    """The K nearest images of N images by cosine similarity, best first, never the image itself.

    Attributes:
        indices: (N, K) int64, positions among the N images.
        similarities: (N, K) float32, cosine similarity in [-1, 1].
    """

    indices: npt.NDArray[np.int64] = field(repr=False)
    similarities: npt.NDArray[np.float32] = field(repr=False)

    def __post_init__(self) -> None:
        count = len(self.indices)
        if self.indices.ndim != 2 or self.indices.shape != self.similarities.shape:
            raise ValueError(
                f"expected indices and similarities of one shape (N, K), "
                f"found {self.indices.shape} and {self.similarities.shape}"
            )
        if self.indices.size and not (self.indices.min() >= 0 and self.indices.max() < count):
            raise ValueError(
                f"expected neighbours in [0, {count}), "
                f"found {self.indices.min()} to {self.indices.max()}"
            )
        if (self.indices == np.arange(count)[:, None]).any():
            raise ValueError("expected no image among its own neighbours")


@dataclass(frozen=True)
class NearestImages:
    """The K of N known images that are nearest to each of M new ones, best first.

    Attributes:
        indices: (M, K) int64, positions among the N images.
        similarities: (M, K) float32, cosine similarity in [-1, 1].
    """

    indices: npt.NDArray[np.int64] = field(repr=False)
    similarities: npt.NDArray[np.float32] = field(repr=False)


def save_neighbours(target: Path, neighbours: Neighbours) -> None:
    """Write neighbours as two list columns, `indices` and `similarities`."""
    k = neighbours.indices.shape[1]
    columns = {
        "indices": neighbours.indices.reshape(-1),
        "similarities": neighbours.similarities.reshape(-1),
    }
    table = pa.table(
        {
            name: pa.FixedSizeListArray.from_arrays(pa.array(values), k)
            for name, values in columns.items()
        }
    )
    with atomic.replacing(target) as temporary:
        pq.write_table(table, temporary, compression="none", use_dictionary=False)


def load_neighbours(path: Path) -> Neighbours:
    """Read neighbours.

    Raises:
        MissingStageError: the index stage was not run.
    """
    if not path.is_file():
        raise MissingStageError(f"no neighbours at {path}", "Run labelfix index first.")
    table = tables.read_parquet(path)
    indices, similarities = (
        table[name].combine_chunks().flatten().to_numpy().reshape(len(table), -1)
        for name in ("indices", "similarities")
    )
    return Neighbours(indices, similarities)
