"""The table of rows that a patch leaves to a person; filled in, it is a source of a patch again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa

from labelfix.data import names, tables
from labelfix.data.answers import ANSWER_COLUMNS
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError, OutputError
from labelfix.runtime.atomic import check_place

REVIEW_COLUMNS = (
    "image",
    "row",
    "given_label",
    "suggested_label",
    "confidence",
    "split",
    "reason",
    ANSWER_COLUMNS[0],
)


@dataclass(frozen=True, kw_only=True)
class ReviewRow:
    """A row that a person has to decide about.

    Attributes:
        image: as the manifest writes it.
        row: its number in the manifest, from 1.
        given_label: of the manifest.
        suggested_label: empty where nothing is suggested.
        confidence: the probability in [0, 1] that the suggested label is right, or None.
        split: of the row.
        reason: why it was not changed.
    """

    image: str
    row: int
    given_label: str
    suggested_label: str
    confidence: float | None
    split: str
    reason: str


def write_review(target: Path, rows: Sequence[ReviewRow], delimiter: str = ",") -> None:
    """Write the rows with an empty column for answers, whole or not at all."""
    values = [{**asdict(row), "image": names.to_text(row.image)} for row in rows]
    kinds = {"row": pa.int64(), "confidence": pa.float64()}
    schema = pa.schema([pa.field(name, kinds.get(name, pa.string())) for name in REVIEW_COLUMNS])
    columns = [[one.get(name, "") for one in values] for name in REVIEW_COLUMNS]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    table = pa.Table.from_arrays(arrays, schema=schema)
    tables.write_table(target, table, image_column="image", delimiter=delimiter)


def check_review(option: str, target: Path, delimiter: str = ",") -> None:
    """Check that the list can be written and that no answers are lost.

    Raises:
        OutputError: the place cannot be written, or holds anything but unanswered rows.
    """
    check_place(option, target)
    if not target.exists():
        return
    try:
        is_tsv = target.suffix.lower() == ".tsv"
        table = tables.read_csv(target, CsvFormat(delimiter="\t" if is_tsv else delimiter))
        columns = dict(zip(table.header, table.columns, strict=True))
        is_free = set(REVIEW_COLUMNS) == set(columns)
        is_free = is_free and not any(map(str.strip, columns[REVIEW_COLUMNS[-1]]))
    except InputError:
        is_free = False
    if not is_free:
        raise OutputError(
            f"{option} {target}: expected no file, or rows that nobody has answered, found "
            "another file or answers",
            f"Name another file with --review, for example {target.stem}-2{target.suffix}.",
        )


def review_path(patch: Path) -> Path:
    """Where the list goes that a patch leaves: `fixes.review.csv` beside `fixes.patch.jsonl`."""
    stem = patch.name
    for ending in (".jsonl", ".patch"):
        stem = stem.removesuffix(ending)
    return patch.with_name(f"{stem}.review.csv")
