"""The class of each label: read, written back, kept in a file, and mapped by hand."""

import numpy as np
import pyarrow as pa
import pytest

from labelfix.data.audited_labels import NO_CLASS, Audits
from labelfix.data.corrections import KEEP, QUARANTINED, RELABEL, REVIEW, VERIFIED, Corrections
from labelfix.data.label_classes import (
    LabelClasses,
    as_written,
    labels_to_write,
    load_label_classes,
    read_label_map,
    save_label_classes,
    written_labels,
)
from labelfix.data.manifest import Manifest, ManifestSource
from labelfix.errors import InputError, WorkspaceError

CLASSES = LabelClasses(
    by_spelling={"Brick": "brick", "bricks": "brick"},
    by_hand={"turf": "grass"},
    apart=[("left", "Left ")],
)


def manifest_of(labels):
    images = [f"{row}.png" for row in range(len(labels))]
    return Manifest(
        table=pa.table({"image": images, "label": labels}),
        image_column="image",
        label_column="label",
        source=ManifestSource(path="m.csv", sha256="0" * 64),
        images=images,
        given_labels=labels,
    )


def corrections_of(given, label, action):
    numbers = np.full(len(given), 0.5)
    texts = [np.array(values, dtype=object) for values in (label, given, label)]
    return Corrections(
        label=texts[0], given_label=texts[1], suggested_label=texts[2],
        confidence=numbers, self_confidence=numbers, neighbour_agreement=numbers,
        action=np.array(action, dtype=object), reason=np.full(len(given), "", dtype=object),
        review_rank=np.zeros(len(given), dtype=np.int64),
        second_label=np.array(given, dtype=object), second_confidence=numbers,
        question_value=numbers,
    )  # fmt: skip


def test_of__the_map_first_and_then_the_spelling():
    found = LabelClasses(by_hand={"klinker": "Brick"}, by_spelling={"Brick": "brick"})
    assert [found.of(label) for label in ("klinker", "Brick", "brick", "x")] == [
        "brick", "brick", "brick", "x",
    ]  # fmt: skip


def test_read__labels_are_classes_and_the_table_stays():
    opened = manifest_of(["Brick", "brick", "turf", "Left ", ""])
    read = CLASSES.read(opened)
    assert read.given_labels == ["brick", "brick", "grass", "Left ", ""]
    assert written_labels(read) == opened.given_labels
    assert LabelClasses().read(opened) is opened


def test_read_audits__answers_are_classes():
    audits = Audits({"0.png": "Brick", "1.png": NO_CLASS})
    assert CLASSES.read_audits(audits).answers == {"0.png": "brick", "1.png": NO_CLASS}


def test_knowing__a_new_spelling_of_one_class_alone():
    names = ["brick", "grass", "left", "Left "]
    found = CLASSES.knowing(["BRICK", "LEFT", "stone", "grass", " "], names)
    assert found.of("BRICK") == "brick"
    assert found.of("LEFT") == "LEFT"  # of two classes, so of none
    assert found.of("stone") == "stone"
    assert CLASSES.knowing(["brick", "bricks"], names) is CLASSES


def test_as_written__kept_unless_the_class_changes():
    given = ["brick", "brick", "grass", "brick"]
    found = as_written(
        corrections_of(
            given, ["brick", "grass", "brick", "brick"], [KEEP, RELABEL, RELABEL, REVIEW]
        ),
        CLASSES,
        ["Brick", "bricks", "turf", "brick"],
    )
    assert found.label.tolist() == ["Brick", "grass", "brick", "brick"]
    assert found.given_label.tolist() == ["Brick", "bricks", "turf", "brick"]
    assert found.suggested_label.tolist() == ["Brick", "grass", "brick", "brick"]
    assert found.second_label.tolist() == ["Brick", "bricks", "turf", "brick"]
    same = corrections_of(given, given, [KEEP] * 4)
    assert as_written(same, LabelClasses(), given) is same


@pytest.mark.parametrize(
    ("merge", "labels"),
    [
        (False, ["Brick", "grass", "grass", "Brick", "Brick"]),
        (True, ["brick", "grass", "grass", "Brick", "brick"]),
    ],
)
def test_labels_to_write__the_map_always_and_spellings_on_request(merge, labels):
    """A person's answer, in row 3, stays as the person wrote it."""
    found = corrections_of(
        ["Brick", "Brick", "turf", "bricks", "Brick"],
        ["Brick", "grass", "turf", "Brick", "Brick"],
        [KEEP, RELABEL, KEEP, VERIFIED, QUARANTINED],
    )
    assert labels_to_write(found, CLASSES, merge_spellings=merge).tolist() == labels


def test_save_label_classes__and_back(tmp_path):
    path = tmp_path / "c.json"
    save_label_classes(path, CLASSES)
    again = load_label_classes(path)
    assert (again.by_spelling, again.by_hand) == (CLASSES.by_spelling, CLASSES.by_hand)
    assert list(again.apart) == [("left", "Left ")]
    save_label_classes(path, LabelClasses())
    assert not path.exists()
    assert load_label_classes(path).is_plain


def test_load_label_classes__damaged(tmp_path):
    (tmp_path / "c.json").write_text("{}")
    with pytest.raises(WorkspaceError, match="is damaged"):
        load_label_classes(tmp_path / "c.json")


def test_read_label_map__a_row_for_each_label(tmp_path):
    path = tmp_path / "map.csv"
    path.write_text("To,note,From\ngrass,x,turf\nLeft ,,Left \ngrass,,turf\n")
    assert read_label_map(path) == {"turf": "grass", "Left ": "Left "}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "expected a CSV file with the columns from and to, found no file"),
        ("old,new\na,b\n", "expected the columns from and to, found old, new"),
        ("from,to\na,b\n ,c\n", "row 2: expected a label in from and in to, found ' ' and 'c'"),
        ("from,to\na,b\na,c\n", "row 2: expected one class for 'a', found 'c' after 'b'"),
        ("from,to\na,b\nb,c\n", "expected a class for 'a' that is not mapped itself"),
    ],
)
def test_read_label_map__unusable(tmp_path, text, why):
    path = tmp_path / "map.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=r"--label-map .*map\.csv") as refused:
        read_label_map(path)
    assert why in refused.value.message
    assert refused.value.hint
