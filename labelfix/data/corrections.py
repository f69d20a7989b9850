"""The outcome for every row: the label it has now, and the evidence for it."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from labelfix.data import atomic, names, tables
from labelfix.data.manifest import Manifest
from labelfix.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

KEEP = "keep"
RELABEL = "relabel"
REVIEW = "review"
PREDICT = "predict"
QUARANTINED = "quarantined"
INSUFFICIENT_SUPPORT = "insufficient_support"
ATYPICAL = "atypical"
OFF_TOPIC = "off_topic"
UNKNOWN_LABEL = "unknown_label"
NO_LABEL = "no label"
"""Reasons of rows; those of images that could not be read are other texts."""

ACTIONS = (KEEP, RELABEL, REVIEW, PREDICT, QUARANTINED)

EVIDENCE_COLUMNS = (
    "given_label",
    "suggested_label",
    "confidence",
    "self_confidence",
    "neighbour_agreement",
    "action",
    "review_rank",
)
"""What `fixed.csv` has after the user's own columns, in this order."""

DECIMALS = 6
NOISE_METADATA = b"labelfix_noise"
"""The key of the file's metadata under which the estimate of the noise stands."""


@dataclass(frozen=True, repr=False)
class Corrections:
    """R rows; every array has R entries.

    Attributes:
        label: the label now: the suggested one where the action is `relabel`, or where there was
            none and the action is `predict` or `review`; else the given.
        given_label: the user's; blank where there is none.
        suggested_label: ours, may be equal; None for a quarantined row.
        confidence: float64 in [0, 1], the probability that `label` is right; NaN if quarantined,
            or if it is of no class that is known.
        self_confidence: the same of `given_label`; NaN also where there is none.
        neighbour_agreement: float64 in [0, 1], the share of the neighbours whose given label
            equals this row's, or the predicted one where it has none; NaN if quarantined.
        action: `keep`, `relabel`, `review`, `predict` or `quarantined`.
        reason: why a row was quarantined, or `insufficient_support` (too few images of its class),
            `atypical` (the image is unlike those of the suggested class), `off_topic` (also unlike
            all others) or `unknown_label`; mostly empty.
        review_rank: int64, the order in which a person should look at the rows for review, from
            1; 0 for all other rows.
    """

    label: npt.NDArray[Any]
    given_label: npt.NDArray[Any]
    suggested_label: npt.NDArray[Any]
    confidence: npt.NDArray[np.float64]
    self_confidence: npt.NDArray[np.float64]
    neighbour_agreement: npt.NDArray[np.float64]
    action: npt.NDArray[Any]
    reason: npt.NDArray[Any]
    review_rank: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        lengths = {name: len(values) for name, values in vars(self).items()}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"expected arrays of one length, found {lengths}")
        unknown = set(self.action) - set(ACTIONS)
        if unknown:
            raise ValueError(f"expected actions {ACTIONS}, found {sorted(unknown)}")
        moved = (self.label != self.given_label) & (self.action != RELABEL)
        predicted = self.action == PREDICT
        for row in np.flatnonzero(moved | predicted).tolist():
            is_blank = not str(self.given_label[row]).strip()
            if predicted[row] and not is_blank:
                raise ValueError(f"row {row} has a label, so that none is to be predicted")
            if not (is_blank and self.action[row] in (PREDICT, REVIEW)):
                raise ValueError(f"row {row} is changed without action {RELABEL!r}")

    def __len__(self) -> int:
        return len(self.label)

    def __repr__(self) -> str:
        counts = ", ".join(f"{self.count(action)} {action}" for action in ACTIONS)
        return f"Corrections({len(self)} rows: {counts})"

    def count(self, action: str) -> int:
        """How many rows have an action."""
        return int(np.sum(self.action == action))

    def commonest_confusions(self, most: int) -> list[tuple[Any, Any, int]]:
        """(given, suggested, rows) of the relabelled rows, the commonest first."""
        changed = self.action == RELABEL
        pairs = Counter(zip(self.given_label[changed], self.suggested_label[changed], strict=True))
        ranked = sorted(pairs.items(), key=lambda item: (-item[1], str(item[0])))
        return [(given, suggested, rows) for (given, suggested), rows in ranked[:most]]

    def to_pandas(self) -> "pd.DataFrame":
        """A data frame with a column for every attribute, in that order."""
        import pandas as pd

        return pd.DataFrame(dict(vars(self)))


def save_corrections(
    target: Path,
    corrections: Corrections,
    images: list[str],
    noise: Mapping[str, Any] | None = None,
) -> None:
    """Write `corrections.parquet`: the image, then every attribute of `Corrections`.

    Args:
        target: the file.
        corrections: R rows.
        images: R names.
        noise: what was estimated of the labels' noise; kept as JSON in the file's metadata.
    """
    columns: dict[str, Any] = {"image": [names.to_text(name) for name in images]}
    columns |= {name: _arrow(name, values) for name, values in vars(corrections).items()}
    table = pa.table(columns)
    if noise is not None:
        table = table.replace_schema_metadata({NOISE_METADATA: json.dumps(noise)})
    with atomic.replacing(target) as temporary:
        pq.write_table(table, temporary)


def load_noise(path: Path) -> dict[str, Any] | None:
    """What `corrections.parquet` tells of the labels' noise; None where it tells nothing."""
    written = (pq.read_schema(path).metadata or {}).get(NOISE_METADATA)
    return None if written is None else json.loads(written)


def load_corrections(path: Path) -> Corrections:
    """Read `corrections.parquet` back."""
    table = tables.read_parquet(path).drop_columns(["image"])
    return Corrections(**{name: _numpy(table[name]) for name in table.column_names})


def corrected_table(manifest: Manifest, corrections: Corrections) -> pa.Table:
    """The user's table with the labels corrected and the evidence after its columns.

    A column of ours whose name the user has already carries the prefix `labelfix_`.
    """
    if len(manifest) != len(corrections):
        raise InputError(
            f"expected corrections for {len(manifest)} rows, found {len(corrections)}",
            "Run labelfix relabel again.",
        )
    table = manifest.table
    position = table.column_names.index(manifest.label_column)
    labels = _labels_now(table.column(position), corrections.label, corrections.given_label)
    field = table.schema.field(position)
    if labels.type != field.type:
        field = pa.field(field.name, labels.type)
    table = table.set_column(position, field, labels)
    for name in EVIDENCE_COLUMNS:
        free = name
        while free in table.column_names:
            free = f"labelfix_{free}"
        table = table.append_column(free, _arrow(name, getattr(corrections, name)))
    return table


def _labels_now(
    column: pa.ChunkedArray, labels: npt.NDArray[Any], given: npt.NDArray[Any]
) -> pa.ChunkedArray:
    """The column with its new labels, of its own type where that can hold them, else text."""
    # A new label is copied from a row that was given it, so it has the column's own type.
    row_of = {label: row for row, label in enumerate(given.tolist())}
    changed = np.flatnonzero(labels != given)
    given_to_none = [label for label in dict.fromkeys(labels[changed]) if label not in row_of]
    if given_to_none:
        more = tables.spelled_as(given_to_none, column.type)
        if more is None:
            return pa.chunked_array([pa.array(labels.tolist(), pa.string())])
        row_of |= {label: len(column) + place for place, label in enumerate(given_to_none)}
        column = pa.chunked_array([*column.chunks, more], column.type)
    rows = np.arange(len(labels))
    rows[changed] = [row_of[label] for label in labels[changed]]
    return tables.take_rows(column, rows)


def _arrow(name: str, values: npt.NDArray[Any]) -> pa.Array:
    """Text, or numbers with null for NaN and for the rank 0."""
    if name == "review_rank":
        return pa.array(values, pa.int64(), mask=values == 0)
    if values.dtype.kind == "f":
        return pa.array(values, pa.float64(), from_pandas=True)
    return pa.array(values.tolist(), pa.string())


def _numpy(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    if pa.types.is_integer(column.type):
        return np.array(column.fill_null(0).to_pylist(), dtype=np.int64)
    if pa.types.is_floating(column.type):
        numbers: npt.NDArray[np.float64] = column.to_numpy(zero_copy_only=False)
        return numbers
    return np.array(column.to_pylist(), dtype=object)
