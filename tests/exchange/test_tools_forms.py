"""What is particular to one format: forms that its tool gives, and where they are broken."""

import csv
import hashlib
import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelfix.errors import InputError
from labelfix.exchange import csv_table, cvat, fiftyone, folders, huggingface
from labelfix.exchange.registry import export
from labelfix.options.exchange_options import COPY, HARD_LINK, SYMLINK, ExportOptions


def test_cvat__reads_tags_boxes_and_images_without_any(tmp_path):
    path = tmp_path / "annotations.xml"
    path.write_text(
        '<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version>'
        '<image id="0" name="a&#10;b.png" width="3" height="4"><box label="x"/>'
        '<tag label="cat"><attribute name="labelfix_label">dog</attribute></tag></image>'
        '<image id="7" name="label:c%02.png"/></annotations>'
    )
    first, second = cvat.read(tmp_path)
    assert (first.where, first.image, first.label) == ("image 0", "a\nb.png", "cat")
    assert (first.exported_label, first.row_id) == ("dog", "")
    assert (second.where, second.image, second.label) == ("image 7", "c\x02.png", "")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "<!DOCTYPE a [<!ENTITY b 'c'>]><annotations>&b;</annotations>",
            "document type, .* found one",
        ),
        ("<annotations>", "expected XML, found something else"),
        ("<dataset/>", "expected the element annotations, .* found dataset"),
    ],
)
def test_cvat__other_xml_is_an_error(text, found, tmp_path):
    path = tmp_path / "annotations.xml"
    path.write_text(text)
    with pytest.raises(InputError, match=found):
        cvat.read(path)


def test_fiftyone__reads_places_in_a_list_of_classes(tmp_path):
    labels = {"a-0123456789abcdef": 1, "sub/b": {"label": "x"}, "c": None, "d": [0]}
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({"classes": ["cat", "label:two%0Alines"], "labels": labels}))
    rows = fiftyone.read(tmp_path)
    assert [row.label for row in rows] == ["two\nlines", "x", "", "cat"]
    assert [row.row_id for row in rows] == ["0123456789abcdef", "", "", ""]


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ({"a": 2}, "expected one of 1 classes, found number 2"),
        ({"a": ["x", "y"]}, "expected one label for each image, found 2"),
        ([], "expected classes and labels"),
    ],
)
def test_fiftyone__broken_labels_are_an_error(labels, found, tmp_path):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({"classes": ["cat"], "labels": labels}))
    with pytest.raises(InputError, match=found):
        fiftyone.read(path)


@pytest.mark.parametrize("link", [HARD_LINK, SYMLINK, COPY])
def test_folders__by_link_or_copy(link, rows, tmp_path):
    export(tmp_path / "out", rows, ExportOptions(format="folders", link=link))
    (image,) = (tmp_path / "out").glob(f"train/cat-*/plain-{rows.rows[0].row_id}.png")
    source = rows.folder / "plain.png"
    assert image.read_bytes() == source.read_bytes()
    assert image.is_symlink() == (link == SYMLINK)
    assert (image.stat().st_ino == source.stat().st_ino) == (link != COPY)


def test_folders__tables_say_which_folder_is_which_label(rows, tmp_path):
    export(tmp_path / "out", rows, ExportOptions(format="folders"))
    with (tmp_path / "out" / "folders.csv").open(encoding="utf-8", newline="") as file:
        found = {one["label"]: one["folder"] for one in csv.DictReader(file)}
    assert found["CAT"] == "CAT"
    assert found["cat"].startswith("cat-")
    assert found["../up"].startswith("up-")
    tops = {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()}
    assert tops == {"train", "te st", "no_split"}


def test_folders__plain_class_folders_are_known_by_content(rows, tmp_path):
    (tmp_path / "own" / "cat").mkdir(parents=True)
    image = rows.folder / 'quo"te.png'
    (tmp_path / "own" / "cat" / "renamed.png").write_bytes(image.read_bytes())
    (row,) = folders.read(tmp_path / "own")
    assert (row.label, row.row_id) == ("cat", "")
    assert row.content_hash == rows.rows[3].content_hash


def test_folders__image_without_a_class_folder_is_an_error(rows, tmp_path):
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(InputError, match=r"expected images in class folders, found a\.png"):
        folders.read(tmp_path)


def test_csv__formulas_are_marked_on_request_and_come_back(rows, tmp_path):
    options = ExportOptions(format="csv", rows="all", escape_formulas=True)
    export(tmp_path / "safe.csv", rows, options)
    with (tmp_path / "safe.csv").open(
        encoding="utf-8", errors="surrogateescape", newline=""
    ) as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert "'=1+1" in cells
    back = csv_table.read(tmp_path / "safe.csv")
    assert [row.image for row in back] == [row.image for row in rows.rows]


def test_csv__any_table_of_images_and_labels(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("file,class\na.png,cat\nb.png,\n")
    first, second = csv_table.read(path)
    assert (first.where, first.image, first.label) == ("row 1", "a.png", "cat")
    assert (first.exported_label, first.is_looked_at) == (None, False)
    assert second.label == ""


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_csv__saved_by_a_spreadsheet(delimiter, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(f"\ufeffimage{delimiter}verified_label\na.png{delimiter}cat, tabby\n")
    (row,) = csv_table.read(path)
    assert (row.image, row.label, row.is_looked_at) == ("a.png", "cat, tabby", True)


def test_csv__a_corrected_table_is_no_answer_of_a_person(tmp_path):
    path = tmp_path / "fixed.csv"
    path.write_text("image,label,given_label,suggested_label,self_confidence\na.png,x,x,x,1\n")
    with pytest.raises(InputError, match="found what labelfix has corrected"):
        csv_table.read(path)


def test_huggingface__card_states_noise_and_changes(rows, tmp_path):
    export(tmp_path / "out", rows, ExportOptions(format="huggingface"))
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n")
    assert "\n## Noise found\n\n20 %.\n" in card
    assert "\n6 of 12 labels were changed; " in card
    assert "    path: data/te_st_" in card
    assert '| a "quoted" one | two lines | 1 |' in card
    assert "\x07" not in card


def test_huggingface__image_bytes_and_class_names_are_in_the_parquet(rows, tmp_path):
    export(tmp_path / "out", rows, ExportOptions(format="huggingface"))
    (path,) = (tmp_path / "out" / "data").glob("train-00000-of-00001.parquet")
    table = pq.read_table(path)
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    first = table.slice(0, 1).to_pylist()[0]
    assert features["label"]["names"][first["label"]] == "cat"
    assert first["image"]["bytes"] == (rows.folder / "plain.png").read_bytes()


def test_huggingface__without_our_ids_the_bytes_tell(rows, tmp_path):
    image = (rows.folder / "plain.png").read_bytes()
    path = tmp_path / "own.parquet"
    pq.write_table(pa.table({"image": [{"bytes": image, "path": None}], "label": ["cat"]}), path)
    (row,) = huggingface.read(path)
    assert (row.label, row.content_hash) == ("cat", rows.rows[0].content_hash)


def test_huggingface__many_rows_make_several_files(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface, "GROUP_ROWS", 2)
    monkeypatch.setattr(huggingface, "SHARD_BYTES", 150)
    export(tmp_path / "out", rows, ExportOptions(format="huggingface"))
    names = sorted(path.name for path in (tmp_path / "out" / "data").glob("train-*"))
    count = len(names)
    assert count > 1
    assert names == [f"train-{number:05d}-of-{count:05d}.parquet" for number in range(count)]
    assert len(huggingface.read(tmp_path / "out")) == len(rows)
    assert np.sum([pq.read_metadata(tmp_path / "out/data" / name).num_rows for name in names]) == 4


def test_images_inside_of_parquet__go_out_as_files(rows, tmp_path):
    export(tmp_path / "out", rows, ExportOptions(format="huggingface"))
    name = "data/train-00000-of-00001.parquet/0_x.png"
    inside = replace(rows, folder=tmp_path / "out", rows=[replace(rows.rows[0], image=name)])
    assert export(tmp_path / "again", inside, ExportOptions(format="folders")).left_out == {}
    (image,) = (tmp_path / "again").rglob("*.png")
    assert image.read_bytes() == (rows.folder / "plain.png").read_bytes()


def test_croissant__describes_the_table_as_it_is(rows, tmp_path):
    export(tmp_path / "out", rows, ExportOptions(format="croissant"))
    about = json.loads((tmp_path / "out" / "croissant.json").read_text(encoding="utf-8"))
    table, images = about["distribution"]
    data = (tmp_path / "out" / table["contentUrl"]).read_bytes()
    assert table["sha256"] == hashlib.sha256(data).hexdigest()
    assert len(list((tmp_path / "out").glob(images["includes"]))) == len(rows)
    (records,) = about["recordSet"]
    columns = [field["source"]["extract"]["column"] for field in records["field"]]
    assert pq.read_table(tmp_path / "out" / "labels.parquet").column_names == columns
    assert "6 labels were changed. 20 %." in about["description"]


def test_export__removes_what_a_killed_run_has_left(rows, tmp_path):
    leftover = tmp_path / "out.labelfix-part-00000000"
    leftover.mkdir()
    (leftover / "half").touch()
    export(tmp_path / "out", rows, ExportOptions(format="cvat"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "out"]
