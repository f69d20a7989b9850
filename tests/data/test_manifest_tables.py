"""Manifests as people have them: any ending, with and without a header."""

import json

import openpyxl
import pytest

from labelfix.data.manifest import read_manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError, MissingPackageError

ROWS = [("a.png", "cat"), ("b.png", "dog"), ("c.png", "cat")]


def read(path, csv_format=None, **options):
    return read_manifest(path, csv_format or CsvFormat(), **options)


def rows_of(opened):
    return list(zip(opened.images, opened.given_labels, strict=True))


def write_excel(path, *sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a.png,cat\nb.png,dog\nc.png,cat\n", "image, label"),
        ("cat,a.png\ndog,b.png\ncat,c.png\n", "label, image"),
        ("a.png\tcat\nb.png\tdog\nc.png\tcat\n", "image, label"),
        ("a.png cat\nb.png dog\nc.png cat\n", "image, label"),
    ],
)
@pytest.mark.parametrize("name", ["m.csv", "train.txt", "list"])
def test_read_manifest__missing_header_is_noticed_and_said(tmp_path, text, header, name):
    path = tmp_path / name
    path.write_text(text)
    opened = read(path)
    assert rows_of(opened) == ROWS
    assert opened.notes == (f"{path} has no header: its columns are taken as {header}",)
    assert opened.lines == [1, 2, 3]


def test_read_manifest__missing_header_of_a_list_of_names(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("cat/my cat.JPG\ndog/b.jpg\n")
    opened = read(path, needs_label=False)
    assert opened.images == ["cat/my cat.JPG", "dog/b.jpg"]
    with pytest.raises(InputError, match="found one column without a header"):
        read(path)


def test_read_manifest__missing_header_of_more_columns_is_refused(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("a.png,640,cat\nb.png,480,dog\n")
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.message == (
        f"{path}: expected a header with the names of the columns, found an image in the first "
        "row: 'a.png', '640', 'cat'"
    )
    assert caught.value.hint == (
        "Name the 3 columns in their order, for example --columns image,label,column_3."
    )
    assert len(read(path, CsvFormat(columns=("image", "width", "label")))) == 2


@pytest.mark.parametrize("text", ["a.png,b.png\nc.png,d.png\n", "x,a.png,cat\ny,b.png,dog\n"])
def test_read_manifest__missing_header_that_cannot_be_told(tmp_path, text):
    path = tmp_path / "m.csv"
    path.write_text(text)
    with pytest.raises(InputError, match="expected a header") as caught:
        read(path)
    columns = caught.value.hint.rpartition(" ")[2].rstrip(".").split(",")
    assert len(read(path, CsvFormat(columns=tuple(columns)))) == 2


def test_read_manifest__header_with_an_ending_is_a_header(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("image,label,notes.png\na.png,cat,\n")
    assert rows_of(read(path)) == [("a.png", "cat")]
    path.write_text("a.png,cat\nb.png,dog\n")
    with pytest.raises(InputError, match="expected an image column, 'photo'"):
        read(path, image_column="photo")  # a named column means that there is a header


@pytest.mark.parametrize("name", ["m.xls", "labels.pkl", "m.npz", "m.feather", "m.csv.gz"])
def test_read_manifest__other_endings_are_refused_by_name(tmp_path, name):
    path = tmp_path / name
    path.write_text("image,label\na.png,cat\n")
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.message == (
        f"{path}: expected a table with one of the endings .csv, .tsv, .tab, .txt, .lst, .list, "
        f".dat, .parquet, .pq, .xlsx, .xlsm, .jsonl, .ndjson, .json, found {path.suffix}"
    )
    assert "Save it as CSV" in caught.value.hint


def test_read_manifest__excel(tmp_path):
    rows = [["File Name", "Class", None, "seen", "share"], ["a.png", 7, None, True, 0.5]]
    path = write_excel(tmp_path / "M.XLSX", [[None], *rows, [], ["b.png", 8.0, None, False, 2]])
    opened = read(path)
    assert rows_of(opened) == [("a.png", "7"), ("b.png", "8")]
    assert opened.table.to_pydict() == {
        "File Name": ["a.png", "b.png"],
        "Class": ["7", "8"],
        "seen": ["TRUE", "FALSE"],
        "share": ["0.5", "2"],
    }
    assert opened.notes == ()


def test_read_manifest__excel_takes_the_sheet_with_images(tmp_path):
    path = write_excel(tmp_path / "m.xlsx", [["read me"]], [["image", "label"], *ROWS], [])
    opened = read(path)
    assert rows_of(opened) == ROWS
    assert opened.notes == (f"{path}: the sheet 'Sheet 2' is read, 'Sheet 1' not",)


def test_read_manifest__excel_without_a_header(tmp_path):
    path = write_excel(tmp_path / "m.xlsx", ROWS)
    assert rows_of(read(path)) == ROWS
    named = read(path, CsvFormat(columns=("image", "kind")), label_column="kind")
    assert rows_of(named) == ROWS
    with pytest.raises(InputError, match="expected 3 columns as in --columns, found 2"):
        read(path, CsvFormat(columns=("image", "label", "more")))


def test_read_manifest__excel_that_is_none_or_empty(tmp_path):
    path = tmp_path / "m.xlsx"
    path.write_text("image,label\na.png,cat\n")
    with pytest.raises(InputError, match="expected an Excel file, found something else"):
        read(path)
    with pytest.raises(InputError, match="expected rows, found none"):
        read(write_excel(path, [], [[None]]))
    with pytest.raises(InputError, match="expected rows, found none"):
        read(write_excel(path, [["image", "label"]]))


def test_read_manifest__excel_without_openpyxl(tmp_path, monkeypatch):
    path = write_excel(tmp_path / "m.xlsx", [["image", "label"], *ROWS])
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(MissingPackageError, match="Excel files need openpyxl") as caught:
        read(path)
    assert 'pip install "labelfix[excel]"' in caught.value.hint


RECORDS = [{"image": image, "label": label} for image, label in ROWS]


@pytest.mark.parametrize(
    "value",
    [
        RECORDS,
        {"version": 1, "data": RECORDS},
        dict(ROWS),
        {"image": [image for image, _ in ROWS], "label": [label for _, label in ROWS]},
        {
            "image": {str(row): image for row, (image, _) in enumerate(ROWS)},
            "label": {str(row): label for row, (_, label) in enumerate(ROWS)},
        },
    ],
)
def test_read_manifest__json(tmp_path, value):
    path = tmp_path / "m.json"
    path.write_text(json.dumps(value))
    assert rows_of(read(path)) == ROWS


@pytest.mark.parametrize("name", ["m.jsonl", "m.ndjson", "m.json"])
def test_read_manifest__json_lines(tmp_path, name):
    path = tmp_path / name
    path.write_text("\n\n".join(map(json.dumps, RECORDS)) + "\n")
    opened = read(path)
    assert rows_of(opened) == ROWS
    assert opened.lines == [1, 3, 5]


def test_read_manifest__json_keeps_every_value(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_text(
        '{"file_name": "a.png", "label": 7, "tags": ["x"], "box": {"w": 1}, "mixed": 1}\n'
        '{"file_name": "b.png", "label": 8, "tags": [], "big": 1e400, "mixed": "one"}\n'
        '{"label": null, "file_name": "c.png", "huge": 99999999999999999999}\n'
    )
    opened = read(path)
    assert rows_of(opened) == [("a.png", "7"), ("b.png", "8"), ("c.png", "")]
    assert opened.table.to_pydict() == {
        "file_name": ["a.png", "b.png", "c.png"],
        "label": [7, 8, None],
        "tags": [["x"], [], None],
        "box": ['{"w": 1}', None, None],
        "mixed": ["1", "one", None],
        "big": [None, float("inf"), None],
        "huge": [None, None, "99999999999999999999"],
    }


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("m.json", "image,label\n", "expected JSON, found something else"),
        ("m.json", '["a.png"]', "found a list of other things than objects"),
        ("m.json", '{"a": {"b": 1}, "c": 2}', "found an object with 'a', 'c'"),
        ("m.json", "{}", "found an empty object"),
        ("m.json", "3", "found 3"),
        ("m.jsonl", '{"image": "a"}\nno\n', "line 2: expected a JSON object, found something"),
        ("m.jsonl", "[1]\n", "line 1: expected a JSON object, found a list"),
        ("m.jsonl", '{"image": "\\ud800"}\n', "column 'image': expected Unicode"),
        ("m.json", "[]", "and a label column, .*; found an empty file"),
    ],
)
def test_read_manifest__json_of_another_form(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read(path)


def test_read_manifest__json_that_is_no_utf8(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_bytes(b'{"image": "a.png", "label": "caf\xe9"}\n')
    with pytest.raises(InputError, match="expected UTF-8, found other bytes"):
        read(path)
    assert read(path, CsvFormat(encoding="latin-1")).given_labels == ["caf\xe9"]


COCO = {
    "images": [
        {"id": 1, "file_name": "a.png", "path": "/x/a.png", "label": "no"},
        {"id": 2, "file_name": "b.png"},
        {"id": 3, "file_name": "c.png"},
    ],
    "annotations": [
        {"id": 1, "image_id": 2, "category_id": 5},
        {"id": 2, "image_id": 1, "category_id": 4, "bbox": [0, 0, 1, 1]},
        {"id": 3, "image_id": 1, "category_id": 4, "bbox": [1, 1, 1, 1]},
    ],
    "categories": [{"id": 4, "name": "cat"}, {"id": 5, "name": "dog"}],
}


def test_read_manifest__coco(tmp_path):
    path = tmp_path / "m.json"
    path.write_text(json.dumps(COCO))
    opened = read(path)
    assert rows_of(opened) == [("a.png", "cat"), ("b.png", "dog"), ("c.png", "")]
    assert (opened.image_column, opened.label_column) == ("file_name", "category_name")
    assert "category_id" not in opened.table.column_names  # it would outlive its name's correction
    assert opened.notes == (
        f"{path}: labels are those of whole images; the boxes or outlines of 2 annotations are "
        "not read",
    )


def test_read_manifest__coco_without_categories(tmp_path):
    path = tmp_path / "m.json"
    path.write_text(json.dumps({**COCO, "categories": []}))
    assert read(path).given_labels == ["4", "5", ""]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"annotations": [*COCO["annotations"], {"image_id": 1, "category_id": 5}]},
            "expected one category for each whole image, found several for 1 of 3 images, for "
            "example 'a.png'",
        ),
        (
            {"annotations": [{"image_id": 9, "category_id": 5}]},
            r"annotations\[0\]: .* found the unknown image 9",
        ),
        (
            {"annotations": [{"image_id": 1, "category_id": 9}]},
            r"annotations\[0\]: .* found the unknown category 9",
        ),
        ({"annotations": [{"image_id": 1}]}, r"annotations\[0\]: .*, found no category_id"),
        ({"images": [{"id": 1}]}, r"images\[0\]: .*, found no file_name"),
        (
            {"images": [{"id": 1, "file_name": "a"}] * 2},
            "images: expected every id once, found 1 more than once",
        ),
        ({"categories": ["cat"]}, "categories: expected a list of objects"),
    ],
)
def test_read_manifest__coco_that_does_not_fit(tmp_path, change, message):
    path = tmp_path / "m.json"
    path.write_text(json.dumps({**COCO, **change}))
    with pytest.raises(InputError, match=message):
        read(path)
