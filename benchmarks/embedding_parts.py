"""Embeddings as float16 `.npy` files, each small enough to be sent, and one file again.

    python benchmarks/embedding_parts.py results/train-*.npy train.npy

joins parts, in the order in which they are named, to the file that comes last.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelfix.runtime import atomic

LARGEST_PART_BYTES = 16_000_000
HEADER_BYTES = 128
"""Of an `.npy` file with two dimensions."""


def rows_in_part(width: int) -> int:
    """How many float16 rows of a width fit in a part."""
    return max(1, (LARGEST_PART_BYTES - HEADER_BYTES) // (2 * width))


def split(vectors: npt.NDArray[np.float16], folder: Path, name: str) -> list[Path]:
    """Write (N, D) as `name-00000.npy` and so on, as even as can be; parts of before go.

    Raises:
        ValueError: it is of another type: what is read back would not be what was given.
    """
    if vectors.dtype != np.float16 or vectors.ndim != 2:
        raise ValueError(f"expected (N, D) float16, found {vectors.shape} {vectors.dtype}")
    parts = -(-len(vectors) // rows_in_part(vectors.shape[1])) or 1
    for old in folder.glob(f"{name}-[0-9]*.npy"):
        old.unlink()
    paths = []
    for number, rows in enumerate(np.array_split(vectors, parts)):
        paths.append(folder / f"{name}-{number:05d}.npy")
        save_array(paths[-1], rows)
    return paths


def join(parts: Sequence[Path]) -> npt.NDArray[np.float16]:
    """(N, D), the rows of the parts in order."""
    return np.concatenate([np.load(part, allow_pickle=False) for part in parts])


def save_array(path: Path, values: npt.NDArray[np.generic]) -> None:
    """Write an array as `.npy`, whole or not at all."""
    with atomic.replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, values, allow_pickle=False)


def main() -> None:
    *parts, target = map(Path, sys.argv[1:])
    if not parts:
        raise SystemExit(__doc__)
    joined = join(parts)
    save_array(target, joined)
    print(f"{target}: {joined.shape} {joined.dtype}")


if __name__ == "__main__":
    main()
