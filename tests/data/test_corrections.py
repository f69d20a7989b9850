"""Corrections, their file, and the user's table with corrected labels in every form."""

import datetime
import decimal
import json
import math
import os
import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelfix.data import class_folders, image_paths, names, tables
from labelfix.data.corrections import (
    EVIDENCE_COLUMNS,
    NOISE_METADATA,
    Corrections,
    corrected_table,
    load_corrections,
    save_corrections,
)
from labelfix.data.manifest import load_manifest, read_manifest, save_manifest
from labelfix.data.shares import WrongShare, share_as_json
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError, WorkspaceError

FORMS = (".csv", ".tsv", ".parquet", ".jsonl")


def objects(*values):
    return np.array(values, dtype=object)


def correcting(given, changed=None, quarantined=()):
    """Corrections that keep every label but some, by row."""
    changed = changed or {}
    rows = range(len(given))
    numbers = np.array([math.nan if row in quarantined else 0.123456 for row in rows])
    return Corrections(
        label=objects(*(changed.get(row, given[row]) for row in rows)),
        given_label=objects(*given),
        suggested_label=objects(
            *(None if row in quarantined else changed.get(row, given[row]) for row in rows)
        ),
        confidence=numbers * 2,
        self_confidence=numbers,
        neighbour_agreement=numbers * 0 + 0.5,
        action=objects(
            *("quarantined" if row in quarantined else "relabel" if row in changed else "keep"
              for row in rows)
        ),
        reason=objects(*("no label" if row in quarantined else "" for row in rows)),
        review_rank=np.zeros(len(given), dtype=np.int64),
        second_label=objects(*(None if row in quarantined else "other" for row in rows)),
        second_confidence=numbers / 2,
        question_value=numbers / 4,
    )  # fmt: skip


SMALL = Corrections(
    label=objects("b", "b", "", "a"),
    given_label=objects("a", "b", "", "a"),
    suggested_label=objects("b", "b", None, "b"),
    confidence=np.array([0.75, 1.0, math.nan, 0.25]),
    self_confidence=np.array([0.125, 1.0, math.nan, 0.25]),
    neighbour_agreement=np.array([0.0, 0.5, math.nan, 0.1]),
    action=objects("relabel", "keep", "quarantined", "review"),
    reason=objects("", "", "no label", ""),
    review_rank=np.array([0, 0, 0, 1]),
    second_label=objects("a", None, None, "b"),
    second_confidence=np.array([0.125, math.nan, math.nan, 0.2]),
    question_value=np.array([0.01, 0.0, math.nan, 0.03]),
)

VERIFIED = replace(
    SMALL,
    label=objects("b", "b", "a", "a"),
    action=objects("verified", "keep", "verified", "review"),
    confidence=np.array([1.0, 1.0, math.nan, 0.25]),
    reason=objects("", "", "of_no_class", ""),
    question_value=np.array([math.nan, 0.0, math.nan, 0.03]),
)
"""A person has said what row 0 shows, and of row 2, which had no label."""


# --- the values ----------------------------------------------------------------------------------


def test_corrections__arrays_of_different_lengths():
    fields = {**vars(SMALL), "reason": objects("", "")}
    with pytest.raises(ValueError, match="expected arrays of one length"):
        Corrections(**fields)


def test_corrections__unknown_action():
    fields = {**vars(SMALL), "action": objects("relabel", "keep", "quarantined", "delete")}
    with pytest.raises(ValueError, match=r"expected actions .*, found \['delete'\]"):
        Corrections(**fields)


@pytest.mark.parametrize("action", ["keep", "review", "quarantined"])
def test_corrections__label_changes_by_relabel_alone(action):
    fields = {**vars(SMALL), "action": objects("relabel", "keep", "quarantined", action)}
    Corrections(**fields)
    with pytest.raises(ValueError, match="row 3 is changed without action 'relabel'"):
        Corrections(**{**fields, "label": objects("b", "b", "", "b")})


def test_corrections__verified_label_may_be_any():
    """Also where there was no label, and where the given one is right."""
    assert VERIFIED.count("verified") == 2
    same = replace(SMALL, action=objects("relabel", "verified", "quarantined", "review"))
    assert same.label[1] == same.given_label[1]


@pytest.mark.parametrize("name", ["second_label", "second_confidence", "question_value"])
def test_corrections__every_row_has_its_second_label_and_its_value(name):
    with pytest.raises(ValueError, match="expected arrays of one length"):
        replace(SMALL, **{name: getattr(SMALL, name)[:3]})


def test_columns__are_arrays_alone():
    share = WrongShare(rows=3, share=0.25, low=0.125, high=0.5)
    columns = replace(SMALL, wrong_share=share).columns()
    assert "wrong_share" not in columns
    assert {len(values) for values in columns.values()} == {4}


def test_question_chances__by_hand():
    """Of values 0.01, 0 and 0.03 one question: half a third each, half by the value."""
    assert SMALL.question_chances(1) == pytest.approx([1 / 6 + 1 / 8, 1 / 6, 0, 1 / 6 + 3 / 8])


def test_questions__as_often_as_the_chances_have_it():
    counts = np.zeros(4)
    for seed in range(1000):
        rows = SMALL.questions(1, seed=seed)
        assert len(rows) == 1
        counts[rows] += 1
    assert counts / 1000 == pytest.approx(SMALL.question_chances(1), abs=0.06)
    assert counts[2] == 0


def test_questions__verified_rows_are_not_asked_again():
    assert VERIFIED.question_chances(1) == pytest.approx([0, 0.25, 0, 0.75])
    assert VERIFIED.questions(50).tolist() == [1, 3]


@pytest.mark.parametrize(("number", "rows"), [(0, []), (3, [0, 1, 3]), (50, [0, 1, 3])])
def test_questions__all_that_may_be_asked(number, rows):
    assert SMALL.questions(number).tolist() == rows


def test_questions__of_a_method_that_tells_no_value():
    """No row is to be asked about."""
    silent = replace(SMALL, question_value=np.full(4, math.nan))
    assert silent.questions(5).tolist() == []


def test_count__by_action():
    counts = {name: SMALL.count(name) for name in ("keep", "relabel", "review", "quarantined")}
    assert counts == {"keep": 1, "relabel": 1, "review": 1, "quarantined": 1}
    assert sum(counts.values()) == len(SMALL) == 4


def test_commonest_confusions__commonest_first_and_ties_by_name():
    given = ["c", "a", "b", "a", "c", "b", "a"]
    found = correcting(given, {0: "a", 1: "b", 2: "c", 3: "c", 4: "a", 5: "c"})
    assert found.commonest_confusions(9) == [
        ("b", "c", 2), ("c", "a", 2), ("a", "b", 1), ("a", "c", 1),
    ]  # fmt: skip
    assert found.commonest_confusions(1) == [("b", "c", 2)]
    assert correcting(["a", "b"]).commonest_confusions(5) == []


def test_to_pandas__a_column_for_every_attribute():
    frame = SMALL.to_pandas()
    assert list(frame.columns) == list(SMALL.columns())
    assert list(frame.columns)[-3:] == ["second_label", "second_confidence", "question_value"]
    assert frame["label"].tolist() == ["b", "b", "", "a"]
    assert frame["confidence"].dtype == np.float64
    assert frame["confidence"].isna().tolist() == [False, False, True, False]


def test_to_pandas__integer_labels_stay_integers():
    labels = np.array([3, 7])
    fields = {**vars(correcting(["3", "7"])), "label": labels, "given_label": labels}
    assert Corrections(**fields).to_pandas()["label"].dtype == np.int64


# --- corrections.parquet -------------------------------------------------------------------------


def test_load_corrections__gives_back_what_was_saved(tmp_path):
    path = tmp_path / "corrections.parquet"
    save_corrections(path, SMALL, ["1.png", "2.png", "\udcff.png", "4.png"])
    loaded = load_corrections(path)
    for name, values in SMALL.columns().items():
        np.testing.assert_array_equal(getattr(loaded, name), values)
        assert getattr(loaded, name).dtype == values.dtype
    table = pq.read_table(path)
    assert table.column_names == ["image", *SMALL.columns()]
    assert table["image"].to_pylist() == ["1.png", "2.png", "bytes:%FF.png", "4.png"]
    assert table["confidence"].to_pylist() == [0.75, 1.0, None, 0.25]
    assert table["suggested_label"].to_pylist() == ["b", "b", None, "b"]
    assert table["review_rank"].to_pylist() == [None, None, None, 1]
    assert table["second_label"].to_pylist() == ["a", None, None, "b"]
    assert table["second_confidence"].to_pylist() == [0.125, None, None, 0.2]
    assert table["question_value"].to_pylist() == [0.01, 0.0, None, 0.03]
    assert loaded.wrong_share is None


def test_load_corrections__wrong_share_is_that_of_the_noise(tmp_path):
    path = tmp_path / "corrections.parquet"
    share = WrongShare(rows=3, share=0.25, low=0.125, high=0.5)
    save_corrections(path, SMALL, list("abcd"), {"wrong_share": share_as_json(share)})
    assert load_corrections(path).wrong_share == share


def test_load_corrections__verified_rows(tmp_path):
    path = tmp_path / "corrections.parquet"
    save_corrections(path, VERIFIED, list("abcd"))
    loaded = load_corrections(path)
    assert loaded.action.tolist() == ["verified", "keep", "verified", "review"]
    assert loaded.label.tolist() == ["b", "b", "a", "a"]
    assert loaded.reason.tolist() == ["", "", "of_no_class", ""]


def test_load_corrections__of_another_labelfix(tmp_path):
    path = tmp_path / "corrections.parquet"
    save_corrections(path, correcting(["a", "b"]), ["0.png", "1.png"])
    pq.write_table(pq.read_table(path).drop_columns(["second_label"]), path)
    with pytest.raises(WorkspaceError, match=r"another labelfix.*'second_label'") as raised:
        load_corrections(path)
    assert "relabel --force" in raised.value.hint


def test_load_corrections__all_quarantined(tmp_path):
    saved = correcting(["", ""], quarantined=(0, 1))
    save_corrections(tmp_path / "corrections.parquet", saved, ["a", "b"])
    loaded = load_corrections(tmp_path / "corrections.parquet")
    assert loaded.suggested_label.tolist() == [None, None]
    assert np.isnan(loaded.confidence).all()


@pytest.mark.parametrize("noise", [{"noise_transition": [[0.75, 0.25], [0.0, 1.0]]}, {}])
def test_save_corrections__noise_stands_in_the_metadata(tmp_path, noise):
    path = tmp_path / "corrections.parquet"
    save_corrections(path, SMALL, list("abcd"), noise)
    assert json.loads(pq.read_schema(path).metadata[NOISE_METADATA]) == noise
    assert load_corrections(path).review_rank.tolist() == [0, 0, 0, 1]


def test_save_corrections__no_noise_is_known(tmp_path):
    save_corrections(tmp_path / "corrections.parquet", SMALL, list("abcd"))
    assert NOISE_METADATA not in (pq.read_schema(tmp_path / "corrections.parquet").metadata or {})


# --- fixed.csv -----------------------------------------------------------------------------------


@pytest.fixture
def opened(tmp_path):
    """Read a manifest of text or a table as `embed` does, through the workspace."""

    def read(content, suffix=".csv", **columns):
        path = tmp_path / f"manifest{suffix}"
        if suffix == ".parquet":
            pq.write_table(content if isinstance(content, pa.Table) else pa.table(content), path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        save_manifest(tmp_path / "kept.parquet", read_manifest(path, CsvFormat(), **columns))
        return load_manifest(tmp_path / "kept.parquet")

    return read


def write(path, manifest, corrections):
    tables.write_table(
        path,
        corrected_table(manifest, corrections),
        image_column=manifest.image_column,
        delimiter=manifest.source.delimiter,
    )
    return path


def columns_of(path):
    """What any reader finds in a written file, by column."""
    match path.suffix:
        case ".parquet":
            return pq.read_table(path).to_pydict()
        case ".jsonl":
            rows = [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]
            return {name: [row[name] for row in rows] for name in rows[0]}
        case suffix:
            text = tables.read_csv(path, CsvFormat(delimiter="\t" if suffix == ".tsv" else ","))
            return dict(zip(text.header, text.columns, strict=True))


def test_corrected_table__the_file_that_the_design_shows(opened, tmp_path):
    manifest = opened("id,image,label,note\n9,1.png,a,x\n8,2.png,b,\n7,3.png,,z\n6,4.png,a, y\n")
    assert write(tmp_path / "fixed.csv", manifest, SMALL).read_text() == (
        "id,image,label,note,given_label,suggested_label,confidence,self_confidence,"
        "neighbour_agreement,action,review_rank\n"
        "9,1.png,b,x,a,b,0.75,0.125,0,relabel,\n"
        "8,2.png,b,,b,b,1,1,0.5,keep,\n"
        "7,3.png,,z,,,,,,quarantined,\n"
        "6,4.png,a, y,a,b,0.25,0.25,0.1,review,1\n"
    )


def test_corrected_table__json_lines(opened, tmp_path):
    manifest = opened("image,label\n1.png,a\n2.png,b\n3.png,\n4.png,a\n")
    lines = write(tmp_path / "fixed.jsonl", manifest, SMALL).read_text().splitlines()
    assert lines[0] == (
        '{"image": "1.png", "label": "b", "given_label": "a", "suggested_label": "b", '
        '"confidence": 0.75, "self_confidence": 0.125, "neighbour_agreement": 0.0, '
        '"action": "relabel", "review_rank": null}'
    )
    assert json.loads(lines[2]) == {
        "image": "3.png", "label": "", "given_label": "", "suggested_label": None,
        "confidence": None, "self_confidence": None, "neighbour_agreement": None,
        "action": "quarantined", "review_rank": None,
    }  # fmt: skip
    assert json.loads(lines[3])["review_rank"] == 1


def test_corrected_table__corrections_of_other_rows(opened):
    manifest = opened("image,label\n1.png,a\n2.png,b\n")
    with pytest.raises(InputError, match="expected corrections for 2 rows, found 4") as caught:
        corrected_table(manifest, SMALL)
    assert caught.value.hint == "Run labelfix relabel again."


USER_COLUMNS = {
    "": ["0", "1", "2"],
    "note": [" NA ", 'a,"b"\r\n\tc\rd', ""],
    "class": ["007", "NA", "007"],
    "Class": ["", "null", "True"],
    "file": ["a b.png", "é,🦆\n.png", "c.png"],
    "score": ["1e5", "1.10", "+1"],
    "=formula": ["=1+1", "@x", "-"],
}


def csv_text(columns):
    cell = '"{}"'.format
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    return "".join(
        ",".join(cell(value.replace('"', '""')) for value in row) + "\r\n" for row in rows
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("source", [".csv", ".parquet"])
def test_corrected_table__every_user_column_in_place_in_order_and_untouched(
    opened, tmp_path, source, form
):
    manifest = opened(csv_text(USER_COLUMNS) if source == ".csv" else USER_COLUMNS, source)
    found = correcting(manifest.given_labels, {2: "NA"})
    columns = columns_of(write(tmp_path / f"fixed{form}", manifest, found))
    assert list(columns) == [*USER_COLUMNS, *EVIDENCE_COLUMNS]
    expected = {**USER_COLUMNS, "class": ["007", "NA", "NA"]}
    assert {name: columns[name] for name in USER_COLUMNS} == expected
    assert columns["given_label"] == ["007", "NA", "007"]
    assert columns["suggested_label"] == ["007", "NA", "NA"]


def test_corrected_table__parquet_columns_keep_their_types_and_metadata(opened, tmp_path):
    table = pa.table(
        {
            "score": pa.array([0.1, None, math.inf], pa.float32()),
            "image": pa.array(["a", "b", "c"], pa.large_string()),
            "label": pa.array(["x", "y", "x"]).dictionary_encode(),
            "n": pa.array([1, None, 2**63], pa.uint64()),
            "boxes": pa.array([[[1, 2]], [], None]),
            "thumb": pa.array([b"\xff\x00", None, b""]),
            "when": pa.array([0, 1, None], pa.timestamp("ns", "Europe/Berlin")),
            "cost": pa.array([decimal.Decimal("1.10"), None, None]),
        }
    ).replace_schema_metadata({"origin": "a person"})
    manifest = opened(table, ".parquet")
    fixed = pq.read_table(
        write(tmp_path / "fixed.parquet", manifest, correcting(["x", "y", "x"], {0: "y"}))
    )
    user = fixed.select(table.column_names)
    assert user.schema.types == table.schema.types
    assert user.drop_columns("label") == table.drop_columns("label")
    assert user["label"].to_pylist() == ["y", "y", "x"]
    assert fixed.schema.metadata == {b"origin": b"a person"}
    assert fixed.column_names[len(table.column_names) :] == list(EVIDENCE_COLUMNS)


@pytest.mark.parametrize(
    ("values", "changed"),
    [
        (pa.array([0, 7, 0, None]), [7, 7, 0, None]),
        (pa.array([0, 7, 0, None], pa.uint8()), [7, 7, 0, None]),
        (pa.array([2**53, 2**53 + 1, 5, None]), [2**53 + 1, 2**53 + 1, 5, None]),
        (pa.array([True, False, True, None]), [False, False, True, None]),
        (pa.array([1.0, 2.5, 1.0, None]), [2.5, 2.5, 1.0, None]),
        (pa.array([1.0, 2.5, 1.0, None], pa.float16()), [2.5, 2.5, 1.0, None]),
        (pa.array(["NA", "007", " x", None]), ["007", "007", " x", None]),
        (pa.array(["NA", "007", " x", ""]), ["007", "007", " x", ""]),
        (pa.array(["a", "b", "a", None], pa.large_string()), ["b", "b", "a", None]),
        (pa.array(["a", "b", "a", None], pa.string_view()), ["b", "b", "a", None]),
        (pa.array(["a", "b", "a", None]).dictionary_encode(), ["b", "b", "a", None]),
        (
            pa.DictionaryArray.from_arrays(pa.array([0, 1, 0, None], pa.int8()), ["a", "b", "c"]),
            ["b", "b", "a", None],
        ),
        (
            pa.array([decimal.Decimal("1.10"), decimal.Decimal("2.00"), None, None]),
            [decimal.Decimal("2.00"), decimal.Decimal("2.00"), None, None],
        ),
        (
            pa.array([datetime.date(2026, 1, 1), datetime.date(2026, 1, 2), None, None]),
            [datetime.date(2026, 1, 2), datetime.date(2026, 1, 2), None, None],
        ),
        (
            pa.array([datetime.time(1), datetime.time(2), None, None]),
            [datetime.time(2), datetime.time(2), None, None],
        ),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_corrected_table__label_column_of_any_type_keeps_it(opened, tmp_path, values, changed):
    """Also where a label is missing, and its row quarantined."""
    manifest = opened({"image": list("abcd"), "label": values}, ".parquet")
    given = manifest.given_labels
    missing = [row for row, label in enumerate(given) if not label]
    found = correcting(given, {0: given[1]}, missing)
    fixed = pq.read_table(write(tmp_path / "fixed.parquet", manifest, found))
    assert fixed.schema.field("label").type == values.type
    assert fixed["label"].to_pylist() == changed
    assert fixed["given_label"].to_pylist() == given
    texts = columns_of(write(tmp_path / "fixed.csv", manifest, found))["label"]
    assert texts == [given[1], *given[1:]]


def test_corrected_table__pandas_reads_its_own_index_and_categories_back(opened, tmp_path):
    frame = pd.DataFrame(
        {
            "image": ["a", "b", "c"],
            "label": pd.Categorical(["x", "y", None], categories=["z", "y", "x"], ordered=True),
            "n": [1.5, None, 2.5],
        },
        index=pd.Index([7, 8, 9], name="key"),
    )
    manifest = opened(pa.Table.from_pandas(frame), ".parquet")
    found = correcting(manifest.given_labels, {0: "y"}, quarantined=[2])
    fixed = pd.read_parquet(write(tmp_path / "fixed.parquet", manifest, found))
    frame.loc[7, "label"] = "y"
    pd.testing.assert_frame_equal(fixed[["image", "label", "n"]], frame)


@pytest.mark.parametrize("form", FORMS)
def test_corrected_table__user_columns_with_our_names_stay_and_ours_are_prefixed(
    opened, tmp_path, form
):
    manifest = opened("action,image,label,confidence,labelfix_action\nrun,a.png,x,high,jump\n")
    columns = columns_of(write(tmp_path / f"fixed{form}", manifest, correcting(["x"])))
    assert list(columns) == [
        "action", "image", "label", "confidence", "labelfix_action", "given_label",
        "suggested_label", "labelfix_confidence", "self_confidence", "neighbour_agreement",
        "labelfix_labelfix_action", "review_rank",
    ]  # fmt: skip
    assert columns["action"] == ["run"]
    assert columns["confidence"] == ["high"]
    assert columns["labelfix_action"] == ["jump"]
    assert columns["labelfix_labelfix_action"] == ["keep"]


@pytest.mark.parametrize("form", [".csv", ".tsv", ".parquet"])
@pytest.mark.parametrize("label_column", ["label", "given_label", "class", "category"])
def test_corrected_table__fixed_file_is_a_good_manifest_twice_over(
    opened, tmp_path, label_column, form
):
    """The corrected labels are found each time, and no column is lost or changed."""
    manifest = opened(f"note,image,{label_column},more\n1,a,x,\n2,b,y,\n3,c,x,\n")
    labels = ["x", "y", "x"]
    for turn, (row, new) in enumerate([(0, "y"), (1, "x"), (2, "y")], start=1):
        assert manifest.label_column == label_column
        assert manifest.given_labels == labels
        before = manifest.table.to_pydict()
        path = write(tmp_path / f"fixed{turn}{form}", manifest, correcting(labels, {row: new}))
        manifest = read_manifest(path, CsvFormat())
        labels[row] = new
        after = manifest.table.to_pydict()
        assert list(after)[: len(before)] == list(before)
        assert len(after) == 4 + 7 * turn
        assert {name: after[name] for name in before} == {**before, label_column: labels}
        assert list(after)[-1] == "labelfix_" * (turn - 1) + "review_rank"


def test_corrected_table__tsv_manifest_makes_a_csv_with_commas(opened, tmp_path):
    manifest = opened("image\tlabel\na,b.png\tx\n", ".tsv")
    path = write(tmp_path / "fixed.csv", manifest, correcting(["x"]))
    assert read_manifest(path, CsvFormat()).images == ["a,b.png"]


def test_corrected_table__semicolons_stay_semicolons(tmp_path):
    (tmp_path / "m.csv").write_text("image;label\na,b.png;x\n")
    manifest = read_manifest(tmp_path / "m.csv", CsvFormat(delimiter=";"))
    path = write(tmp_path / "fixed.csv", manifest, correcting(["x"]))
    assert path.read_text().splitlines()[1] == "a,b.png;x;x;x;0.246912;0.123456;0.5;keep;"
    assert read_manifest(path, CsvFormat(delimiter=";")).images == ["a,b.png"]


# --- names of any bytes, in and out --------------------------------------------------------------

RAW_NAMES = [b"a,b.png", b"c\nd.png", b"e\rf.png", b'"g".png', "🦆 é.png".encode(), b"caf\xe9.png",
             b"\xff\xfe.png", b"bytes:h.png", b"bytes:%FF.png", b" i .png", b"50%25.png",
             b"\xed\xa0\x80.png", b"=1+1.png", b"#j.png"]  # fmt: skip


def images_in(path):
    """The image names in a written file, as bytes."""
    if path.suffix == ".jsonl":
        return [os.fsencode(names.from_text(text)) for text in columns_of(path)["image"]]
    return [os.fsencode(name) for name in read_manifest(path, CsvFormat()).images]


@pytest.mark.parametrize("form", FORMS)
def test_corrected_table__names_of_any_bytes_from_class_folders(tmp_path, form):
    folder = tmp_path / "images"
    raw = []
    for label in ("cat", "dog"):
        (folder / label).mkdir(parents=True)
        for name in RAW_NAMES:
            try:
                (folder / label / os.fsdecode(name)).touch()
            except OSError:
                pytest.skip("this file system takes only UTF-8 names")
            raw.append(os.fsencode(label) + b"/" + name)
    manifest, _ = class_folders.folder_manifest(folder)
    save_manifest(tmp_path / "kept.parquet", manifest)
    manifest = load_manifest(tmp_path / "kept.parquet")
    found = correcting(manifest.given_labels, {0: "dog"})
    path = write(tmp_path / f"fixed{form}", manifest, found)
    assert sorted(images_in(path)) == sorted(raw)
    assert columns_of(path)["label"] == ["dog", *manifest.given_labels[1:]]
    if form != ".jsonl":
        again = read_manifest(path, CsvFormat())
        image_paths.check_image_names(again, folder)
        assert image_paths.rows_without_image(again, folder) == []


@pytest.mark.parametrize("form", FORMS)
def test_corrected_table__names_of_any_bytes_from_a_csv(opened, tmp_path, form):
    lines = [b'"%s",%d' % (name.replace(b'"', b'""'), row) for row, name in enumerate(RAW_NAMES)]
    manifest = opened(b"image,label\n" + b"\n".join(lines))
    path = write(tmp_path / f"fixed{form}", manifest, correcting(manifest.given_labels, {0: "1"}))
    assert images_in(path) == RAW_NAMES


def test_corrected_table__csv_to_parquet_to_csv_gives_the_same_bytes(opened, tmp_path):
    lines = [b'"%s",%d' % (name.replace(b'"', b'""'), row) for row, name in enumerate(RAW_NAMES)]
    first = opened(b"image,label\n" + b"\n".join(lines))
    found = correcting(first.given_labels)
    there = read_manifest(write(tmp_path / "there.parquet", first, found), CsvFormat())
    write(tmp_path / "back.csv", there, found)
    back = tables.read_csv(tmp_path / "back.csv", CsvFormat())
    direct = tables.read_csv(write(tmp_path / "direct.csv", first, found), CsvFormat())
    assert back.columns[: len(direct.columns)] == direct.columns


# --- text, in and out ----------------------------------------------------------------------------

LABELS = ["NA", "null", "007", "7", "True", "true", " cat", "cat ", "Cat", "cat", "", "1.0", "a,b",
          'q"', "l\nf", "c\rr", "🦆", "e\u0301", "é", "=1", "\u2028", "[red]", "nan"]  # fmt: skip


@pytest.mark.parametrize("form", [".csv", ".tsv", ".parquet"])
@pytest.mark.parametrize("source", [".csv", ".parquet", "dictionary"])
def test_corrected_table__labels_stay_text_byte_for_byte(opened, tmp_path, source, form):
    images = [f"{row}.png" for row in range(len(LABELS))]
    if source == ".csv":
        manifest = opened(csv_text({"image": images, "label": LABELS}))
    else:
        column = pa.array(LABELS)
        column = column.dictionary_encode() if source == "dictionary" else column
        manifest = opened({"image": images, "label": column}, ".parquet")
    draw = random.Random(0)
    changed = {row: draw.choice([label for label in LABELS if label]) for row in range(0, 9, 2)}
    found = correcting(LABELS, changed, quarantined=[LABELS.index("")])
    path = write(tmp_path / f"fixed{form}", manifest, found)
    expected = [changed.get(row, label) for row, label in enumerate(LABELS)]
    assert read_manifest(path, CsvFormat()).given_labels == expected
    given = read_manifest(path, CsvFormat(), label_column="given_label").given_labels
    assert given == LABELS


def test_corrections__repr_counts_the_actions():
    corrections = correcting(["a", "b", "c"], changed={1: "a"}, quarantined=[2])
    assert repr(corrections) == (
        "Corrections(3 rows: 1 keep, 1 relabel, 0 review, 0 predict, 1 quarantined, 0 verified)"
    )


# --- labels that were missing --------------------------------------------------------------------


def predicting(given, predicted, action="predict"):
    """Corrections that predict a label for every row without one."""
    kept = correcting(given)
    blank = [not label.strip() for label in given]
    label = [
        new if missing else old for new, old, missing in zip(predicted, given, blank, strict=True)
    ]
    actions = [action if missing else "keep" for missing in blank]
    return Corrections(**{**vars(kept), "label": objects(*label), "action": objects(*actions)})


@pytest.mark.parametrize("action", ["predict", "review"])
def test_corrections__label_where_there_was_none(action):
    made = predicting(["", "b", " "], ["a", "b", "c"], action)
    assert made.label.tolist() == ["a", "b", "c"]
    assert made.count("predict") == (2 if action == "predict" else 0)


def test_corrections__nothing_is_predicted_over_a_label():
    fields = {**vars(SMALL), "action": objects("relabel", "predict", "quarantined", "review")}
    with pytest.raises(ValueError, match="row 1 has a label, so its action cannot be `predict`"):
        Corrections(**fields)


@pytest.mark.parametrize(
    ("column", "predicted", "expected"),
    [
        (pa.array([7, None, 3]), "7", [7, 7, 3]),
        (pa.array([7, None, 3]), "12", [7, 12, 3]),
        (pa.array([7, None, 3]), "007", ["7", "007", "3"]),
        (pa.array([7, None, 3]), "cat", ["7", "cat", "3"]),
        (pa.array([True, None, False]), "true", [True, True, False]),
        (pa.array(["a", None, "b"]), "c", ["a", "c", "b"]),
        (pa.array(["a", None, "b"]).dictionary_encode(), "c", ["a", "c", "b"]),
        (pa.array(["a", None, "b"], pa.string_view()), "c", ["a", "c", "b"]),
        (pa.array([None, None, None]), "c", ["", "c", ""]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else repr(value),
)
def test_corrected_table__predicted_label_in_a_column_of_any_type(
    tmp_path, column, predicted, expected
):
    """The column keeps its type where that has the label, spelled as it is; else it is text."""
    path = tmp_path / "new.parquet"
    pq.write_table(pa.table({"image": ["x", "y", "z"], "label": column}), path)
    opened = read_manifest(path, CsvFormat(), needs_label=False)
    made = predicting(opened.given_labels, ["", predicted, ""])
    table = corrected_table(opened, made)
    assert table["label"].to_pylist() == expected
    if expected[0] in (7, True, "a"):
        assert table.schema.field("label").type == column.type
    assert table["given_label"].to_pylist()[1] == ""


def test_corrected_table__column_of_labels_that_there_was_none_of(tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("image,action\na.png,x\nb.png,y\n")
    opened = read_manifest(path, CsvFormat(), needs_label=False)
    table = corrected_table(opened, predicting(["", ""], ["cat", "007"]))
    assert table.column_names[:4] == ["image", "action", "label", "given_label"]
    assert table["label"].to_pylist() == ["cat", "007"]
    assert "labelfix_action" in table.column_names
