"""The user's manifest: found columns, text that stays text, and errors with row and way out."""

import datetime
import decimal
import json
import os
import random
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelfix.data import manifest, names, tables
from labelfix.data.manifest import Manifest, ManifestSource, read_manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError

LABELS = ["NA", "null", "None", "nan", "007", "7", "1.0", "1e3", "True", "true", " cat", "cat ",
          "Cat", "cat", "N/A", "-", "é", "e\u0301", "🦆", "a,b", 'a"b', "a\nb", "#", "=1+1",
          "[red]", "\u202ex", "inf", "0x10", "2026-01-31"]  # fmt: skip


@pytest.fixture
def file_of(tmp_path):
    """Write a manifest: bytes or text as they are, a table or a mapping as Parquet."""

    def write(content, name=None):
        if isinstance(content, dict):
            content = pa.table(content)
        if isinstance(content, pa.Table):
            path = tmp_path / (name or "manifest.parquet")
            pq.write_table(content, path)
        else:
            path = tmp_path / (name or "manifest.csv")
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(path, delimiter=",", encoding="utf-8", **columns):
    return read_manifest(path, CsvFormat(delimiter=delimiter, encoding=encoding), **columns)


def make(labels, images=None):
    """A manifest of some labels, without a file."""
    images = images or [f"{row}.png" for row in range(len(labels))]
    table = pa.table({"image": images, "label": labels})
    return Manifest(
        table=table,
        image_column="image",
        label_column="label",
        source=ManifestSource(path="m.csv", sha256="0" * 64),
        images=images,
        given_labels=labels,
    )


# --- columns -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "image_column", "label_column"),
    [
        ("image,label", "image", "label"),
        ("label,image", "image", "label"),
        ("id,path,note,class", "path", "class"),
        ("filename,category", "filename", "category"),
        ("image_path,given_label", "image_path", "given_label"),
        # Of several known names, the first of the list and not of the file.
        ("image_path,filename,file,path,image,label", "image", "label"),
        ("image_path,filename,file,path,label", "path", "label"),
        ("image_path,filename,file,label", "file", "label"),
        ("image_path,filename,label", "filename", "label"),
        ("image,category,class,given_label,label", "image", "label"),
        ("image,category,class,given_label", "image", "given_label"),
        ("image,category,class", "image", "class"),
        (",image,label", "image", "label"),  # an index without a name
    ],
)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_read_manifest__first_known_column(file_of, form, header, image_column, label_column):
    columns = header.split(",")
    if form == "csv":
        opened = read(file_of(f"{header}\n{header}\n"))
    else:
        opened = read(file_of({name: [name] for name in columns}))
    assert (opened.image_column, opened.label_column) == (image_column, label_column)
    assert opened.images == [image_column]
    assert opened.given_labels == [label_column]
    assert opened.table.column_names == columns


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_read_manifest__named_columns(file_of, form):
    columns = {"image": ["x"], "label": ["y"], "photo": ["a"], "given_label": ["b"]}
    if form == "csv":
        path = file_of("image,label,photo,given_label\nx,y,a,b\n")
    else:
        path = file_of(columns)
    opened = read(path, image_column="photo", label_column="given_label")
    assert (opened.images, opened.given_labels) == (["a"], ["b"])


@pytest.mark.parametrize(
    ("header", "options", "message"),
    [
        (
            "photo,label",
            {},
            "expected an image column, one of 'image', 'path', 'file', 'filename', 'image_path' "
            "and 8 more; found the columns 'photo', 'label'",
        ),
        (
            "image,Name,kind",
            {},
            "expected a label column, one of 'label', 'given_label', 'class', 'category', "
            "'labels' and 7 more; found the columns 'image', 'Name', 'kind'",
        ),
        (
            "image,label",
            {"image_column": "photo"},
            "expected an image column, 'photo'; found the columns 'image', 'label'",
        ),
        (
            "image,label",
            {"label_column": "kind"},
            "expected a label column, 'kind'; found the columns 'image', 'label'",
        ),
        (
            "image,label,label",
            {},
            "expected every column once, found 'label' more than once",
        ),
        (
            "image,label",
            {"label_column": "image"},
            "expected an image column and a label column, found 'image' for both",
        ),
        (
            "image,label",
            {"annotator_column": "who"},
            "expected an annotator column, 'who'; found the columns 'image', 'label'",
        ),
        ("", {}, "expected an image column, one of 'image', 'path', 'file', 'filename', "
                 "'image_path' and 8 more, and a label column, one of 'label', "
                 "'given_label', 'class', 'category', 'labels' and 7 more; found an empty file"),
    ],
)  # fmt: skip
def test_read_manifest__column_that_is_not_there(file_of, header, options, message):
    path = file_of(f"{header}\n{header}\n" if header else "")
    with pytest.raises(InputError) as caught:
        read(path, **options)
    assert caught.value.message == f"{path}: {message}"
    assert caught.value.exit_code == 2
    assert caught.value.hint


def test_read_manifest__missing_column_in_parquet(file_of):
    path = file_of({"image": ["a"], "kind": ["b"]})
    with pytest.raises(InputError, match=r"found the columns 'image', 'kind'") as caught:
        read(path)
    assert caught.value.hint == "Name the right one with --label-column."


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("named", "column", "annotators"),
    [(None, "worker", ["w1", "", " "]), ("who", "who", ["é", "p|q", "NA"])],
)
def test_read_manifest__annotators(file_of, form, named, column, annotators):
    if form == "csv":
        path = file_of("image,worker,label,who\na,w1,x,é\na,,y,p|q\nb, ,x,NA\n")
    else:
        who = {"worker": ["w1", None, " "], "who": ["é", "p|q", "NA"]}
        path = file_of({"image": ["a", "a", "b"], "label": ["x", "y", "x"], **who})
    opened = read(path, annotator_column=named)
    assert (opened.annotator_column, opened.annotators) == (column, annotators)
    assert (opened.images, opened.given_labels) == (["a", "a", "b"], ["x", "y", "x"])


def test_read_manifest__no_annotators(file_of):
    opened = read(file_of("image,label\na,x\n"))
    assert (opened.annotator_column, opened.annotators) == (None, None)


@pytest.mark.parametrize(
    ("values", "annotators"),
    [
        (pa.array([7, 12, None]), ["7", "12", ""]),
        (pa.array([7.0, 12.0, float("nan")]), ["7", "12", ""]),
        (pa.array(["w", None, "v"]).dictionary_encode(), ["w", "", "v"]),
        (pa.array(["w", None, "v"], pa.string_view()), ["w", "", "v"]),
        (pa.nulls(3), ["", "", ""]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_read_manifest__annotators_of_any_type_in_parquet(file_of, values, annotators):
    table = pa.table({"image": ["a", "b", "c"], "label": ["x", "y", "x"], "worker": values})
    opened = read(file_of(table))
    assert opened.annotators == annotators
    assert opened.table.schema.field("worker").type == values.type  # untouched


def test_read_manifest__column_of_lists_is_of_annotators_only_where_it_is_named(file_of):
    path = file_of({"image": ["a"], "label": ["b"], "annotator": [["x"]], "worker": ["w"]})
    assert read(path).annotator_column == "worker"
    with pytest.raises(InputError, match=r"column 'annotator': expected text or numbers") as caught:
        read(path, annotator_column="annotator")
    assert caught.value.hint == (
        "Name another column with --image-column, --label-column, --annotator-column or "
        "--verified-column."
    )


def test_read_manifest__many_columns_are_not_all_listed(file_of):
    header = ",".join(f"column{number}" for number in range(30))
    with pytest.raises(InputError, match="'column19' and 10 more\n"):
        read(file_of(f"{header}\n{header}\n"))


@pytest.mark.parametrize(("delimiter", "option"), [(";", "';'"), ("\t", "tab"), ("|", "'|'")])
def test_read_manifest__other_delimiter_names_the_option_which_then_reads_it(
    file_of, delimiter, option
):
    path = file_of(f"image{delimiter}label\na.png{delimiter}x\n")
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.hint == (
        f"The columns look separated by {option}: run it again with --delimiter {option}."
    )
    opened = read(path, option.strip("'"))
    assert (opened.images, opened.given_labels) == (["a.png"], ["x"])


# --- what is no manifest -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["m.csv", "m.tsv", "m.parquet"])
def test_read_manifest__no_file(tmp_path, name):
    with pytest.raises(InputError, match=r"expected a manifest at .*, found no file"):
        read(tmp_path / name)


def test_read_manifest__folder(tmp_path):
    with pytest.raises(InputError, match=r"expected a manifest at .*, found a folder"):
        read(tmp_path)


@pytest.mark.parametrize(
    "content",
    ["image,label\n", "image,label", "\ufeffimage,label\n\n\n", {"image": [], "label": []}],
    ids=["header", "header without an end", "blank lines", "parquet"],
)
def test_read_manifest__no_rows(file_of, content):
    path = file_of(content)
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.message == f"{path}: expected rows, found none"


def test_read_manifest__parquet_file_that_is_called_csv(file_of):
    path = file_of(pa.table({"image": ["a"], "label": ["b"]}), "manifest.csv")
    with pytest.raises(InputError):
        read(path)


# --- encodings -----------------------------------------------------------------------------------


def test_read_manifest__byte_order_mark(file_of):
    opened = read(file_of("\ufeffimage,label\né.png,ü\n"))
    assert opened.table.to_pydict() == {"image": ["é.png"], "label": ["ü"]}


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
@pytest.mark.parametrize("column", ["label", "note"])
def test_read_manifest__latin_1_names_row_and_option_which_then_reads_it(file_of, encoding, column):
    values = {"label": "x", "note": "y", column: "grün"}
    text = f"image,label,note\na.png,x,y\nb.png,{values['label']},{values['note']}\n"
    path = file_of(text.encode(encoding))
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.message == (
        f"{path}, row 2, column {column!r}: expected UTF-8, found other bytes"
    )
    assert "--encoding, for example cp1252 or latin-1" in caught.value.hint
    assert read(path, encoding=encoding).table[column].to_pylist()[1] == "grün"


def test_read_manifest__latin_1_in_the_header(file_of):
    path = file_of("image,label,größe\na,b,c\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"row 0, column 'bytes:gr%F6%DFe': expected UTF-8"):
        read(path)
    assert read(path, encoding="latin-1").table.column_names == ["image", "label", "größe"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_read_manifest__utf_16_without_a_mark(file_of, encoding):
    path = file_of("image,label\na.png,größe\n".encode(encoding))
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.message.endswith(f"expected UTF-8, found {encoding.upper()}")
    assert caught.value.hint == f"Run it again with --encoding {encoding}."
    assert read(path, encoding=encoding).given_labels == ["größe"]


# --- text stays text -----------------------------------------------------------------------------


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


@pytest.mark.parametrize("style", ["csv", "string", "large_string", "string_view", "dictionary"])
def test_read_manifest__labels_are_text_byte_for_byte(file_of, style):
    if style == "csv":
        path = file_of("image,label\n" + "".join(f"a,{quoted(label)}\n" for label in LABELS))
    elif style == "dictionary":
        path = file_of(
            {"image": ["a"] * len(LABELS), "label": pa.array(LABELS).dictionary_encode()}
        )
    else:
        kind = getattr(pa, style)()
        path = file_of({"image": ["a"] * len(LABELS), "label": pa.array(LABELS, kind)})
    opened = read(path)
    assert opened.given_labels == LABELS
    assert opened.table["label"].to_pylist() == LABELS
    assert len(manifest.class_names_of(opened.given_labels)) == len(LABELS)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (pa.array([0, -7, 255]), ["0", "-7", "255"]),
        (pa.array([0, 7, None], pa.uint8()), ["0", "7", ""]),
        (pa.array([2**63 - 1, 2**53 + 1, 0]), ["9223372036854775807", "9007199254740993", "0"]),
        (pa.array([True, False, None]), ["true", "false", ""]),
        (pa.array([1.0, 2.5, None]), ["1", "2.5", ""]),
        (pa.array([1.0, 2.5, float("nan")]), ["1", "2.5", ""]),
        (pa.array([1.0, 2.5, float("nan")], pa.float16()), ["1", "2.5", ""]),
        (pa.array([decimal.Decimal("1.10"), None, None]), ["1.10", "", ""]),
        (pa.array([datetime.date(2026, 1, 31), None, None]), ["2026-01-31", "", ""]),
        (pa.array(["x", None, ""]), ["x", "", ""]),
        (pa.array(["x", None, "x"]).dictionary_encode(), ["x", "", "x"]),
        (pa.array([b"x", None, b"x"], pa.binary()).cast(pa.string()), ["x", "", "x"]),
        (pa.nulls(3), ["", "", ""]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_read_manifest__labels_of_any_type_in_parquet(file_of, values, labels):
    table = pa.table({"image": ["a", "b", "c"], "label": values})
    opened = read(file_of(table))
    assert opened.given_labels == labels
    assert opened.table.schema.field("label").type == values.type  # untouched


@pytest.mark.parametrize(
    "values",
    [
        pa.array([["x"]], pa.list_(pa.field("element", pa.string()))),
        pa.array([{"bytes": b"\xff", "path": "a.png"}]),
        pa.array([b"x"]),
        pa.array([b"\xff"], pa.large_binary()),
    ],
    ids=lambda value: str(value.type),
)
@pytest.mark.parametrize("column", ["image", "label"])
def test_read_manifest__column_of_lists_or_bytes(file_of, values, column):
    path = file_of({"image": ["a"], "label": ["b"], column: values})
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.message == (
        f"{path}, column {column!r}: expected text or numbers, found {values.type}"
    )


def test_read_manifest__images_of_other_types_in_parquet(file_of):
    assert read(file_of({"image": [12, None], "label": ["x", "y"]})).images == ["12", ""]


@pytest.mark.parametrize("form", ["csv", "tsv", "semicolon", "parquet"])
def test_read_manifest__every_column_in_place_and_untouched(file_of, form):
    columns = {
        "": ["0", "1"],
        "note": [" NA ", 'a,"b"\r\n\tc;d'],
        "label": ["x", ""],
        "Label": ["", "null"],
        "file": ["a b.png", "é,🦆\n.png"],
        "score": ["007", "1e5"],
    }
    if form == "parquet":
        columns["bytes"] = [b"\xff", None]
        columns["boxes"] = [[1, 2], None]
        columns["struct"] = [{"path": "x"}, None]
        path = file_of(columns)
    else:
        delimiter = {"csv": ",", "tsv": "\t", "semicolon": ";"}[form]
        lines = [columns, *zip(*columns.values(), strict=True)]
        text = "".join(delimiter.join(quoted(cell) for cell in line) + "\r\n" for line in lines)
        path = file_of(text, "manifest.tsv" if form == "tsv" else None)
    opened = read(path, ";" if form == "semicolon" else ",")
    assert opened.table.to_pydict() == columns
    assert list(opened.table.to_pydict()) == list(columns)
    assert opened.images == columns["file"]
    assert opened.given_labels == ["x", ""]
    assert opened.rows_without_label() == [1]


# --- names ---------------------------------------------------------------------------------------

NAMES = [b"a,b.png", b"a\nb\r.png", b"\r", b'"q".png', "🦆é.png".encode(), b"caf\xe9.png",
         b"\xff", b"bytes:a.png", b" a ", b"sub folder/\xf0\x9f.png", b"\xed\xa0\x80",
         b"a%20b.png"]  # fmt: skip


def test_read_manifest__csv_names_of_any_bytes(file_of):
    lines = b"".join(b'"' + name.replace(b'"', b'""') + b'",x\n' for name in NAMES)
    opened = read(file_of(b"image,label\n" + lines))
    assert [os.fsencode(name) for name in opened.images] == NAMES
    assert opened.table["image"].to_pylist() == [names.to_text(name) for name in opened.images]


def test_read_manifest__parquet_names_of_any_bytes(file_of):
    texts = [names.to_text(os.fsdecode(name)) for name in NAMES]
    opened = read(file_of({"image": texts, "label": ["x"] * len(NAMES)}))
    assert [os.fsencode(name) for name in opened.images] == NAMES
    assert opened.table["image"].to_pylist() == texts


# --- files that labelfix wrote -------------------------------------------------------------------

EVIDENCE = ["given_label", "suggested_label", "confidence", "self_confidence",
            "neighbour_agreement", "action"]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "label_column"),
    [
        (["image", "label", *EVIDENCE], "label"),
        (["image", "class", *EVIDENCE], "class"),
        (["image", "category", "note", *EVIDENCE], "category"),
        (["image", "class", *EVIDENCE, *(f"labelfix_{name}" for name in EVIDENCE)], "class"),
        # The user's own label column was `given_label`, so the evidence has the prefix.
        (["image", "given_label", "labelfix_given_label", *EVIDENCE[1:]], "given_label"),
        (["image", "given_label", "note", "labelfix_given_label", *EVIDENCE[1:]], "given_label"),
        (["given_label", "class", "image", "labelfix_given_label", *EVIDENCE[1:]], "given_label"),
        # A person has sorted or thinned out the columns.
        (["given_label", "image", "class", "self_confidence", "suggested_label"], "class"),
        (["image", "class", "given_label", "action"], "given_label"),
    ],
)
def test_read_manifest__evidence_is_not_the_label_column(file_of, header, label_column):
    line = ",".join(header)
    assert read(file_of(f"{line}\n{line}\n")).label_column == label_column


def test_read_manifest__evidence_alone_is_no_label_column(file_of):
    header = ",".join(["image", "species", *EVIDENCE])
    with pytest.raises(InputError, match="expected a label column"):
        read(file_of(f"{header}\n{header}\n"))


def test_read_manifest__evidence_may_be_named(file_of):
    header = ",".join(["image", "label", *EVIDENCE])
    opened = read(file_of(f"{header}\n{header}\n"), label_column="given_label")
    assert opened.given_labels == ["given_label"]


# --- where it came from --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "option", "delimiter"),
    [
        ("m.csv", "image,label\na,b\n", ",", ","),
        ("m.csv", "image;label\na;b\n", ";", ";"),
        # A .tsv has tabs whatever the option; a .csv made of it is a common one.
        ("m.tsv", "image\tlabel\na\tb\n", ",", ","),
        ("m.TSV", "image\tlabel\na\tb\n", ";", ";"),
        ("m.parquet", pa.table({"image": ["a"], "label": ["b"]}), ",", ","),
    ],
)
def test_read_manifest__source(file_of, name, content, option, delimiter):
    path = file_of(content, name)
    source = read(path, option).source
    assert (source.path, source.delimiter, source.is_folder) == (str(path), delimiter, False)
    assert len(source.sha256) == 64


def test_read_manifest__source_changes_with_every_byte(file_of):
    first = read(file_of("image,label\na,b\n"))
    second = read(file_of("image,label\na,b\n\n"))
    assert first.table == second.table
    assert first.source.sha256 != second.source.sha256


def test_manifest_from_names__columns_and_fingerprint(tmp_path):
    made = manifest.manifest_from_names(["a/\udcff.png", "b/x.png"], ["a", "b"], tmp_path)
    assert made.table.to_pydict() == {"image": ["bytes:a/%FF.png", "b/x.png"], "label": ["a", "b"]}
    assert made.images == ["a/\udcff.png", "b/x.png"]
    assert made.source.is_folder
    other = manifest.manifest_from_names(["a/\udcfe.png", "b/x.png"], ["a", "b"], tmp_path)
    assert made.source.sha256 != other.source.sha256


# --- in the workspace ----------------------------------------------------------------------------


def test_load_manifest__gives_back_what_was_saved(file_of, tmp_path):
    table = pa.table(
        {
            "image": ["bytes:%FF.png", "b.png", ""],
            "class": pa.array(["x", None, "y"]).dictionary_encode(),
            "n": pa.array([1, None, 3], pa.int16()),
            "when": pa.array([0, 1, None], pa.timestamp("ns", "UTC")),
            "boxes": [[1.5], None, []],
        }
    ).replace_schema_metadata({"pandas": "{}"})
    opened = read(file_of(table))
    manifest.save_manifest(tmp_path / "kept" / "manifest.parquet", opened)
    loaded = manifest.load_manifest(tmp_path / "kept" / "manifest.parquet")
    assert loaded == opened
    assert loaded.table.schema.metadata == {b"pandas": b"{}"}
    assert loaded.table.schema.types == opened.table.schema.types
    assert loaded.table == table
    assert os.fsencode(loaded.images[0]) == b"\xff.png"


def test_load_manifest__from_class_folders(tmp_path):
    folder = tmp_path / "caf\udce9"
    made = manifest.manifest_from_names(["a/\udcff.png", "b/x.png"], ["a", "b"], folder)
    manifest.save_manifest(tmp_path / "manifest.parquet", made)
    assert manifest.load_manifest(tmp_path / "manifest.parquet") == made


def test_load_manifest__annotators(file_of, tmp_path):
    kept = tmp_path / "kept.parquet"
    opened = read(file_of("image,label,who\na,x,p\na,y,\n"), annotator_column="who")
    manifest.save_manifest(kept, opened)
    loaded = manifest.load_manifest(kept)
    assert loaded == opened
    assert (loaded.annotator_column, loaded.annotators) == ("who", ["p", ""])


def test_load_manifest__verified_labels(file_of, tmp_path):
    kept = tmp_path / "kept.parquet"
    opened = read(file_of("image,label,who\na,x,p\na,y,\n"), verified_column="who")
    manifest.save_manifest(kept, opened)
    assert manifest.load_manifest(kept) == opened
    assert opened.verified_column == "who"


def test_load_manifest__file_of_a_version_that_knew_no_annotators(file_of, tmp_path):
    kept = tmp_path / "kept.parquet"
    manifest.save_manifest(kept, read(file_of("image,label,note\na,x,p\n")))
    table = pq.read_table(kept)
    about = json.loads(table.schema.metadata[b"labelfix"])
    del about["annotator_column"], about["verified_column"]
    pq.write_table(table.replace_schema_metadata({"labelfix": json.dumps(about)}), kept)
    loaded = manifest.load_manifest(kept)
    assert (loaded.annotator_column, loaded.annotators) == (None, None)
    assert loaded.verified_column is None
    assert loaded.given_labels == ["x"]


# --- classes -------------------------------------------------------------------------------------


def test_manifest__columns_of_different_lengths():
    table = pa.table({"image": ["a", "b"], "label": ["x", "y"]})
    with pytest.raises(ValueError, match="expected 2 images and labels, found 1 and 2"):
        Manifest(
            table=table,
            image_column="image",
            label_column="label",
            source=ManifestSource(path="m.csv", sha256=""),
            images=["a"],
            given_labels=["x", "y"],
        )


@pytest.mark.parametrize(
    ("column", "annotators", "message"),
    [
        ("worker", ["p"], "expected 2 annotators, found 1"),
        ("worker", None, "expected both an annotator column and annotators, or neither"),
        (None, ["p", "q"], "expected both an annotator column and annotators, or neither"),
    ],
)
def test_manifest__annotators_that_do_not_fit(column, annotators, message):
    table = pa.table({"image": ["a", "b"], "label": ["x", "y"]})
    source = ManifestSource(path="m.csv", sha256="")
    with pytest.raises(ValueError, match=message):
        Manifest(
            table=table,
            image_column="image",
            label_column="label",
            source=source,
            images=["a", "b"],
            given_labels=["x", "y"],
            annotator_column=column,
            annotators=annotators,
        )


def test_unique_images__in_the_order_of_their_first_rows():
    opened = make(["x"] * 5, ["b", "a", "b", "c", "a"])
    assert opened.unique_images() == ["b", "a", "c"]
    assert len(opened) == 5


def test_rows_without_label__empty_or_blank():
    assert make(["x", "", " ", "\t\n", "0", "NA", "\u00a0"]).rows_without_label() == [1, 2, 3, 6]


def test_class_names_of__sorted_and_never_merged():
    labels = ["b", "a", "b", "", " ", "a ", "A", "10", "9", "é"]
    assert manifest.class_names_of(labels) == ["10", "9", "A", "a", "a ", "b", "é"]


def test_label_indices__empty_label_is_minus_one():
    indices = manifest.label_indices(["b", "a", "", " ", "b", "B"], ["a", "b"])
    assert indices.tolist() == [1, 0, -1, -1, 1, -1]
    assert indices.dtype == np.int64


# --- broken on purpose ---------------------------------------------------------------------------

SEED_FILE = (
    '\ufeffimage,label,note\na.png,cat,"x, ""y"""\r\n"b\n.png",NA,\nsub/c é🦆.png,007,"z"\n'
).encode()
PIECES = [b'"', b",", b"\n", b"\r", b"\0", b";", b"\t", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf",
          b"\xed\xa0\x80", b"image", b"label", b"bytes:%FF", b'""', b"\xe2\x80\xa8", b" ",
          b"x" * 200_000]  # fmt: skip
ENCODINGS = ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-32", "ascii", "utf-7",
             "shift_jis", "gb18030", "utf-8-sig", "idna", "punycode", "hz", "cp037", "base64",
             "none"]  # fmt: skip


def mutated(draw, content):
    broken = bytearray(content)
    for _ in range(draw.choice([1, 1, 2, 4])):
        at = draw.randrange(len(broken) + 1)
        match draw.randrange(6):
            case 0 | 1:
                broken[at:at] = draw.choice(PIECES)
            case 2:
                del broken[at : at + draw.randrange(8)]
            case 3:
                broken[at : at + 1] = bytes([draw.randrange(256)])
            case 4:
                broken[at:at] = broken[:at][-20:]
            case 5:
                del broken[max(at, 12) :]
    return bytes(broken)


@pytest.mark.slow
def test_read_manifest__mutated_csv_gives_a_manifest_or_an_input_error(tmp_path):
    draw = random.Random(0)
    path = tmp_path / "manifest.csv"
    outcomes = Counter()
    for number in range(2000):
        with path.open("r+b" if number else "xb") as file:  # making a file anew takes longer
            file.write(mutated(draw, SEED_FILE))
            file.truncate()
        encoding = draw.choice(ENCODINGS) if number % 8 == 0 else "utf-8"
        delimiter = draw.choice(";\t|") if number % 8 == 1 else ","
        try:
            opened = read(path, delimiter, encoding)
        except InputError as error:
            assert error.message and error.hint
            assert str(tmp_path) in error.message or "--encoding" in error.message
            outcomes["refused"] += 1
            continue
        outcomes["read"] += 1
        assert len(opened.images) == len(opened.given_labels) == len(opened.table) > 0
        opened.table.validate(full=True)
        assert [
            names.from_text(text) for text in opened.table[opened.image_column].to_pylist()
        ] == (opened.images)
        if number % 20 == 1:
            fixed = tmp_path / "fixed.csv"
            tables.write_table(fixed, opened.table, image_column=opened.image_column)
            again = read(fixed)
            assert again.table == opened.table
            assert again.images == opened.images
    assert min(outcomes["read"], outcomes["refused"]) > 300, outcomes


def test_read_manifest__mutated_parquet_gives_a_manifest_or_an_input_error(file_of):
    """Text alone: flipped sizes could ask for all memory, which is for Arrow to refuse."""
    path = file_of({"image": [f"{row}.png" for row in range(9)], "label": list("abcabcabc")})
    content = path.read_bytes()
    draw = random.Random(0)
    outcomes = Counter()
    for _ in range(300):
        broken = bytearray(content)
        for _ in range(draw.choice([1, 1, 2, 5])):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        path.write_bytes(broken[: draw.choice([None, None, None, draw.randrange(len(broken))])])
        try:
            read(path)
            outcomes["read"] += 1
        except InputError:
            outcomes["refused"] += 1
    assert min(outcomes["read"], outcomes["refused"]) > 20, outcomes


# --- manifests whose labels may be missing -------------------------------------------------------


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_read_manifest__no_label_column_where_none_is_needed(tmp_path, ending):
    path = tmp_path / f"new.{ending}"
    if ending == "csv":
        path.write_text("image,given,site\na.png,1,x\nb.png,2,y\n")
    else:
        pq.write_table(
            pa.table({"image": ["a.png", "b.png"], "given": [1, 2], "site": [3, 4]}), path
        )
    opened = read_manifest(path, CsvFormat(), needs_label=False)
    assert opened.table.column_names == ["image", "given", "site", "label"]
    assert opened.label_column == "label"
    assert opened.given_labels == ["", ""]
    with pytest.raises(InputError, match="expected a label column"):
        read_manifest(path, CsvFormat())


def test_read_manifest__label_column_that_is_there_is_read_though_none_is_needed(tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("image,class\na.png,cat\nb.png,\n")
    opened = read_manifest(path, CsvFormat(), needs_label=False)
    assert (opened.label_column, opened.given_labels) == ("class", ["cat", ""])
    assert opened.table.column_names == ["image", "class"]


def test_read_manifest__label_column_that_is_named_has_to_be_there(tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("image,class\na.png,cat\n")
    with pytest.raises(InputError, match=r"expected a label column, 'species'; found the columns"):
        read_manifest(path, CsvFormat(), label_column="species", needs_label=False)
