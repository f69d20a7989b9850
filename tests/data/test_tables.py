"""CSV, Parquet and JSON lines: what goes in comes out, and what is broken is named."""

import codecs
import csv
import datetime
import io
import json
import math
import os
import random
import uuid

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelfix.data import names, tables
from labelfix.data.atomic import OUTPUT_SUFFIXES
from labelfix.data.tables import CsvFormat, TextTable
from labelfix.errors import InputError, OutputError


@pytest.fixture
def csv_of(tmp_path):
    """Write bytes or text to a CSV file."""

    def write(content, name="manifest.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


# --- reading CSV ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("image,label\na,NA\nb,null\n", [["a", "b"], ["NA", "null"]]),
        ("image,label\na,007\nb,True\nc,1.0", [["a", "b", "c"], ["007", "True", "1.0"]]),
        ("image,label\na, cat \nb,\n", [["a", "b"], [" cat ", ""]]),
        ('image,label\n"a,""b""\n\r\nc",x\n', [['a,"b"\n\r\nc'], ["x"]]),
        ('image,label\r\na,"x\r"\r\nb,y\r\n', [["a", "b"], ["x\r", "y"]]),
        ("image,label\ra,x\rb,y\r", [["a", "b"], ["x", "y"]]),
        ("image,label\n\na,x\n\n\nb,y\n\n", [["a", "b"], ["x", "y"]]),
        ("image,label\n,\n", [[""], [""]]),
        ("image,label\n", [[], []]),
        ("image,label", [[], []]),
        ("image,label\na,n\0ul\n", [["a"], ["n\0ul"]]),
        ("image,label\na,1\u20282\x85\x1c3\n", [["a"], ["1\u20282\x85\x1c3"]]),
        ("image,label\n#a,'x'\n", [["#a"], ["'x'"]]),
    ],
)
def test_read_csv__every_value_stays_as_it_stands_there(csv_of, content, columns):
    read = tables.read_csv(csv_of(content), CsvFormat())
    assert (read.header, read.columns) == (["image", "label"], columns)


def test_read_csv__byte_order_mark_is_no_part_of_the_header(csv_of):
    path = csv_of(codecs.BOM_UTF8 + "image,label\né,ü\n".encode())
    assert tables.read_csv(path, CsvFormat()) == TextTable(["image", "label"], [["é"], ["ü"]])


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("image,label\na,x\nb,y\n", [2, 3]),
        ("image,label\n\na,x\n\n\nb,y\n\n", [3, 6]),
        ('image,label\n"a\n\nb",x\nc,y\n', [2, 5]),
        ('"image\n",label\r\na,x\r\n', [3]),
        ("image,label\ra,x\rb,y\r", [2, 3]),
    ],
)
def test_read_csv__line_on_which_each_row_begins(csv_of, content, lines):
    assert tables.read_csv(csv_of(content), CsvFormat()).lines == lines


def test_read_csv__bytes_that_are_no_utf8_are_kept(csv_of):
    path = csv_of(b"image,label\ncaf\xe9.png,x\n")
    image = tables.read_csv(path, CsvFormat()).columns[0][0]
    assert os.fsencode(image) == b"caf\xe9.png"


@pytest.mark.parametrize(
    ("encoding", "hint"),
    [
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", "utf-16"),
        ("utf-32-le", "utf-32"),
        ("utf-32-be", "utf-32"),
    ],
)
def test_read_csv__utf_16_and_32_name_the_option_which_then_reads_them(csv_of, encoding, hint):
    text = "image,label\nä.png,größe\n"
    path = csv_of((text if encoding == "utf-16" else "\ufeff" + text).encode(encoding))
    with pytest.raises(InputError) as caught:
        tables.read_csv(path, CsvFormat())
    assert caught.value.message == (
        f"{path}, row 0 (the header): expected UTF-8, found {hint.upper()}"
    )
    assert caught.value.hint == f"Run it again with --encoding {hint}."
    read = tables.read_csv(path, CsvFormat(encoding=hint))
    assert read == TextTable(["image", "label"], [["ä.png"], ["größe"]])


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-8", "UTF8", "utf-8-sig"])
def test_read_csv__named_encoding(csv_of, encoding):
    path = csv_of("image,label\nä.png,größe\n".encode(encoding))
    read = tables.read_csv(path, CsvFormat(encoding=encoding))
    assert read == TextTable(["image", "label"], [["ä.png"], ["größe"]])


@pytest.mark.parametrize(
    ("content", "encoding", "row"),
    [
        (b"image,label\na,x\nb,\x81\n", "cp1252", 2),
        (b"im\xe9ge,label\n", "ascii", 0),
        (b"image,label\na,+2AA-\n", "utf-7", 1),  # half a character, which no text may hold
        ("image,label\n".encode("utf-16") + b"x", "utf-16", 1),
    ],
)
def test_read_csv__bytes_that_the_named_encoding_has_not(csv_of, content, encoding, row):
    path = csv_of(content)
    with pytest.raises(InputError) as caught:
        tables.read_csv(path, CsvFormat(encoding=encoding))
    assert caught.value.message == f"{path}, row {row}: expected {encoding}, found other bytes"
    assert "--encoding" in caught.value.hint


@pytest.mark.parametrize("encoding", ["klingon", "base64", ""])
def test_read_csv__unknown_encoding(csv_of, encoding):
    path = csv_of("image,label\n")
    with pytest.raises(InputError, match=f"--encoding {encoding} is not known"):
        tables.read_csv(path, CsvFormat(encoding=encoding))


@pytest.mark.parametrize(
    ("content", "where", "problem"),
    [
        ("image,label\na,x\nb\n", "row 2 (line 3)", "expected 2 fields as in the header, found 1"),
        ("image,label\na,x,y\n", "row 1 (line 2)", "expected 2 fields as in the header, found 3"),
        # Rows and lines part where a field has a line break, or a line is blank.
        ('image,label\n"a\n",x\n\nb\n', "row 2 (line 5)", "expected 2 fields"),
        ('image,label\na,x\n"b,y\nc,z\n', "row 2 (line 4)", "not a valid CSV row"),
        ('image,label\n"a"b,x\n', "row 1 (line 2)", "not a valid CSV row"),
        ("\nimage,label\n", "row 1 (line 2)", "expected 0 fields as in the header, found 2"),
    ],
)
def test_read_csv__malformed_row_is_named(csv_of, content, where, problem):
    path = csv_of(content)
    with pytest.raises(InputError) as caught:
        tables.read_csv(path, CsvFormat())
    assert caught.value.message.startswith(f"{path}, {where}: {problem}")
    assert caught.value.hint


def test_read_csv__field_longer_than_pythons_own_limit(csv_of):
    outline = "1," * 100_000
    path = csv_of(f'image,label,outline\na,x,"{outline}"\n')
    assert tables.read_csv(path, CsvFormat()).columns[2] == [outline]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", " ", "é"])
def test_read_csv__named_delimiter(csv_of, delimiter):
    path = csv_of(f'image{delimiter}label\na,b{delimiter}"x{delimiter}y"\n')
    read = tables.read_csv(path, CsvFormat(delimiter=delimiter))
    assert read == TextTable(["image", "label"], [["a,b"], [f"x{delimiter}y"]])


def test_csv_format__tab_is_a_name_for_the_character():
    assert CsvFormat(delimiter="tab") == CsvFormat(delimiter="\t")


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n", "\r", "\0", "Tab", "\\t"])
def test_csv_format__delimiter_that_is_none(delimiter):
    with pytest.raises(InputError, match="--delimiter takes one character, found"):
        CsvFormat(delimiter=delimiter)


def test_read_csv__folder(tmp_path):
    with pytest.raises(InputError, match="could not be read: Is a directory"):
        tables.read_csv(tmp_path, CsvFormat())


# --- reading Parquet -----------------------------------------------------------------------------

BROKEN_TEXT = pa.StringArray.from_buffers(
    2, pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0"), pa.py_buffer(b"a\xff")
)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"image,label\na,b\n", b"PAR1" + b"\0" * 50])
def test_read_parquet__something_else(csv_of, content):
    path = csv_of(content, "m.parquet")
    with pytest.raises(InputError, match="expected a Parquet file, found something else"):
        tables.read_parquet(path)


def test_read_parquet__cut_off(tmp_path):
    path = tmp_path / "m.parquet"
    pq.write_table(pa.table({"image": ["a"] * 100}), path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 25):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="expected a Parquet file"):
            tables.read_parquet(path)


def test_read_parquet__text_that_is_no_utf8(tmp_path):
    path = tmp_path / "m.parquet"
    pq.write_table(pa.table({"image": ["a", "b"], "note": BROKEN_TEXT}), path)
    with pytest.raises(InputError, match="Invalid UTF8"):
        tables.read_parquet(path)


def test_read_parquet__column_name_that_is_no_utf8(tmp_path):
    path = tmp_path / "m.parquet"
    pq.write_table(pa.table({"noise": ["a"]}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"noise", b"no\xffse"))
    with pytest.raises(InputError, match="found something else"):
        tables.read_parquet(path)


def test_read_parquet__folder_names_are_no_columns(tmp_path):
    folder = tmp_path / "label=cat"
    folder.mkdir()
    pq.write_table(pa.table({"image": ["a"]}), folder / "m.parquet")
    assert tables.read_parquet(folder / "m.parquet").column_names == ["image"]


# --- rows of a column ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None, 3], pa.int8()),
        (["a", None, "c"], pa.string()),
        (["a", None, "a text that is longer than a view holds"], pa.string_view()),
        ([b"a", None, b"\xff"], pa.binary_view()),
        ([["a", "b"], None, []], pa.list_(pa.string_view())),
        ([{"a": "x"}, None, {"a": "y"}], pa.struct([("a", pa.string_view())])),
        (["a", None, "c"], pa.dictionary(pa.int8(), pa.string())),
    ],
    ids=str,
)
def test_take_rows__any_type_stays_itself(values, kind):
    column = pa.chunked_array([pa.array(values[:1], kind), pa.array(values[1:], kind)])
    taken = tables.take_rows(column, np.array([2, 0, 0, 1]))
    assert taken.type == kind
    assert taken.to_pylist() == [values[2], values[0], values[0], None]


# --- writing -------------------------------------------------------------------------------------


def written(path, table, **options):
    tables.write_table(path, table, image_column="image", **options)
    return path.read_bytes()


TWO_ROWS = pa.table({"image": ["a.png", "b,c.png"], "label": ["007", ' "x"']})


@pytest.mark.parametrize(
    ("name", "options", "content"),
    [
        ("t.csv", {}, 'image,label\na.png,007\n"b,c.png"," ""x"""\n'),
        ("t.CSV", {}, 'image,label\na.png,007\n"b,c.png"," ""x"""\n'),
        ("t.csv", {"delimiter": ";"}, 'image;label\na.png;007\nb,c.png;" ""x"""\n'),
        ("t.tsv", {"delimiter": ";"}, 'image\tlabel\na.png\t007\nb,c.png\t" ""x"""\n'),
        (
            "t.jsonl",
            {"delimiter": ";"},
            '{"image": "a.png", "label": "007"}\n{"image": "b,c.png", "label": " \\"x\\""}\n',
        ),
    ],
)
def test_write_table__form_follows_the_ending(tmp_path, name, options, content):
    assert written(tmp_path / name, TWO_ROWS, **options).decode() == content


def test_write_table__parquet_is_the_table_itself(tmp_path):
    table = TWO_ROWS.append_column("n", pa.array([1, None], pa.int8()))
    table = table.replace_schema_metadata({"origin": "a person"})
    written(tmp_path / "t.parquet", table)
    assert pq.read_table(tmp_path / "t.parquet").equals(table, check_metadata=True)


@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("column", ["image", "label"])
def test_write_table__line_break_in_a_csv_field_is_quoted(tmp_path, ending, column):
    """Also a lone carriage return, which the csv module of Python 3.11 leaves bare."""
    table = TWO_ROWS.set_column(TWO_ROWS.column_names.index(column), column, [["a", f"x{ending}"]])
    content = written(tmp_path / "t.csv", table)
    assert f'"x{ending}"'.encode() in content
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    assert rows[1:] == [list(row.values()) for row in table.to_pylist()]


def test_write_table__csv_rows_end_in_a_newline_alone(tmp_path):
    table = pa.table({"image": ["a", "b\r\n", "c"], "label": ["x", "y", "z\r\n"]})
    assert written(tmp_path / "t.csv", table) == (b'image,label\na,x\n"b\r\n",y\nc,"z\r\n"\n')


@pytest.mark.parametrize(
    ("values", "texts", "jsons"),
    [
        (pa.array([1, None]), ["1", ""], [1, None]),
        (pa.array([True, None]), ["true", ""], [True, None]),
        (pa.array([0.1 + 0.2, None]), ["0.30000000000000004", ""], [0.1 + 0.2, None]),
        (pa.array([math.nan, -math.inf]), ["nan", "-inf"], [None, None]),
        (pa.array(["é\u2028", None]), ["é\u2028", ""], ["é\u2028", None]),
        (pa.array(["x", None], pa.large_string()), ["x", ""], ["x", None]),
        (pa.array(["x", None], pa.string_view()), ["x", ""], ["x", None]),
        (pa.array(["x", None]).dictionary_encode(), ["x", ""], ["x", None]),
        (pa.array([1.0, None]).dictionary_encode(), ["1", ""], [1.0, None]),
        (pa.array([b"\xff", b"a"]), ["ff", "61"], ["ff", "61"]),
        (pa.array([b"\xff", None], pa.large_binary()), ["ff", ""], ["ff", None]),
        (pa.array([b"\xff", b"a"], pa.binary(1)), ["ff", "61"], ["ff", "61"]),
        (pa.array([b"\xff", b"a"], pa.binary_view()), ["ff", "61"], ["ff", "61"]),
        (pa.array([b"\xff", None]).dictionary_encode(), ["ff", ""], ["ff", None]),
        (pa.array([["a", "b"], None]), ['["a", "b"]', ""], [["a", "b"], None]),
        (pa.array([[1.5, math.nan], []]), ["[1.5, null]", "[]"], [[1.5, None], []]),
        (
            pa.array([{"b": b"\xff"}, {"b": None}]),
            ['{"b": "ff"}', '{"b": null}'],
            [{"b": "ff"}, {"b": None}],
        ),
        (
            pa.array([datetime.date(2026, 1, 31), None]),
            ["2026-01-31", ""],
            ["2026-01-31", None],
        ),
        (
            pa.array([uuid.UUID(int=255).bytes, None], pa.binary(16)).cast(pa.uuid()),
            ["00000000-0000-0000-0000-0000000000ff", ""],
            ["00000000-0000-0000-0000-0000000000ff", None],
        ),
        (pa.nulls(2), ["", ""], [None, None]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_write_table__column_of_any_type(tmp_path, values, texts, jsons):
    table = pa.table({"image": ["a", "b"], "x": values})
    written(tmp_path / "t.csv", table)
    assert tables.read_csv(tmp_path / "t.csv", CsvFormat()).columns[1] == texts
    lines = written(tmp_path / "t.jsonl", table).decode().removesuffix("\n").split("\n")

    def refuse(constant):
        raise ValueError(constant)  # JSON has no NaN

    assert [json.loads(line, parse_constant=refuse)["x"] for line in lines] == jsons


@pytest.mark.parametrize("values", [pa.array([3, 4]), pa.array(["3", "4"]).dictionary_encode()])
def test_write_table__image_column_that_is_no_plain_text(tmp_path, values):
    assert written(tmp_path / "t.csv", pa.table({"image": values})) == b"image\n3\n4\n"


def test_write_table__image_names_get_their_own_bytes_back_in_csv_alone(tmp_path):
    name = names.to_text(os.fsdecode(b"caf\xe9.png"))
    table = pa.table({"image": [name], "label": [name]})
    assert written(tmp_path / "t.csv", table) == b"image,label\ncaf\xe9.png,bytes:caf%E9.png\n"
    assert json.loads(written(tmp_path / "t.jsonl", table)) == {"image": name, "label": name}
    written(tmp_path / "t.parquet", table)
    assert pq.read_table(tmp_path / "t.parquet")["image"].to_pylist() == [name]


@pytest.mark.parametrize("suffix", OUTPUT_SUFFIXES)
def test_write_table__more_rows_than_a_batch_keep_their_order(tmp_path, suffix):
    numbers = list(range(70_000))
    table = pa.table({"image": [str(number) for number in numbers], "n": numbers})
    path = tmp_path / f"t{suffix}"
    written(path, table)
    match suffix:
        case ".parquet":
            found = pq.read_table(path)["n"].to_pylist()
        case ".jsonl":
            found = [json.loads(line)["n"] for line in path.read_text().splitlines()]
        case _:
            columns = tables.read_csv(
                path, CsvFormat(delimiter="\t" if suffix == ".tsv" else ",")
            ).columns
            found = [int(text) for text in columns[1]]
    assert found == numbers


@pytest.mark.parametrize("suffix", OUTPUT_SUFFIXES)
def test_write_table__disk_full_leaves_the_old_file(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"t{suffix}"
    path.write_bytes(b"old")

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match="could not be written: No space left on device"):
        written(path, TWO_ROWS)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [(path.name, b"old")]


# --- any text, out and in again ------------------------------------------------------------------

NASTY = [
    "", " ", "\t", "\r", "\n", "\r\n", '"', '""', ",", ";", "|", "'", "\\", "\0", "\x1a", "\x85",
    "\u2028", "\ufeff", "é", "e\u0301", "🦆", "\U0010ffff", "\ufffe", "[red]", "=1+1", "-", "#",
    "NA", "null", "007", "True", "1e5", "nan", "a", "bytes:", "%FF", "{}", "\x1b[31m", "\u202e",
]  # fmt: skip


def nasty_text(draw):
    return "".join(draw.choices(NASTY, k=draw.choice([0, 1, 1, 2, 3, 8])))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_write_table__any_text_comes_back_through_csv(tmp_path, delimiter):
    draw = random.Random(delimiter)
    path = tmp_path / "t.csv"
    for _ in range(60):
        rows = draw.randrange(6)
        header = ["image", *{nasty_text(draw) for _ in range(draw.randrange(4))} - {"image"}]
        columns = [[nasty_text(draw) for _ in range(rows)] for _ in header]
        stray = [os.fsdecode(bytes(draw.choices([255, 97, 10, 44, 34], k=5))) for _ in range(rows)]
        columns[0] = [draw.choice(pair) for pair in zip(columns[0], stray, strict=True)]
        stored = [[names.to_text(name) for name in columns[0]], *columns[1:]]
        table = pa.Table.from_arrays([pa.array(column, pa.string()) for column in stored], header)
        tables.write_table(path, table, image_column="image", delimiter=delimiter)
        assert tables.read_csv(path, CsvFormat(delimiter=delimiter)) == TextTable(header, columns)


# --- checking the place of the output ------------------------------------------------------------


def test_write_table__takes_away_what_a_killed_run_left_beside(tmp_path):
    target = tmp_path / "fixed[1].csv"
    torn = tmp_path / f"{target.name}{tables.atomic.TEMPORARY_MARK}0a1b2c3d"
    others = tmp_path / f"fixed1.csv{tables.atomic.TEMPORARY_MARK}0a1b2c3d"
    torn.touch()
    others.touch()
    tables.write_table(target, pa.table({"image": ["a"]}), image_column="image")
    assert sorted(tmp_path.iterdir()) == sorted([target, others])
