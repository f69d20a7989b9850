"""Food-101N with what people verified of its labels, and Food-101."""

import re

import pytest

from labelfix.errors import InputError

CLASSES = "class_name\napple_pie\nsushi\n"
FOOD101N = {
    "meta/classes.txt": CLASSES,
    "meta/imagelist.tsv": "class_name/key\napple_pie/a.jpg\napple_pie/b.jpg\nsushi/c.jpg\n",
    "meta/verified_train.tsv": "class_name/key\tverification_label\napple_pie/a.jpg\t1\n",
    "meta/verified_val.tsv": "class_name/key\tverification_label\nsushi/c.jpg\t0\n",
    **{f"images/{name}": None for name in ("apple_pie/a.jpg", "apple_pie/b.jpg", "sushi/c.jpg")},
}
FOOD101 = {
    "meta/classes.txt": "apple_pie\nsushi\n",
    "meta/train.txt": "apple_pie/1\nsushi/2\n",
    "meta/test.txt": "apple_pie/3\n",
    **{f"images/{name}.jpg": None for name in ("apple_pie/1", "sushi/2", "apple_pie/3")},
}


def test_food101n__what_people_verified_is_a_column_of_its_own(layout, prepared):
    layout(FOOD101N)
    done = prepared("food101n")
    assert done.columns() == {
        "image": ["images/apple_pie/a.jpg", "images/apple_pie/b.jpg", "images/sushi/c.jpg"],
        "label": ["apple_pie", "apple_pie", "sushi"],
        "label_is_right": ["1", "", "0"],
    }
    assert done.written[0].right_share is None
    assert done.written[0].notes == [
        "label_is_right: 1 labels verified right, 1 wrong; labelfix does not read it"
    ]


def test_food101n__without_verified_lists_and_endings(layout, prepared):
    files = {**FOOD101N, "meta/imagelist.tsv": "class_name/key\napple_pie/a\nsushi/c\n"}
    layout({name: text for name, text in files.items() if "verified" not in name})
    columns = prepared("food101n").columns()
    assert columns["image"] == ["images/apple_pie/a.jpg", "images/sushi/c.jpg"]
    assert columns["label_is_right"] == ["", ""]


def test_food101n__a_list_without_a_header_loses_no_row(layout, prepared):
    text = FOOD101N["meta/imagelist.tsv"].partition("\n")[2]
    layout({**FOOD101N, "meta/imagelist.tsv": text})
    assert len(prepared("food101n").columns()["image"]) == 3


def test_food101n__verified_images_that_are_not_listed_are_told_of(layout, prepared):
    layout({**FOOD101N, "meta/verified_val.tsv": "sushi/x.jpg\t1\n"})
    assert prepared("food101n").written[0].notes[1] == (
        "verified images left out because they are not in imagelist.tsv: 1"
    )


def test_food101__test_rows_know_their_true_label(layout, prepared, tmp_path):
    layout(FOOD101)
    done = prepared("food101", test=True)
    assert done.columns() == {
        "image": ["images/apple_pie/1.jpg", "images/sushi/2.jpg"],
        "label": ["apple_pie", "sushi"],
    }
    assert done.columns(tmp_path / "test.csv") == {
        "image": ["images/apple_pie/3.jpg"],
        "label": ["apple_pie"],
        "true_label": ["apple_pie"],
    }


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"meta/imagelist.tsv": "class_name/key\nsushi/c.jpg\npizza/a.jpg\n"},
            "line 3: expected class/name of an image, of a class in meta/classes.txt, "
            "found 'pizza/a.jpg'",
        ),
        ({"meta/imagelist.tsv": "class_name/key\nsushi\n"}, "line 2: expected class/name"),
        ({"meta/imagelist.tsv": "\n\n"}, "imagelist.tsv: expected a list, found an empty file"),
        ({"meta/verified_val.tsv": "h/k\tv\nsushi/c.jpg\tyes\n"}, "line 2: expected class/name"),
        (
            {"meta/verified_val.tsv": "sushi/c.jpg\t0\nsushi/c.jpg\t1\n"},
            "one answer for each image",
        ),
        (
            {"meta/imagelist.tsv": "class_name/key\nsushi/../../../etc/passwd\nsushi/c.jpg\n"},
            "row 1: 'images/sushi/../../../etc/passwd.jpg' leads upwards with '..'",
        ),
    ],
)
def test_food101n__wrong_lists(layout, prepared, files, message):
    layout({**FOOD101N, **files})
    with pytest.raises(InputError, match=re.escape(message)):
        prepared("food101n")


def test_food101n__another_layout(layout, prepared):
    layout({"images/sushi/c.jpg": None, "meta/labels.txt": "x"})
    with pytest.raises(InputError) as error:
        prepared("food101n")
    assert "expected the file meta/classes.txt in it, found in" in error.value.message
    assert error.value.message.endswith("set/meta 'labels.txt'")
    assert "meta/imagelist.tsv" in error.value.hint


def test_food101n__its_test_images_are_those_of_food101(layout, prepared):
    layout(FOOD101N)
    with pytest.raises(InputError, match="--test-out: expected a set with test images") as error:
        prepared("food101n", test=True)
    assert "labelfix prepare food101 FOOD101 --test-out test.csv" in error.value.hint
