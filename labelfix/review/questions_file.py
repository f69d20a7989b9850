"""The table of questions that a person fills in."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from labelfix.data import names, tables
from labelfix.data.answers import ANSWER_COLUMNS, CHANCE
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError, OutputError
from labelfix.review.question_choice import CANDIDATES, Question
from labelfix.runtime.atomic import check_place

ANSWER = ANSWER_COLUMNS[0]
WRONG_PROBABILITY = "wrong_probability"
"""For people; labelfix does not read it back."""
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
    """A table with a row for each question and an empty column for answers."""
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
    """Write the table atomically, in the format of the file's ending."""
    table = questions_table(questions)
    tables.write_table(target, table, image_column="image", delimiter=delimiter)


def check_questions_file(target: Path, source: Path | None, delimiter: str = ",") -> None:
    """Check before any work that questions can be written and no answers are lost.

    Args:
        target: the file to write.
        source: the user's manifest, which must not be overwritten.
        delimiter: of a .csv file.

    Raises:
        OutputError: the ending is unknown, the file cannot be written, or it exists and is not a
            table of unanswered questions.
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
    """What a file holds that must not be overwritten; empty where there is nothing."""
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
    """The first free name of the form `questions-2.csv`."""
    number = 2
    while target.with_stem(f"{target.stem}-{number}").exists():
        number += 1
    return target.with_stem(f"{target.stem}-{number}").name
