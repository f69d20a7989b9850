"""Labels out of names: the group that is taken, and what is said of names that do not fit."""

import re

import pyarrow as pa
import pytest

from labelfix.data.manifest import Manifest, ManifestSource, manifest_from_names
from labelfix.data.manifest_inputs import label_by_name, labels_from_names, unmatched
from labelfix.errors import InputError


def listed(images, **columns):
    table = pa.table({"image": images, **columns})
    label = next(iter(columns), "label")
    if label not in table.column_names:
        table = table.append_column(label, pa.array([""] * len(images)))
    labels = table[label].to_pylist()
    return Manifest(table, "image", label, ManifestSource("list.txt", "0" * 64), images, labels)


@pytest.mark.parametrize(
    ("pattern", "labels"),
    [
        (r"^(\d)_", ["0", "", "7"]),
        (r"(?P<label>[a-z]+)\.", ["x", "y", "z"]),
        (r"(\d)?_?(?P<label>[xz])\.", ["x", "", "z"]),
        (r"([^/]+)/[^/]+$", ["", "cat", ""]),
        (r"^(?:(\d)_|cat)", ["0", "", "7"]),  # a group that took no part is no label
    ],
)
def test_labels_from_names__group(pattern, labels):
    assert labels_from_names(["0_x.png", "cat/y.png", "7_z.png"], pattern) == labels


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "--label-pattern: expected a regular expression, found '(': missing )"),
        (r"\d+", r"expected a group in parentheses for the label, found none in '\\d+'"),
        ("(a{99999999999})", "--label-pattern: expected a regular expression"),
    ],
)
def test_labels_from_names__wrong_pattern(pattern, message):
    with pytest.raises(InputError, match=re.escape(message)):
        labels_from_names(["a.png"], pattern)


def test_labels_from_names__bytes_that_are_no_utf8():
    with pytest.raises(
        InputError, match=r"row 2: expected UTF-8 in the label of 'bytes:%FF/a.png'"
    ):
        labels_from_names(["x/a.png", "\udcff/a.png"], "(.+)/")


def test_label_by_name__other_columns_stay_and_the_labels_come_after_them():
    opened = label_by_name(listed(["0_a.png", "1_b.png"], category=["u", "v"]), r"^(\d)")
    assert opened.table.to_pydict() == {
        "image": ["0_a.png", "1_b.png"],
        "category": ["u", "v"],
        "label": ["0", "1"],
    }
    assert (opened.label_column, opened.given_labels) == ("label", ["0", "1"])


def test_label_by_name__a_blank_column_of_labels_is_filled():
    opened = label_by_name(listed(["0_a.png"], label=[" "]), r"^(\d)")
    assert opened.table.to_pydict() == {"image": ["0_a.png"], "label": ["0"]}


def test_label_by_name__of_a_folder_is_fingerprinted_with_the_labels(tmp_path):
    bare = manifest_from_names(["0_a.png"], [""], tmp_path)
    opened = label_by_name(bare, r"^(\d)")
    assert opened.source.is_folder
    assert opened.source == manifest_from_names(["0_a.png"], ["0"], tmp_path).source


def test_label_by_name__labels_are_there_already():
    with pytest.raises(InputError, match="no labels beside --label-pattern, found the column 'lab"):
        label_by_name(listed(["0_a.png"], label=["x"]), r"^(\d)")


def test_label_by_name__nothing_fits():
    message = r"found none among 4, for example 'a.png', 'b.png', 'c.png'$"
    with pytest.raises(InputError) as error:
        label_by_name(listed(["a.png", "b.png", "c.png", "d.png"]), r"^(\d)")
    assert re.search(message, error.value.message)


def test_unmatched__has_the_number_and_three_names():
    opened = listed(["a.png", "b.png", "c.png", "d.png"])
    assert unmatched(opened, [0, 1, 2, 3], "(x)") == (
        "4 whose name --label-pattern '(x)' does not fit, for example 'a.png', 'b.png', 'c.png'"
    )
