"""A corrected table, read back to be scored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelfix.data import names
from labelfix.data.manifest import Manifest, read_manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError
from labelfix.scoring.scored_rows import ScoredRows
from labelfix.scoring.truth_table import Truth

_WRITTEN = ("given_label", "confidence", "self_confidence", "review_rank")
"""The written columns that scoring reads."""
_TABLES = (".csv", ".tsv", ".parquet")


@dataclass(frozen=True)
class CorrectedFile:
    """A corrected table, and the columns with its evidence.

    Attributes:
        manifest: the rows with their corrected labels.
        columns: the name in the table of each column of `_WRITTEN`.
    """

    manifest: Manifest
    columns: dict[str, str] = field(repr=False)

    def rows(self, truth: Truth) -> ScoredRows:
        """The rows with their true labels."""
        read = {name: self.manifest.column_as_text(own) for name, own in self.columns.items()}
        true = [truth.labels.get(image, "") for image in self.manifest.images]
        return ScoredRows(
            label=_texts(self.manifest.given_labels),
            given_label=_texts(read["given_label"]),
            true_label=_texts(true),
            confidence=self._probabilities("confidence", read["confidence"]),
            self_confidence=self._probabilities("self_confidence", read["self_confidence"]),
            review_rank=self._ranks(read["review_rank"]),
        )

    def chosen(self, conditions: Sequence[str]) -> npt.NDArray[np.bool_]:
        """(R,) whether each row meets all conditions `COLUMN=VALUE`.

        Raises:
            InputError: a condition has another form or names no column, or no row is left.
        """
        chosen = np.ones(len(self.manifest), dtype=bool)
        for condition in conditions:
            column, sign, value = condition.partition("=")
            if not sign or not column:
                raise InputError(
                    f"--only: expected COLUMN=VALUE, found {condition!r}",
                    "For example --only split=test or --only action=relabel.",
                )
            values = self.manifest.column_as_text(column)
            chosen &= np.array([one == value for one in values], dtype=bool)
        if not chosen.any():
            raise InputError(
                f"{self.manifest.source.path}: expected rows with {' and '.join(conditions)}, "
                "found none",
                "Look at how the values are written in that column.",
            )
        return chosen

    def _probabilities(self, name: str, values: Sequence[str]) -> npt.NDArray[np.float64]:
        """(R,) numbers in [0, 1]; NaN for a blank."""
        found = np.array([self._number(name, row, text) for row, text in enumerate(values, 1)])
        outside = np.flatnonzero((found < 0) | (found > 1))
        if len(outside):
            raise self._wrong(name, int(outside[0]) + 1, values[outside[0]], "0 to 1")
        return found

    def _ranks(self, values: Sequence[str]) -> npt.NDArray[np.int64]:
        found = np.array([self._number("review_rank", *one) for one in enumerate(values, 1)])
        ranks: npt.NDArray[np.int64] = np.nan_to_num(found).astype(np.int64)
        return ranks

    def _number(self, name: str, row: int, text: str) -> float:
        if not text.strip():
            return float("nan")
        try:
            return float(text)
        except ValueError:
            raise self._wrong(name, row, text, "a number") from None

    def _wrong(self, name: str, row: int, found: str, expected: str) -> InputError:
        return InputError(
            f"{self.manifest.source.path}, row {row}, column {self.columns[name]!r}: expected "
            f"{expected}, found {found!r}",
            "Score the table as labelfix wrote it.",
        )


def read_corrected(
    path: Path,
    csv_format: CsvFormat,
    *,
    image_column: str | None = None,
    label_column: str | None = None,
) -> CorrectedFile:
    """Read a table that `run`, `relabel` or `check` wrote, or a workspace's corrections.parquet.

    Args:
        path: CSV, TSV or Parquet.
        csv_format: how the CSV is written.
        image_column: the column of image names; None takes the first with a known name.
        label_column: the column of corrected labels; None takes the first with a known name.

    Raises:
        InputError: the file is unusable, or labelfix did not write it.
    """
    if path.is_file() and path.suffix.lower() == ".jsonl":
        raise InputError(
            f"{path}: expected one of {', '.join(_TABLES)}, found JSON lines",
            "Write the corrected table as CSV or Parquet: labelfix relabel --out fixed.csv.",
        )
    manifest = read_manifest(path, csv_format, image_column=image_column, label_column=label_column)
    header = manifest.table.column_names
    missing = [name for name in _WRITTEN if name not in header]
    if missing:
        raise InputError(
            f"{path}: expected a table that labelfix has corrected, with the columns "
            f"{names.listed(_WRITTEN)}, found none called {names.listed(missing)}",
            "Make one with labelfix run IMAGES MANIFEST --out fixed.csv.",
        )
    return CorrectedFile(manifest, {name: _own_name(name, header) for name in _WRITTEN})


def check_spelling(rows: ScoredRows, truth: Truth, source: str) -> None:
    """Refuse true labels that are spelt otherwise than the given ones.

    Raises:
        InputError: no true label occurs among the given and corrected labels.
    """
    known = rows.true_label != ""
    true = set(rows.true_label[known].tolist())
    ours = {*rows.given_label.tolist(), *rows.label.tolist()}
    if true and not true & ours:
        raise InputError(
            f"{truth.path}: expected labels spelt as in {source}, for example "
            f"{names.listed(sorted(ours - {''}), most=3)}, found "
            f"{names.listed(sorted(true), most=3)}",
            "Spell each class alike in both files, or name another column with --truth-column.",
        )


def _own_name(name: str, header: Sequence[str]) -> str:
    """The name of one of labelfix's columns, with a prefix for each time that it was taken."""
    while f"labelfix_{name}" in header:
        name = f"labelfix_{name}"
    return name


def _texts(values: Sequence[str]) -> npt.NDArray[np.object_]:
    return np.array(values, dtype=object)
