"""The outcome for every row: its corrected label and the evidence for it."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from labelfix.data import names, tables
from labelfix.data.answers import draw, question_chances
from labelfix.data.manifest import Manifest
from labelfix.data.shares import WrongShare, share_from_json
from labelfix.errors import InputError, WorkspaceError
from labelfix.runtime import atomic

if TYPE_CHECKING:
    import pandas as pd

KEEP = "keep"
RELABEL = "relabel"
REVIEW = "review"
PREDICT = "predict"
QUARANTINED = "quarantined"
VERIFIED = "verified"
INSUFFICIENT_SUPPORT = "insufficient_support"
ATYPICAL = "atypical"
OFF_TOPIC = "off_topic"
UNKNOWN_LABEL = "unknown_label"
OF_NO_CLASS = "of_no_class"
NO_LABEL = "no label"
"""Reasons of rows; an unreadable image has its own text."""

ACTIONS = (KEEP, RELABEL, REVIEW, PREDICT, QUARANTINED, VERIFIED)

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

TEXT_COLUMNS = ("text_label", "text_confidence")
"""Further columns where there are class vectors."""

NOISE_METADATA = b"labelfix_noise"
"""The metadata key of the noise estimate."""


@dataclass(frozen=True, repr=False, kw_only=True)
class Corrections:
    """R rows; every array has R entries.

    Attributes:
        label: the label now: the suggested one for `relabel`, and for `predict` or `review`
            without a given label; a person's for `verified`; else the given one.
        given_label: the user's; blank where there is none.
        suggested_label: ours, may be equal; None for a quarantined row.
        confidence: float64 in [0, 1], the probability that `label` is right; NaN if quarantined,
            or if it is of no class that is known.
        self_confidence: the same of `given_label`; NaN also without one.
        neighbour_agreement: float64 in [0, 1], the share of neighbours whose given label equals
            this row's, or the predicted one if it has none; NaN if quarantined.
        action: `keep`, `relabel`, `review`, `predict`, `verified` or `quarantined`.
        reason: why a row was quarantined, or `insufficient_support` (too few images of its class),
            `atypical` (the image is unlike those of the suggested class), `off_topic` (also unlike
            all others), `unknown_label` or `of_no_class` (a person said so); mostly empty.
        review_rank: int64, the order in which a person should look at the rows for review, from
            1; 0 for all other rows.
        second_label: the second likeliest label, or None.
        second_confidence: float64 in [0, 1], its probability, or NaN.
        question_value: float64, how much a person's answer would settle: the variance of
            P(given label is right) over the hypotheses; NaN where there is no question.
        wrong_share: the share of wrong given labels, if the method estimates it.
        text_label: the likeliest class by class names alone; None for a quarantined row, and no
            array without class vectors.
        text_confidence: float64 in [0, 1], its probability; NaN and None likewise.
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
    second_label: npt.NDArray[Any]
    second_confidence: npt.NDArray[np.float64]
    question_value: npt.NDArray[np.float64]
    wrong_share: WrongShare | None = None
    text_label: npt.NDArray[Any] | None = None
    text_confidence: npt.NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        lengths = {name: len(values) for name, values in self.columns().items()}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"expected arrays of one length, found {lengths}")
        unknown = set(self.action) - set(ACTIONS)
        if unknown:
            raise ValueError(f"expected actions {ACTIONS}, found {sorted(unknown)}")
        may_move = np.isin(self.action, (RELABEL, VERIFIED))
        moved = (self.label != self.given_label) & ~may_move
        predicted = self.action == PREDICT
        for row in np.flatnonzero(moved | predicted).tolist():
            is_blank = not str(self.given_label[row]).strip()
            if predicted[row] and not is_blank:
                raise ValueError(f"row {row} has a label, so its action cannot be `predict`")
            if not (is_blank and self.action[row] in (PREDICT, REVIEW)):
                raise ValueError(f"row {row} is changed without action {RELABEL!r} or {VERIFIED!r}")

    def __len__(self) -> int:
        return len(self.label)

    def __repr__(self) -> str:
        counts = ", ".join(f"{self.count(action)} {action}" for action in ACTIONS)
        return f"Corrections({len(self)} rows: {counts})"

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """The arrays by their names, in the order above."""
        arrays = {name: getattr(self, name) for name in (*_column_names(), *TEXT_COLUMNS)}
        return {name: values for name, values in arrays.items() if values is not None}

    def questions(self, number: int, *, seed: int = 0) -> npt.NDArray[np.int64]:
        """The rows, from 0, whose true labels would settle most of what is uncertain.

        They are drawn by `question_chances`; verified rows are never drawn.

        Args:
            number: how many rows; all if fewer can be drawn.
            seed: random seed of the draw.
        """
        return draw(self.question_chances(number), seed)

    def question_chances(self, number: int) -> npt.NDArray[np.float64]:
        """(R,) the probability with which `questions` draws each row.

        Half of the draw is proportional to `question_value`, half uniform. Even if the hypotheses
        are poor, estimates that weight answers by the inverse of these chances are nearly
        unbiased (Horvitz and Thompson, JASA 1952).
        """
        may_be_asked = ~np.isnan(self.question_value) & (self.action != VERIFIED)
        return question_chances(self.question_value, may_be_asked, number)

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
        """A data frame with one column per attribute, in the order above."""
        import pandas as pd

        return pd.DataFrame(self.columns())


def _column_names() -> list[str]:
    """The names of the arrays that are always there, in order."""
    names_of_all = [one.name for one in fields(Corrections) if one.name != "wrong_share"]
    return [name for name in names_of_all if name not in TEXT_COLUMNS]


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
        noise: the noise estimate, stored as JSON in the file's metadata.
    """
    columns: dict[str, Any] = {"image": [names.to_text(name) for name in images]}
    columns |= {name: _arrow(name, values) for name, values in corrections.columns().items()}
    table = pa.table(columns)
    if noise is not None:
        table = table.replace_schema_metadata({NOISE_METADATA: json.dumps(noise)})
    with atomic.replacing(target) as temporary:
        pq.write_table(table, temporary)


def load_noise(path: Path) -> dict[str, Any] | None:
    """The noise estimate in `corrections.parquet`, or None."""
    written = (pq.read_schema(path).metadata or {}).get(NOISE_METADATA)
    return None if written is None else json.loads(written)


def load_corrections(path: Path) -> Corrections:
    """Read `corrections.parquet`.

    Raises:
        WorkspaceError: its columns differ, so another version of labelfix wrote it.
    """
    table = tables.read_parquet(path).drop_columns(["image"])
    wanted = set(_column_names())
    if set(TEXT_COLUMNS) <= set(table.column_names):
        wanted |= set(TEXT_COLUMNS)
    differing = wanted.symmetric_difference(table.column_names)
    if differing:
        raise WorkspaceError(
            f"{path} was made by another labelfix: expected the columns of this one, found that "
            f"they differ in {names.listed(sorted(differing))}",
            "Run labelfix relabel --force --out FILE to make it again.",
        )
    noise = load_noise(path)
    written = (noise or {}).get("wrong_share")
    share = None if written is None else share_from_json(written)
    columns = {name: _numpy(table[name]) for name in table.column_names}
    return Corrections(**columns, wrong_share=share)


def corrected_table(
    manifest: Manifest, corrections: Corrections, labels: npt.NDArray[Any] | None = None
) -> pa.Table:
    """The user's table with the labels corrected and the evidence after its columns.

    A column whose name the user already has gets the prefix `labelfix_`.

    Args:
        manifest: R rows.
        corrections: for each row.
        labels: (R,) what the label column holds; None takes the corrections' labels.
    """
    if len(manifest) != len(corrections):
        raise InputError(
            f"expected corrections for {len(manifest)} rows, found {len(corrections)}",
            "Run labelfix relabel again.",
        )
    table = manifest.table
    position = table.column_names.index(manifest.label_column)
    new = corrections.label if labels is None else labels
    column = _labels_now(table.column(position), new, corrections.given_label)
    field = table.schema.field(position)
    if column.type != field.type:
        field = pa.field(field.name, column.type)
    table = table.set_column(position, field, column)
    for name in EVIDENCE_COLUMNS:
        free = name
        while free in table.column_names:
            free = f"labelfix_{free}"
        table = table.append_column(free, _arrow(name, getattr(corrections, name)))
    return table


def _labels_now(
    column: pa.ChunkedArray, labels: npt.NDArray[Any], given: npt.NDArray[Any]
) -> pa.ChunkedArray:
    """The column with its new labels, of the same type if possible, else text."""
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
