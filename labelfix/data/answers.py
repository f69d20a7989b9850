"""Questions to persons and their answers: which rows to draw, and a table of what was answered."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelfix.data import names
from labelfix.data.manifest import Manifest, read_manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError

ROUNDS = 20


def question_chances(
    value: npt.NDArray[np.float64], open_rows: npt.NDArray[np.bool_], number: int
) -> npt.NDArray[np.float64]:
    """The inclusion probability of each row: half of the draw by value, half uniform.

    Args:
        value: (N,) what an answer would reveal, a variance >= 0; NaN counts as 0.
        open_rows: (N,) bool, which rows may be drawn.
        number: how many rows to draw.

    Returns:
        (N,) float64 in [0, 1]; they sum to the number, or to that of the open rows.
    """
    count = int(open_rows.sum())
    if number >= count:
        return open_rows.astype(np.float64)
    worth = np.where(open_rows, np.nan_to_num(value), 0.0)
    even = open_rows / count
    by_value = worth / worth.sum() if worth.sum() > 0 else even
    size = (even + by_value) / 2
    chances = number * size
    for _ in range(ROUNDS):  # no chance exceeds 1: the other rows share the excess
        full = chances >= 1
        rest = open_rows & ~full
        if not (chances > 1).any():
            break
        chances = np.where(full, 1.0, (number - full.sum()) * size / size[rest].sum() * rest)
    return np.minimum(chances, 1.0)


def draw(chances: npt.NDArray[np.float64], seed: int) -> npt.NDArray[np.int64]:
    """Draw rows by their inclusion probabilities (systematic sampling, Madow, 1949).

    Args:
        chances: (N,) in [0, 1].
        seed: random seed of the order and of the start.

    Returns:
        (n,) int64, increasing; n is the rounded sum of the chances.
    """
    possible = np.flatnonzero(chances > 0)
    random = np.random.default_rng(seed)
    order = random.permutation(possible)
    reached = np.cumsum(chances[order])
    number = round(float(reached[-1])) if len(reached) else 0
    points = (np.arange(number) + random.random()) * (1 - 1e-12)
    places = np.searchsorted(reached, points, side="right")
    return np.sort(order[np.minimum(places, len(order) - 1)])


NO_CLASS = "none of the classes"
CANNOT_TELL = "cannot tell"
"""Answers that are not a class, unless a class has exactly this name."""

ANSWER_COLUMNS = ("verified_label", "true_label", "answer", "label")
"""The first of these that exists holds the answers; never `given_label`."""
LABEL = ANSWER_COLUMNS[-1]
"""A manifest and a file of corrected labels have this column too."""
CHANCE = "chance"

KEEP = "keep"
CHANGE = "change"
NOT_SURE = "not sure"
NONE_OF_THEM = "none"
DECISIONS = (KEEP, CHANGE, NOT_SURE, NONE_OF_THEM)
"""What a person decides about a row on a page."""
DECISION_COLUMNS = (
    "image",
    "row",
    "given_label",
    "suggested_label",
    "decision",
    ANSWER_COLUMNS[0],
    CHANCE,
)
"""Of the file that a page exports: answers that `--audited` reads, and what they are about."""


def open_answers(path: Path, csv_format: CsvFormat, manifest: Manifest | None) -> Manifest:
    """A file of answers as a table.

    Args:
        path: CSV, TSV or Parquet.
        csv_format: of a CSV file.
        manifest: its image column's name is tried first, then the known names.

    Raises:
        InputError: no such file, or no image column.
    """
    if not path.is_file():
        raise InputError(
            f"--audited {path}: expected a table of verified labels, found "
            f"{'a folder' if path.is_dir() else 'no file'}",
            "Name a CSV or Parquet file with an image column and a column verified_label.",
        )
    image_column = None if manifest is None else manifest.image_column
    try:
        return read_manifest(path, csv_format, image_column=image_column, needs_label=False)
    except InputError:
        if image_column is None:
            raise
        return read_manifest(path, csv_format, needs_label=False)


def answer_column(path: Path, opened: Manifest, manifest: Manifest | None) -> str:
    """The column of answers.

    Raises:
        InputError: there is none, or it holds the manifest's own labels or labelfix's.
    """
    header = opened.table.column_names
    column = next((name for name in ANSWER_COLUMNS if name in header), None)
    # Where no column has a known name, reading has added an empty one.
    if column is None or (column == LABEL and not any(map(str.strip, opened.given_labels))):
        own = [name for name in header if name != LABEL]
        raise InputError(
            f"{path}: expected answers in a column {names.listed(ANSWER_COLUMNS)}, "
            f"found the columns {names.listed(own, most=20)}",
            f"Name the column of people's answers {ANSWER_COLUMNS[0]}.",
        )
    is_manifest = manifest is not None and opened.source.sha256 == manifest.source.sha256
    is_corrected = {"suggested_label", "self_confidence"}.issubset(header)
    if column == LABEL and (is_manifest or is_corrected):
        found = "what labelfix has corrected" if is_corrected else "the manifest's own labels"
        raise InputError(
            f"{path}, column {column!r}: expected labels that a person has verified, found {found}",
            f"Write people's answers into a column {ANSWER_COLUMNS[0]}.",
        )
    return column


def answered_rows(
    images: Sequence[str], answers: Sequence[str], where: str, number: Callable[[int], int]
) -> dict[str, int]:
    """The first answered row of each image; a blank is no answer.

    Args:
        images: R names.
        answers: R texts.
        where: file and column, for errors.
        number: a row's number in the user's file.

    Raises:
        InputError: two rows give different answers for one image.
    """
    rows: dict[str, int] = {}
    for row, (image, answer) in enumerate(zip(images, answers, strict=True)):
        if not answer.strip():
            continue
        first = rows.setdefault(image, row)
        if answers[first] != answer:
            raise InputError(
                f"{where}: expected one answer for {names.to_text(image)!r}, found "
                f"{answers[first]!r} in row {number(first)} and {answer!r} in row {number(row)}",
                f"Keep the one that is right, or write {CANNOT_TELL!r} into both.",
            )
    return rows


def chances_in(path: Path, opened: Manifest, rows: Mapping[str, int]) -> dict[str, float]:
    """The probability with which each image was drawn, from the column `CHANCE` if there is one.

    Args:
        path: of the file, for errors.
        opened: its table.
        rows: the row of each wanted image.

    Raises:
        InputError: a value is not in (0, 1].
    """
    if CHANCE not in opened.table.column_names:
        return {}
    texts = opened.column_as_text(CHANCE)
    chances = {}
    for image, row in rows.items():
        if not texts[row].strip():
            continue
        chance = _number(texts[row])
        if not 0 < chance <= 1:
            raise InputError(
                f"{path}, row {opened.row_number(row)}, column {CHANCE!r}: expected a "
                f"probability above 0 and at most 1, found {texts[row]!r}",
                "Leave it as labelfix audit wrote it, or give a column of your own another name.",
            )
        chances[image] = chance
    return chances


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
