"""How fast are a million embeddings read from Parquet into numpy, against .npy?

    python benchmarks/parquet_reading.py [--rows 1000000]

Both files are in the page cache; `.npy` is read with numpy.load into memory. `whole_stage` is
what the stages do: it also checks the parts' sha256 and that every vector has length 1.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from measuring import save

from labelfix.data import embeddings, records
from labelfix.data.records import Record, RowCounts

DIMENSION = 512
PART_ROWS = 131072
REPEATS = 5


def seconds(read: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        read()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    random = np.random.default_rng(0)
    vectors = random.standard_normal((rows, DIMENSION), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    gigabytes = vectors.nbytes / 1e9
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "embeddings"
        folder.mkdir()
        np.save(Path(name) / "vectors.npy", vectors)
        paths = []
        for number, start in enumerate(range(0, rows, PART_ROWS)):
            part = vectors[start : start + PART_ROWS]
            names = [f"{start + row:07d}.jpg" for row in range(len(part))]
            path = embeddings.part_path(folder, number)
            embeddings.write_part(path, names, ["0" * 64] * len(part), part, key="", quarantined=())
            paths.append(path)
        outputs = {f"embeddings/{path.name}": records.fingerprint_file(path) for path in paths}
        details = {"images": rows, "dimension": DIMENSION, "encoder": "", "fingerprint": ""}
        counts = RowCounts(rows_in=rows, used=rows)
        records.write_record(
            folder,
            Record(
                stage="embed", options={}, inputs={}, outputs=outputs, rows=counts, details=details
            ),
        )

        def read_vectors() -> np.ndarray:
            target = np.empty((rows, DIMENSION), np.float32)
            row = 0
            for path in paths:
                with pq.ParquetFile(path, memory_map=True) as file:
                    for group in range(file.num_row_groups):
                        column = file.read_row_group(group, ["embedding"])["embedding"]
                        part = column.combine_chunks().flatten().to_numpy()
                        part = part.reshape(-1, DIMENSION)
                        target[row : row + len(part)] = part
                        row += len(part)
            return target

        figures = {
            "vectors_alone": seconds(read_vectors),
            "whole_stage": seconds(lambda: embeddings.load_embeddings(folder)),
            "npy": seconds(lambda: np.load(Path(name) / "vectors.npy")),
        }
    save(
        "parquet_reading",
        {
            "rows": rows,
            "dimension": DIMENSION,
            "gb_per_s": {key: round(gigabytes / value, 2) for key, value in figures.items()},
        },
    )


if __name__ == "__main__":
    main()
