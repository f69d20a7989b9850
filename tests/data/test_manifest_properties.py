"""Whatever a manifest holds: it is read as it stands, no row is lost, and the result is one too."""

import json
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelfix.data import names
from labelfix.data.corrections import (
    EVIDENCE_COLUMNS,
    KEEP,
    RELABEL,
    Corrections,
    corrected_table,
)
from labelfix.data.manifest import read_manifest
from labelfix.data.tables import CsvFormat, write_table

ODD = [
    *("", " ", "007", "NA", "nan", "True", " cat", "cat ", 'a"b', '"', "a,b", "a;b", "a\tb", "a|b"),
    *("line\nbreak", "line\r\nbreak", "\r", "\ufeffmark", "猫", "e\u0301", "'", "=1+1", "1e5", "-"),
]
ENCODINGS = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "utf-16": "utf-16", "utf-32": "utf-32"}
"""How a file is written down, and what a user calls it."""

texts = st.one_of(
    st.sampled_from(ODD), st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
own_columns = st.lists(
    st.one_of(
        st.sampled_from([*EVIDENCE_COLUMNS, "note", 'a "quoted" name']), texts.map("x{}".format)
    ),
    max_size=3,
    unique=True,
)
file_names = st.binary(min_size=1, max_size=6).map(
    lambda data: data.decode("utf-8", "surrogateescape")
)


@dataclass(frozen=True)
class Written:
    """A table, and how it is written as CSV."""

    header: list[str]
    rows: list[tuple[str, ...]]
    delimiter: str
    line_end: str
    all_quoted: bool

    def text(self) -> str:
        lines = [self.delimiter.join(map(self.field, row)) for row in (self.header, *self.rows)]
        return self.line_end.join(lines) + self.line_end

    def field(self, value: str) -> str:
        special = {self.delimiter, '"', "\r", "\n"}
        if not self.all_quoted and special.isdisjoint(value):
            return value
        return '"' + value.replace('"', '""') + '"'

    def column(self, name: str) -> list[str]:
        place = self.header.index(name)
        return [row[place] for row in self.rows]


@st.composite
def tables(draw, images=texts):
    header = ["image", "label", *draw(own_columns)]
    kinds = (images, *[texts] * (len(header) - 1))
    return Written(
        header,
        draw(st.lists(st.tuples(*kinds), min_size=1, max_size=5)),
        draw(st.sampled_from(",;\t|")),
        draw(st.sampled_from(["\n", "\r\n", "\r"])),
        draw(st.booleans()),
    )


def corrections_of(labels, draw):
    """Corrections that keep some labels and give others one of those that are there."""
    given_label = np.array(labels, dtype=object)
    named = [label for label in labels if label.strip()]
    count = len(labels)
    changed = [
        bool(named) and bool(labels[row].strip()) and draw(st.booleans()) for row in range(count)
    ]
    label = np.array(
        [draw(st.sampled_from(named)) if changed[row] else labels[row] for row in range(count)],
        dtype=object,
    )
    shares = [
        np.array(draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))) for _ in "abc"
    ]
    return Corrections(
        label=label,
        given_label=given_label,
        suggested_label=label,
        confidence=shares[0],
        self_confidence=shares[1],
        neighbour_agreement=shares[2],
        action=np.array([RELABEL if one else KEEP for one in changed], dtype=object),
        reason=np.full(count, "", dtype=object),
        review_rank=np.zeros(count, dtype=np.int64),
        second_label=np.full(count, None, dtype=object),
        second_confidence=np.full(count, np.nan),
        question_value=np.zeros(count),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("manifests")


@given(tables(), st.sampled_from(sorted(ENCODINGS)))
def test_read_manifest__every_value_as_it_stands(folder, table, encoding):
    path = folder / "manifest.csv"
    path.write_bytes(table.text().encode(encoding))
    found = read_manifest(path, CsvFormat(delimiter=table.delimiter, encoding=ENCODINGS[encoding]))
    assert found.table.column_names == table.header
    assert found.images == table.column("image")
    assert found.given_labels == table.column("label")
    for name in table.header[1:]:
        assert found.column_as_text(name) == table.column(name), name


@given(tables(), st.data())
def test_corrected_table__is_a_good_manifest_with_every_row(folder, table, data):
    """Twice, so that the columns of the first time are the user's own of the second."""
    path = folder / "manifest.csv"
    path.write_bytes(table.text().encode())
    csv_format = CsvFormat(delimiter=table.delimiter)
    columns, labels = table.header, table.column("label")
    for out in (folder / "fixed.csv", folder / "again.csv"):
        before = read_manifest(path, csv_format, label_column="label")
        corrections = corrections_of(labels, data.draw)
        fixed = corrected_table(before, corrections)
        write_table(out, fixed, image_column="image", delimiter=table.delimiter)
        after = read_manifest(out, csv_format, label_column="label")
        assert after.images == before.images
        assert after.given_labels == corrections.label.tolist()
        assert after.table.column_names[: len(columns)] == columns
        for name in set(columns) - {"image", "label"}:
            assert after.column_as_text(name) == before.column_as_text(name)
        added = after.table.column_names[len(columns) :]
        assert [name.replace("labelfix_", "") for name in added] == list(EVIDENCE_COLUMNS)
        assert after.column_as_text(added[0]) == labels
        path, columns, labels = out, after.table.column_names, after.given_labels


@given(tables(), st.data())
def test_write_table__parquet_and_json_lines_hold_what_csv_holds(folder, table, data):
    path = folder / "manifest.csv"
    path.write_bytes(table.text().encode())
    manifest = read_manifest(path, CsvFormat(delimiter=table.delimiter))
    fixed = corrected_table(manifest, corrections_of(table.column("label"), data.draw))
    for out in (folder / "fixed.parquet", folder / "fixed.jsonl"):
        write_table(out, fixed, image_column="image")
    expected = fixed.to_pylist()
    assert pq.read_table(folder / "fixed.parquet").to_pylist() == expected
    lines = (folder / "fixed.jsonl").read_text(encoding="utf-8").split("\n")
    assert [json.loads(line) for line in lines[:-1]] == expected
    assert lines[-1] == ""


@given(tables(images=file_names), st.data())
def test_write_table__names_of_files_keep_their_bytes(folder, table, data):
    """Also those that are no UTF-8."""
    path, out = folder / "manifest.csv", folder / "fixed.csv"
    path.write_bytes(table.text().encode("utf-8", "surrogateescape"))
    manifest = read_manifest(path, CsvFormat(delimiter=table.delimiter))
    assert manifest.images == table.column("image")
    fixed = corrected_table(manifest, corrections_of(table.column("label"), data.draw))
    write_table(out, fixed, image_column="image", delimiter=table.delimiter)
    assert read_manifest(out, CsvFormat(delimiter=table.delimiter)).images == manifest.images


@given(st.one_of(file_names, texts, texts.map(f"{names.MARK}{{}}".format)))
def test_to_text__is_valid_and_gives_the_name_back(name):
    text = names.to_text(name)
    assert text.encode("utf-8").decode("utf-8") == text
    assert names.from_text(text) == name
