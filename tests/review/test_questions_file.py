"""The table to fill in: its columns, its forms, and that no answer is written over."""

import csv
import json

import pyarrow.parquet as pq
import pytest

from labelfix.data.audited_labels import read_audits
from labelfix.errors import OutputError
from labelfix.review.questions import Candidate, Question
from labelfix.review.questions_file import (
    QUESTION_COLUMNS,
    check_questions_file,
    write_questions,
)

QUESTIONS = [
    Question(4, "a\udcff.png", "007", [Candidate("NA", 0.75), Candidate("007", 0.2)], 0.1, 0.8),
    Question(0, 'b,"1".png', "", [Candidate("True", None)], 1.0, None),
]


def read_csv(path, delimiter=","):
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


@pytest.mark.parametrize(("name", "delimiter"), [("q.csv", ","), ("q.csv", ";"), ("q.tsv", "\t")])
def test_write_questions__as_text(tmp_path, name, delimiter):
    write_questions(tmp_path / name, QUESTIONS, delimiter)
    assert read_csv(tmp_path / name, delimiter) == [
        ["image", "given_label", "candidate_1", "candidate_2", "candidate_3", "chance",
         "wrong_probability", "verified_label"],
        ["a\udcff.png", "007", "NA", "007", "", "0.1", "0.8", ""],
        ['b,"1".png', "", "True", "", "", "1", "", ""],
    ]  # fmt: skip


def test_write_questions__as_parquet(tmp_path):
    write_questions(tmp_path / "q.parquet", QUESTIONS)
    table = pq.read_table(tmp_path / "q.parquet")
    assert tuple(table.column_names) == QUESTION_COLUMNS
    assert table["image"].to_pylist() == ["bytes:a%FF.png", 'b,"1".png']
    assert table["wrong_probability"].to_pylist() == [0.8, None]


@pytest.mark.parametrize("name", ["q.csv", "q.parquet"])
def test_write_questions__nothing_is_answered_yet(tmp_path, name):
    write_questions(tmp_path / name, QUESTIONS)
    assert len(read_audits(None, [tmp_path / name])) == 0


def test_write_questions__filled_in_they_are_audits(tmp_path):
    path = tmp_path / "q.csv"
    write_questions(path, QUESTIONS)
    head, first, second, *_ = path.read_bytes().split(b"\n")
    path.write_bytes(b"\r\n".join([head, first + b"NA", second + b"cannot tell"]))
    audits = read_audits(None, [path])
    assert audits.answers == {"a\udcff.png": "NA", 'b,"1".png': "cannot tell"}
    assert audits.chances == {"a\udcff.png": 0.1, 'b,"1".png': 1.0}


def test_write_questions__of_nothing(tmp_path):
    write_questions(tmp_path / "q.csv", [])
    assert read_csv(tmp_path / "q.csv") == [list(QUESTION_COLUMNS)]
    check_questions_file(tmp_path / "q.csv", None)


@pytest.mark.parametrize("name", ["q.csv", "q.tsv", "q.parquet"])
def test_check_questions_file__unanswered_questions_may_be_replaced(tmp_path, name):
    check_questions_file(tmp_path / name, None)
    write_questions(tmp_path / name, QUESTIONS)
    check_questions_file(tmp_path / name, None)


def test_check_questions_file__answers_are_kept(tmp_path):
    path = tmp_path / "q.csv"
    write_questions(path, QUESTIONS)
    path.write_text(path.read_text(errors="surrogateescape").replace("0.8,", "0.8,cat"),
                    errors="surrogateescape")  # fmt: skip
    (tmp_path / "q-2.csv").touch()
    with pytest.raises(OutputError, match=r"q\.csv: expected no file.*found 1 answer") as caught:
        check_questions_file(path, None)
    assert caught.value.hint == "Name another file, for example --out q-3.csv."


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("q.csv", b"image,label\na,cat\n", "another table"),
        ("q.csv", b'image,label\na,"cat\n', "another file"),
        ("q.parquet", b"PAR1", "another file"),
    ],
)
def test_check_questions_file__other_files_are_kept(tmp_path, name, content, found):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(OutputError, match=f"found {found}$".replace("$", "\n")):
        check_questions_file(tmp_path / name, None)
    assert (tmp_path / name).read_bytes() == content


@pytest.mark.parametrize("name", ["q.jsonl", "q.xlsx", "q"])
def test_check_questions_file__ending(tmp_path, name):
    with pytest.raises(OutputError, match=r"expected a name that ends in one of \.csv, \.tsv"):
        check_questions_file(tmp_path / name, None)


def test_check_questions_file__manifest(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(json.dumps({}))
    with pytest.raises(OutputError, match="is the manifest itself"):
        check_questions_file(path, path)
