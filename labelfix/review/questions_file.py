"""The table of questions that a person fills in."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from labelfix.data import names, tables
from labelfix.data.answers import ANSWER_COLUMNS, CHANCE
from labelfix.data.atomic import check_place
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError, OutputError
from labelfix.review.questions import CANDIDATES, Question

ANSWER = ANSWER_COLUMNS[0]
WRONG_PROBABILITY = "wrong_probability"
"""For people; nothing reads it back."""
QUESTION_COLUMNS = (
    "image",
    "given_label",
    *(f"candidate_{place}" for place in range(1, CANDIDATES + 1)),
    CHANCE,
    WRONG_PROBABILITY,
    ANSWER,
)
SUFFIXES = (".csv", ".tsv", ".parquet")


def questions_table(questions: Sequence[Question]) -> pa.Table:
    """A row for each question with an empty column for the answers."""
    labels = [[candidate.label for candidate in asked.candidates] for asked in questions]
    filled = [[*row, *[""] * (CANDIDATES - len(row))] for row in labels]
    texts = {
        "image": [names.to_text(asked.image) for asked in questions],
        "given_label": [asked.given_label for asked in questions],
        **{f"candidate_{place + 1}": [row[place] for row in filled] for place in range(CANDIDATES)},
        ANSWER: ["" for _ in questions],
    }
    numbers = {
        CHANCE: [asked.chance for asked in questions],
        WRONG_PROBABILITY: [asked.wrong_probability for asked in questions],
    }
    columns = {name: pa.array(values, pa.string()) for name, values in texts.items()}
    columns |= {name: pa.array(values, pa.float64()) for name, values in numbers.items()}
    return pa.table({name: columns[name] for name in QUESTION_COLUMNS})


def write_questions(target: Path, questions: Sequence[Question], delimiter: str = ",") -> None:
    """Write the table as the ending of the file says, whole or not at all."""
    table = questions_table(questions)
    tables.write_table(target, table, image_column="image", delimiter=delimiter)


def check_questions_file(target: Path, source: Path | None, delimiter: str = ",") -> None:
    """See that questions can be written before any work is done, and that no answers are lost.

    Args:
        target: the file that is to be written.
        source: the user's manifest, which is never written to.
        delimiter: of a .csv file.

    Raises:
        OutputError: the ending is unknown, the place cannot be written, or there is a file that
            is not one of questions without answers.
    """
    if target.suffix.lower() not in SUFFIXES:
        raise OutputError(
            f"--out {target}: expected a name that ends in one of {', '.join(SUFFIXES)}",
            "For example --out questions.csv.",
        )
    check_place("--out", target, source)
    if target.exists():
        found = _why_kept(target, delimiter)
        if found:
            raise OutputError(
                f"--out {target}: expected no file, or questions that nobody has answered, "
                f"found {found}",
                f"Name another file, for example --out {_next_name(target)}.",
            )


def _why_kept(target: Path, delimiter: str) -> str:
    """What a file holds that must not be written over; empty where it holds nothing."""
    try:
        if target.suffix.lower() == ".parquet":
            columns = tables.read_parquet(target).to_pydict()
        else:
            is_tsv = target.suffix.lower() == ".tsv"
            text = tables.read_csv(target, CsvFormat(delimiter="\t" if is_tsv else delimiter))
            columns = dict(zip(text.header, text.columns, strict=True))
    except InputError:
        return "another file"
    if not set(QUESTION_COLUMNS).issubset(columns):
        return "another table"
    answers = sum(bool(str(answer or "").strip()) for answer in columns[ANSWER])
    return f"{answers:,} answer{'s' * (answers != 1)}" if answers else ""


def _next_name(target: Path) -> str:
    """`questions-2.csv` for `questions.csv`, or the first such name that is free."""
    number = 2
    while target.with_stem(f"{target.stem}-{number}").exists():
        number += 1
    return target.with_stem(f"{target.stem}-{number}").name
