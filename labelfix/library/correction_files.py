"""Corrections of arrays in a Parquet file: labels may be text, integers or both."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from labelfix.data import tables
from labelfix.data.shares import WrongShare
from labelfix.library.results import LabelCorrections
from labelfix.runtime import atomic

ABOUT = b"labelfix_corrections"
"""The key of the file's metadata under which types and the share of wrong labels stand."""


def save_label_corrections(target: Path, corrections: LabelCorrections) -> None:
    """Write every column; labels as JSON values, so that 3 and "3" stay apart."""
    columns = corrections.columns()
    share = corrections.wrong_share
    about = {
        "types": {name: values.dtype.str for name, values in columns.items()},
        "wrong_share": None if share is None else asdict(share),
    }
    table = pa.table({name: _written(values) for name, values in columns.items()})
    table = table.replace_schema_metadata({ABOUT: json.dumps(about)})
    with atomic.replacing(target) as temporary:
        pq.write_table(table, temporary)


def load_label_corrections(path: Path) -> LabelCorrections:
    """Read corrections back, without their noise matrix.

    Raises:
        ValueError, KeyError: the file is not what was written.
    """
    table = tables.read_parquet(path)
    about = json.loads((table.schema.metadata or {})[ABOUT])
    columns: dict[str, Any] = {
        name: _read(table[name], kind) for name, kind in about["types"].items()
    }
    share = about["wrong_share"]
    return LabelCorrections(**columns, wrong_share=None if share is None else WrongShare(**share))


def _written(values: npt.NDArray[Any]) -> pa.Array:
    if values.dtype.kind in "iuf":
        return pa.array(values)
    return pa.array([json.dumps(value) for value in values.tolist()], pa.string())


def _read(column: pa.ChunkedArray, kind: str) -> npt.NDArray[Any]:
    dtype = np.dtype(kind)
    if dtype.kind in "iuf":
        return np.array(column.to_numpy(zero_copy_only=False), dtype=dtype)
    return np.array([json.loads(text) for text in column.to_pylist()], dtype=dtype)
