import re

import pytest

from labelfix.data.manifest import read_manifest
from labelfix.data.tables import CsvFormat, read_csv
from labelfix.errors import InputError


@pytest.fixture
def list_of(tmp_path):
    def write(content, name="list.txt"):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("a.png,cat\nb.png,dog\n", ","),
        ("a.png\tcat\nb.png\tdog\n", ","),
        ("a.png cat\nb.png   dog \n\n", ","),
        (" a.png cat\n b.png dog\n", "space"),
        ("a.png;cat\nb.png;dog\n", ";"),
        ('"a.png",cat\n"b.png","dog"\n', ","),
    ],
)
def test_read_manifest__columns_by_position(list_of, content, delimiter):
    opened = read_manifest(
        list_of(content), CsvFormat(delimiter=delimiter, columns=("image", "label"))
    )
    assert opened.images == ["a.png", "b.png"]
    assert opened.given_labels == ["cat", "dog"]
    assert opened.source.delimiter == (";" if delimiter == ";" else ",")
    assert opened.lines == [1, 2]


def test_read_manifest__columns_in_another_order_and_more(list_of):
    path = list_of("0 train/a b.png,x.png 7\n".replace("a b.png,x", "a,x"))
    opened = read_manifest(path, CsvFormat(columns=("label", "image", "score")))
    assert (opened.images, opened.given_labels) == (["train/a,x.png"], ["0"])
    assert opened.column_as_text("score") == ["7"]


def test_read_manifest__a_tab_comes_before_commas_in_names(list_of):
    opened = read_manifest(list_of("a,b.png\t3\n"), CsvFormat(columns=("image", "label")))
    assert (opened.images, opened.given_labels) == (["a,b.png"], ["3"])


def test_read_manifest__one_column_is_whole_lines(list_of):
    opened = read_manifest(
        list_of("my cat, 1.png\nb.png\n"), CsvFormat(columns=("image",)), needs_label=False
    )
    assert opened.images == ["my cat, 1.png", "b.png"]


def test_read_csv__names_of_columns_that_nobody_named(list_of):
    text = read_csv(list_of("\n\na.png,cat,3,4\n"), CsvFormat(has_header=False))
    assert text.header == ["image", "label", "column_3", "column_4"]
    assert text.columns == [["a.png"], ["cat"], ["3"], ["4"]]
    assert text.lines == [3]


def test_read_csv__spaces_in_a_table_with_a_header_are_fields_still(list_of):
    text = read_csv(list_of("a b c\n1  3\n"), CsvFormat(delimiter=" "))
    assert text.columns == [["1"], [""], ["3"]]


@pytest.mark.parametrize(
    ("content", "csv_format", "message"),
    [
        (
            "image,label\na.png,cat\n",
            CsvFormat(has_header=False),
            "list.txt, row 1: expected an image and no header, found the header 'image', 'label'",
        ),
        (
            "a.png cat\nb.png big dog\n",
            CsvFormat(columns=("image", "label")),
            "row 2 (line 2): expected 2 fields as in --columns, found 3",
        ),
        (
            "a.png,cat\nb.png\n",
            CsvFormat(has_header=False),
            "row 2 (line 2): expected 2 fields as in row 1, found 1",
        ),
        (
            "a.png 3\nb.png 4\n",
            CsvFormat(has_header=False),
            "found one column without a header, for example 'a.png 3'",
        ),
        ("", CsvFormat(columns=("image", "label")), "expected rows, found none"),
    ],
)
def test_read_manifest__wrong_list(list_of, content, csv_format, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read_manifest(list_of(content), csv_format)


def test_read_manifest__parquet_has_names(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"image": ["a.png"], "label": ["x"]}), path)
    with pytest.raises(InputError, match="expected a CSV file beside --no-header"):
        read_manifest(path, CsvFormat(has_header=False))
