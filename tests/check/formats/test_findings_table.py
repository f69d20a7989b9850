"""`csv` and `parquet`: what a spreadsheet and a data frame get."""

import csv
import io
import json
from dataclasses import replace

import pyarrow.parquet as pq

from labelfix.check.formats.findings_table import SCHEMA, render_csv, render_parquet
from labelfix.data.names import is_valid, to_text


def rows(text: str) -> list[dict[str, str]]:
    csv.field_size_limit(10**7)
    return list(csv.DictReader(io.StringIO(text)))


def test_csv__a_finding(failing, wrong):
    told = replace(wrong, annotator="Ann", split="train", given_label=" 3", second_label="8")
    (row,) = rows(render_csv(replace(failing, findings=(told,))))
    assert list(row) == SCHEMA.names
    assert row["fingerprint"] == told.fingerprint
    del row["fingerprint"]
    assert row == {
        "rule": "wrong-label",
        "level": "error",
        "class": "3",
        "annotator": "Ann",
        "split": "train",
        "image": "digits/5.png",
        "source": failing.source,
        "row": "4",
        "line": "5",
        "given_label": " 3",
        "suggested_label": "8",
        "confidence": "0.971235",
        "second_label": "8",
        "second_confidence": "",
        "message": "label '3', looks like '8'",
        "related": '["a.png", "b.png"]',
        "content_hash": "ab" * 32,
    }


def test_csv__a_finding_about_an_annotator_names_him(failing):
    found = {row["rule"]: row for row in rows(render_csv(failing))}
    assert found["noisy-annotator"]["annotator"] == "Eve"
    assert found["noisy-annotator"]["row"] == ""


def test_csv__without_findings_is_a_header(passing):
    assert render_csv(passing) == ",".join(SCHEMA.names) + "\n"


def test_csv__a_cell_is_a_cell_whatever_a_user_writes(failing, wrong):
    label = 'a,"b"\nc;\td'
    (row,) = rows(render_csv(replace(failing, findings=(replace(wrong, given_label=label),))))
    assert row["given_label"] == 'a,"b"\N{REPLACEMENT CHARACTER}c;\N{REPLACEMENT CHARACTER}d'


def test_parquet__has_the_columns_of_csv_with_types_and_exact_texts(hostile):
    table = pq.read_table(io.BytesIO(render_parquet(hostile)))
    assert table.schema.equals(SCHEMA)
    assert table["given_label"].to_pylist() == [
        each.given_label if is_valid(each.given_label) else to_text(each.given_label)
        for each in hostile.findings
    ]
    assert table["confidence"].null_count == sum(
        each.confidence is None for each in hostile.findings
    )
    in_csv = rows(render_csv(hostile))
    assert table["fingerprint"].to_pylist() == [row["fingerprint"] for row in in_csv]
    related = [json.loads(row["related"] or "[]") for row in in_csv]
    assert related == [list(each.related) for each in hostile.findings]
    as_stored = [[name if is_valid(name) else to_text(name) for name in each] for each in related]
    assert table["related"].to_pylist() == as_stored


def test_parquet__without_findings_has_its_columns(passing):
    assert pq.read_table(io.BytesIO(render_parquet(passing))).schema.equals(SCHEMA)
