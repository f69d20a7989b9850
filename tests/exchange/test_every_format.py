"""What holds for every format: nothing is lost on the way out and back, and an edit arrives.

`EDITS` changes an export as the tool does that it is for; the tools themselves are in
`benchmarks/exchange_round_trips.py`.
"""

import csv
import json
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelfix.data.decision_store import DecisionStore
from labelfix.errors import InputError, OutputError
from labelfix.exchange import registry
from labelfix.exchange.importing import import_decisions
from labelfix.exchange.joining import join
from labelfix.exchange.rows import ExportedRow, ExportedRows
from labelfix.exchange.safe_names import to_plain, to_xml
from labelfix.options.exchange_options import (
    ALL,
    CONFIRM,
    EXPORT_FORMATS,
    IMPORT_FORMATS,
    ExportOptions,
    ImportOptions,
)

NOW = "2026-05-04T10:20:30Z"
Edit = Callable[[Path, ExportedRow, str], None]


def out(tmp_path: Path, rows: ExportedRows, name: str, **options) -> Path:
    """The place of an export of all rows."""
    endings = registry.FORMATS[name].endings
    target = tmp_path / f"export{endings[0] if endings else ''}"
    chosen = ExportOptions(format=name, rows=ALL, **options)
    registry.check_target(target, chosen, replace_old=False)
    done = registry.export(target, rows, chosen)
    assert done.rows == len(rows)
    assert done.left_out == {}
    return target


def edit_label_studio(target: Path, row: ExportedRow, label: str) -> None:
    path = target / "tasks.json"
    tasks = json.loads(path.read_text(encoding="utf-8"))
    (task,) = [task for task in tasks if task["data"]["labelfix_id"] == row.row_id]
    (annotation,) = task["annotations"]
    annotation["result"][0]["value"]["choices"] = [to_plain(label)]
    annotation |= {"completed_by": 7, "created_at": NOW, "updated_at": NOW, "lead_time": 2.5}
    path.write_text(json.dumps(tasks), encoding="utf-8")


def edit_cvat(target: Path, row: ExportedRow, label: str) -> None:
    path = target / "annotations.xml"
    tree = ElementTree.parse(path)
    (image,) = [one for one in tree.iter("image") if one.get("name") == to_xml(row.image)]
    for tag in image.findall("tag"):
        image.remove(tag)  # CVAT makes a new one, whose attributes are empty
    tag = ElementTree.SubElement(image, "tag", {"label": to_plain(label), "source": "manual"})
    ElementTree.SubElement(tag, "attribute", {"name": "labelfix_id"})
    tree.write(path, encoding="utf-8", xml_declaration=True)


def edit_fiftyone(target: Path, row: ExportedRow, label: str) -> None:
    path = target / "labels.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    (sample,) = [name for name in found["labels"] if row.row_id in name]
    found["labels"][sample]["label"] = to_plain(label)
    path.write_text(json.dumps(found), encoding="utf-8")


def edit_huggingface(target: Path, row: ExportedRow, label: str) -> None:
    for path in (target / "data").iterdir():
        table = pq.read_table(path)
        names = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]["label"][
            "names"
        ]
        labels, ids = table["label"].to_pylist(), table["labelfix_id"].to_pylist()
        if row.row_id in ids:
            labels[ids.index(row.row_id)] = names.index(label)
            place = table.column_names.index("label")
            pq.write_table(table.set_column(place, "label", pa.array(labels)), path)


def edit_folders(target: Path, row: ExportedRow, label: str) -> None:
    with (target / "folders.csv").open(encoding="utf-8", newline="") as file:
        folders = {one["label"]: one["folder"] for one in csv.DictReader(file)}
    (image,) = target.rglob(f"*{row.row_id}*")
    place = image.parent.with_name(folders[to_plain(label)])
    place.mkdir(exist_ok=True)
    image.rename(place / image.name)


def edit_csv(target: Path, row: ExportedRow, label: str) -> None:
    with target.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        header, *lines = csv.reader(file)
    (line,) = [line for line in lines if row.row_id in line]
    line[header.index("verified_label")] = label
    with target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        csv.writer(file).writerows([header, *lines])


EDITS: dict[str, Edit] = {
    "label-studio": edit_label_studio,
    "cvat": edit_cvat,
    "fiftyone": edit_fiftyone,
    "huggingface": edit_huggingface,
    "folders": edit_folders,
    "csv": edit_csv,
}


def test_tables__name_the_same_formats():
    assert tuple(registry.FORMATS) == EXPORT_FORMATS
    backs = [name for name, one in registry.FORMATS.items() if one.comes_back]
    assert tuple(backs) == IMPORT_FORMATS == tuple(EDITS)


@pytest.mark.parametrize("name", IMPORT_FORMATS)
def test_round_trip__loses_no_row_label_or_id(name, rows, tmp_path):
    target = out(tmp_path, rows, name)
    returned = registry.read_returned(target, name)
    assert sorted(one.row_id for one in returned) == sorted(row.row_id for row in rows.rows)
    corrected = registry.FORMATS[name].has_corrected
    labels = {row.row_id: row.label if corrected else row.given_label for row in rows.rows}
    if name == "csv":
        labels = dict.fromkeys(labels, "")
    assert {one.row_id: one.label for one in returned} == labels
    joined = join(returned, rows, ImportOptions(format=name), NOW)
    assert joined.decisions == []
    assert joined.strangers == []
    assert joined.unchanged + joined.without_label == len(rows)


@pytest.mark.parametrize("name", IMPORT_FORMATS)
def test_round_trip__brings_every_edit_back_once(name, rows, tmp_path):
    target = out(tmp_path, rows, name)
    changes = {row.image: rows.rows[place - 2].label for place, row in enumerate(rows.rows)}
    for row in rows.rows[::2]:
        EDITS[name](target, row, changes[row.image])
    store = tmp_path / "decisions.sqlite"
    done = import_decisions(store, target, rows, ImportOptions(format=name, reviewer="Ann"))
    assert (done.added, done.strangers) == (6, [])
    with DecisionStore.open(store) as opened:
        found = opened.current()
    assert {one.image: one.answer for one in found} == {
        row.image: changes[row.image] for row in rows.rows[::2]
    }
    assert {one.content_hash for one in found} == {row.content_hash for row in rows.rows[::2]}
    assert {(one.reviewer, one.source) for one in found} == {("Ann", f"import:{name}")}
    again = import_decisions(store, target, rows, ImportOptions(format=name, reviewer="Ann"))
    assert (again.added, again.already_there) == (0, 6)


@pytest.mark.parametrize("name", [name for name in IMPORT_FORMATS if name != "csv"])
def test_unchanged_labels__are_decisions_where_the_user_says_so(name, rows, tmp_path):
    returned = registry.read_returned(out(tmp_path, rows, name), name)
    joined = join(returned, rows, ImportOptions(format=name, unchanged=CONFIRM), NOW)
    assert len(joined.decisions) == len(rows)
    assert {one.decided_at for one in joined.decisions} == {NOW}


@pytest.mark.parametrize("name", IMPORT_FORMATS)
def test_unknown_label__is_an_error_that_names_the_rows_and_adds_nothing(name, rows, tmp_path):
    target = out(tmp_path, rows, name)
    EDITS[name](target, rows.rows[2], "cat")
    fewer = replace(
        rows, class_names=["owl"], rows=[replace(rows.rows[2], label="owl", given_label="owl")]
    )
    with pytest.raises(InputError, match=r"found 'cat' in 1 rows \(.+\); nothing was imported"):
        import_decisions(tmp_path / "decisions.sqlite", target, fewer, ImportOptions(format=name))
    assert not (tmp_path / "decisions.sqlite").exists()


@pytest.mark.parametrize("name", IMPORT_FORMATS)
def test_rows_of_another_workspace__are_counted_and_named(name, rows, tmp_path):
    target = out(tmp_path, rows, name)
    first = replace(rows, rows=rows.rows[:1])
    done = import_decisions(
        tmp_path / "decisions.sqlite", target, first, ImportOptions(format=name)
    )
    assert (done.added, len(done.strangers)) == (0, len(rows) - 1)
    assert all(": " in where for where in done.strangers)


@pytest.mark.parametrize("name", EXPORT_FORMATS)
def test_export__is_the_same_every_time(name, rows, tmp_path):
    target = out(tmp_path, rows, name)
    first = {path: path.read_bytes() for path in files_in(target)}
    again = registry.export(target, rows, ExportOptions(format=name, rows=ALL))
    assert again.rows == len(rows)
    assert {path: path.read_bytes() for path in files_in(target)} == first


def files_in(target: Path) -> list[Path]:
    return [path for path in target.rglob("*") if path.is_file()] if target.is_dir() else [target]


@pytest.mark.parametrize(
    "name", [name for name, one in registry.FORMATS.items() if not one.endings]
)
def test_export__replaces_only_an_earlier_export(name, rows, tmp_path):
    options = ExportOptions(format=name)
    target = out(tmp_path, rows, name)
    with pytest.raises(OutputError, match="found an earlier export in it\nReplace it with --force"):
        registry.check_target(target, options, replace_old=False)
    registry.check_target(target, options, replace_old=True)
    (target / registry.MARKER).unlink()
    with pytest.raises(OutputError, match="found other files in it"):
        registry.check_target(target, options, replace_old=True)


@pytest.mark.parametrize(
    "name", [name for name, one in registry.FORMATS.items() if not one.endings]
)
def test_export_that_fails__leaves_nothing_behind(name, rows, tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("full")

    module = registry.FORMATS[name].loaded
    monkeypatch.setattr(module, "write", fail)
    with pytest.raises(RuntimeError, match="full"):
        registry.export(tmp_path / "export", rows, ExportOptions(format=name))
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


@pytest.mark.parametrize("name", ["fiftyone", "huggingface", "folders", "croissant"])
def test_images__that_are_gone_or_changed_are_left_out_and_told(name, rows, tmp_path):
    assert rows.folder is not None
    (rows.folder / "plain.png").unlink()
    shutil.copy(rows.folder / "with space.png", rows.folder / "plain.jpeg")
    done = registry.export(tmp_path / "out", rows, ExportOptions(format=name))
    assert done.rows == len(rows) - 2
    assert done.left_out == {
        "plain.png": "file does not exist",
        "plain.jpeg": "it has changed since it was embedded",
    }
    kept = json.loads((tmp_path / "out" / registry.MARKER).read_text(encoding="utf-8"))
    assert kept["left_out"] == done.left_out


@pytest.mark.parametrize("name", IMPORT_FORMATS)
def test_read__of_nothing_or_of_rubbish_is_a_clear_error(name, tmp_path):
    with pytest.raises(InputError, match="found nothing"):
        registry.read_returned(tmp_path / "none", name)
    rubbish = tmp_path / "rubbish.parquet"
    rubbish.write_bytes(b"\x00\xff{")
    with pytest.raises(InputError, match="expected"):
        registry.read_returned(rubbish, name)


def test_only_rows_that_need_work__are_in_a_csv(rows, tmp_path):
    done = registry.export(tmp_path / "work.csv", rows, ExportOptions(format="csv"))
    assert done.rows == sum(row.action == "relabel" for row in rows.rows) == 6
