"""WebVision, its first 50 classes, and ILSVRC12's validation images by WordNet id."""

import re

import pytest

from labelfix.errors import InputError

IDS = [f"n{1440764 + 7 * number:08d}" for number in range(60)]
WEBVISION = {
    "info/synsets.txt": "".join(f"{name} thing {row}, other\n" for row, name in enumerate(IDS)),
    "info/train_filelist_google.txt": "google/q0001/a.jpg 0\ngoogle/q0001/b.jpg 49\n"
    "google/q0009/c d.jpg 50\n",
    "info/val_filelist.txt": "val000001.jpg 49\nval000002.jpg 59\n",
    **dict.fromkeys(["google/q0001/a.jpg", "google/q0001/b.jpg", "google/q0009/c d.jpg"]),
    **dict.fromkeys(["val_images_256/val000001.jpg", "val_images_256/val000002.jpg"]),
}
VAL = [f"ILSVRC2012_val_0000000{number}.JPEG" for number in (1, 2, 3)]


def test_webvision__labels_are_wordnet_ids_and_not_folders(layout, prepared, tmp_path):
    layout(WEBVISION)
    done = prepared("webvision", test=True)
    assert done.columns() == {
        "image": ["google/q0001/a.jpg", "google/q0001/b.jpg", "google/q0009/c d.jpg"],
        "label": [IDS[0], IDS[49], IDS[50]],
        "class_name": ["thing 0", "thing 49", "thing 50"],
    }
    test = done.columns(tmp_path / "test.csv")
    assert test["image"] == ["val_images_256/val000001.jpg", "val_images_256/val000002.jpg"]
    assert test["label"] == test["true_label"] == [IDS[49], IDS[59]]


def test_mini_webvision__labels_below_50(layout, prepared, tmp_path):
    layout(WEBVISION)
    done = prepared("mini-webvision", test=True)
    assert done.columns()["label"] == [IDS[0], IDS[49]]
    assert done.columns(tmp_path / "test.csv")["image"] == ["val_images_256/val000001.jpg"]


def test_webvision__another_list(layout, prepared, tmp_path):
    root = layout({**WEBVISION, "flickr/q0001/x.jpg": None})
    path = root / "info/train_filelist_flickr.txt"
    path.write_text("flickr/q0001/x.jpg 7\n")
    assert prepared("webvision", labels=path).columns()["label"] == [IDS[7]]


@pytest.mark.parametrize(
    "style", ["{name} {index} {id}", "val/{name}\t{id}", "{stem} {index} {id}"]
)
def test_ilsvrc12__by_wordnet_id_whatever_the_numbers_are(layout, prepared, style):
    ids = [IDS[3], IDS[1], IDS[3]]
    lines = [
        style.format(name=name, stem=name.removesuffix(".JPEG"), index=900 - row, id=ids[row])
        for row, name in enumerate(VAL)
    ]
    layout({f"val/{name}": None for name in VAL} | {"list.txt": "\n".join(lines), "a.txt": "x"})
    done = prepared("ilsvrc12-val")
    assert done.columns()["image"] == [f"val/{name}" for name in VAL]
    assert done.columns()["label"] == done.columns()["true_label"] == ids


def test_ilsvrc12__class_folders(layout, prepared):
    layout({f"val/{IDS[0]}/{VAL[0]}": None, f"val/{IDS[1]}/{VAL[1]}": None})
    assert prepared("ilsvrc12-val").columns()["label"] == [IDS[0], IDS[1]]


def test_ilsvrc12__only_the_classes_of_mini_webvision(layout, prepared, tmp_path):
    layout(WEBVISION)
    prepared("mini-webvision", out="mini.csv")
    lines = [f"{name} 0 {IDS[at]}" for name, at in zip(VAL, (50, 49, 0), strict=True)]
    layout({f"val/{name}": None for name in VAL} | {"list.txt": "\n".join(lines)})
    done = prepared("ilsvrc12-val", classes_of=tmp_path / "mini.csv")
    assert done.columns()["label"] == [IDS[49], IDS[0]]
    assert done.columns()["image"] == [f"val/{name}" for name in VAL[1:]]


@pytest.mark.parametrize(
    ("name", "files", "message"),
    [
        (
            "webvision",
            {"info/synsets.txt": "tench\n"},
            "synsets.txt, line 1: expected a WordNet id",
        ),
        ("webvision", {"info/synsets.txt": f"{IDS[0]} a\n{IDS[0]} b\n"}, "line 2: expected a Word"),
        (
            "webvision",
            {"info/train_filelist_google.txt": "google/a.jpg 60\n"},
            "line 1: expected a class from 0 to 59, found 'google/a.jpg 60'",
        ),
        (
            "mini-webvision",
            {"info/train_filelist_google.txt": "google/a.jpg 55\n"},
            "expected images with labels below 50, found none",
        ),
        (
            "webvision",
            {"info/train_filelist_google.txt": "google/../../a.jpg 5\n"},
            "row 1: 'google/../../a.jpg' leads upwards",
        ),
        ("ilsvrc12-val", {}, "expected the folder val in it, found in"),
        ("ilsvrc12-val", {"val/a.JPEG": None}, "expected a list of lines `name index wnid`"),
        (
            "ilsvrc12-val",
            {"val/a.JPEG": None, "list.txt": f"{VAL[0]} 1 {IDS[0]}\n{VAL[1]} 2\n"},
            "list.txt, line 2: expected an image's name and a WordNet id",
        ),
        (
            "ilsvrc12-val",
            {f"val/{IDS[0]}/a.JPEG": None, "val/other/b.JPEG": None},
            "expected folders named by WordNet ids, found 'other'",
        ),
    ],
)
def test_webvision__wrong_layout(layout, prepared, name, files, message):
    layout({**WEBVISION, **files})
    with pytest.raises(InputError, match=re.escape(message)):
        prepared(name)
