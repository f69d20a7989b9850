"""Clothing1M: noisy labels to correct, clean ones beside them, its lists in either place."""

import re

import pytest

from labelfix.errors import InputError

IMAGES = [f"images/0/{name}.jpg" for name in "abcdef"]
A, B, C, D, E, F = IMAGES
LISTS = {
    "category_names_eng.txt": "T-Shirt\nShirt\nDown Coat\n",
    "noisy_label_kv.txt": f"{A} 0\n{B} 1\n{C} 2\n{D} 0\n{E} 1\n",
    "clean_label_kv.txt": f"{A} 2\n{E} 1\n{F} 0\n{D} 1\n",
    "noisy_train_key_list.txt": f"{A}\n{B}\n{C}\n{D}\n{E}\n",
    "clean_train_key_list.txt": f"{A}\n",
    "clean_val_key_list.txt": f"{D}\n",
    "clean_test_key_list.txt": f"{F}\n{E}\n",
}


@pytest.fixture(params=["annotations/", ""])
def clothing(request, layout):
    return layout(
        {request.param + name: text for name, text in LISTS.items()} | dict.fromkeys(IMAGES)
    )


def test_clothing1m__labels_true_labels_and_what_is_held_out(clothing, prepared, tmp_path):
    done = prepared("clothing1m", test=True)
    assert done.columns() == {
        "image": [A, B, C],
        "label": ["T-Shirt", "Shirt", "Down Coat"],
        "true_label": ["Down Coat", "", ""],
    }
    assert done.written[0].notes == [
        "images left out because they are also in the clean validation or test list: 2"
    ]
    assert done.written[0].right_share == 0
    assert done.columns(tmp_path / "test.csv") == {
        "image": [F, E],
        "label": ["T-Shirt", "Shirt"],
        "true_label": ["T-Shirt", "Shirt"],
    }


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"noisy_label_kv.txt": f"{A} 3\n"}, "line 1: expected a class from 0 to 2, found"),
        ({"noisy_label_kv.txt": f"{A} -1\n"}, "line 1: expected a class from 0 to 2, found"),
        ({"noisy_label_kv.txt": f"{A}\n"}, "expected a path and a value with a space between"),
        (
            {"noisy_label_kv.txt": f"{A} 0\n"},
            f"expected a label in noisy_label_kv.txt for each of 3 images, found none for 2, for "
            f"example '{B}', '{C}'",
        ),
        ({"category_names_eng.txt": "a\na\n"}, "expected a name for each class, found one twice"),
        ({"noisy_train_key_list.txt": "../x.jpg\n", "noisy_label_kv.txt": "../x.jpg 1\n"}, "'..'"),
        ({"noisy_train_key_list.txt": "/x.jpg\n", "noisy_label_kv.txt": "/x.jpg 1\n"}, "absolute"),
    ],
)
def test_clothing1m__wrong_lists(layout, prepared, files, message):
    layout(LISTS | dict.fromkeys(IMAGES) | files)
    with pytest.raises(InputError, match=re.escape(message)):
        prepared("clothing1m")


def test_clothing1m__no_lists(layout, prepared):
    layout({A: None})
    with pytest.raises(InputError, match=r"category_names_eng.txt or category_names_eng.txt in it"):
        prepared("clothing1m")
