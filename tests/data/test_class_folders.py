"""Folders without a manifest: classes, splits, and what can be either."""

import json

import pytest

from labelfix.data.class_folders import folder_manifest, unlabelled_manifest
from labelfix.data.manifest_inputs import EmbedInputs, open_manifest
from labelfix.errors import InputError
from labelfix.options.manifest_options import ManifestOptions


def fill(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("one", "other"),
    [("train", "val"), ("Training", "TEST"), ("train2017", "val_2017"), ("test set", "dev")],
)
def test_folder_manifest__splits(tmp_path, one, other):
    fill(tmp_path, f"{one}/cat/a.png", f"{one}/dog/b/c.png", f"{other}/cat/a.png")
    opened, notes = folder_manifest(tmp_path)
    assert opened.table.column_names == ["image", "label", "split"]
    rows = sorted(
        zip(opened.images, opened.given_labels, opened.table["split"].to_pylist(), strict=True)
    )
    assert rows == sorted(
        [
            (f"{one}/cat/a.png", "cat", one),
            (f"{one}/dog/b/c.png", "dog", one),
            (f"{other}/cat/a.png", "cat", other),
        ]
    )
    counts = ", ".join(sorted([f"2 in {one}", f"1 in {other}"], key=lambda text: text[5:]))
    assert notes == [f"the folders are read as split/class/image: {counts}; 2 classes"]


def test_folder_manifest__one_split(tmp_path):
    fill(tmp_path, "train/cat/a.png", "train/dog/b.png")
    assert folder_manifest(tmp_path)[0].given_labels == ["cat", "dog"]


def test_folder_manifest__splits_as_classes_if_the_user_says_so(tmp_path):
    fill(tmp_path, "train/cat/a.png", "val/cat/b.png")
    opened, notes = folder_manifest(tmp_path, "class")
    assert (opened.given_labels, notes) == (["train", "val"], [])
    assert opened.table.column_names == ["image", "label"]


def test_folder_manifest__folders_in_folders_are_either(tmp_path):
    fill(tmp_path, "animal/cat/a.png", "animal/dog/b.png", "plant/rose/c.png")
    with pytest.raises(InputError) as caught:
        folder_manifest(tmp_path)
    assert caught.value.message == (
        f"{tmp_path}: expected class/image or split/class/image, found folders that hold only "
        "folders and can be either: the classes 'animal', 'plant', or the classes 'cat', 'dog', "
        "'rose' in the splits 'animal', 'plant'"
    )
    assert caught.value.hint == "Say which: --folders class, or --folders split."
    assert folder_manifest(tmp_path, "class")[0].given_labels == ["animal", "animal", "plant"]
    split = folder_manifest(tmp_path, "split")[0]
    assert split.given_labels == ["cat", "dog", "rose"]
    assert split.table["split"].to_pylist() == ["animal", "animal", "plant"]


def test_folder_manifest__classes_in_one_more_folder(tmp_path):
    fill(tmp_path, "images/cat/a.png", "images/dog/b.png")
    with pytest.raises(InputError, match="can be either: the classes 'images'") as caught:
        folder_manifest(tmp_path)
    assert caught.value.hint == (
        f"If its folders are the classes, name it: {tmp_path}/images; if it is a split, say "
        "--folders split."
    )
    assert folder_manifest(tmp_path / "images")[0].given_labels == ["cat", "dog"]


@pytest.mark.parametrize("names", [("cat/a.png", "dog/x/b.png"), ("cat/a.png", "cat/x/b.png")])
def test_folder_manifest__some_class_folders_have_folders(tmp_path, names):
    fill(tmp_path, *names)
    opened, notes = folder_manifest(tmp_path)
    assert (opened.given_labels, notes) == ([name[:3] for name in names], [])


def test_folder_manifest__class_that_is_named_like_a_split(tmp_path):
    fill(tmp_path, "test/a.png", "cat/b.png", "train/c.png")
    assert folder_manifest(tmp_path)[0].given_labels == ["cat", "test", "train"]


@pytest.mark.parametrize("names", [("train/a.png", "val/b.png"), ("train/cat/a.png", "val/b.png")])
def test_folder_manifest__split_without_classes(tmp_path, names):
    fill(tmp_path, *names)
    with pytest.raises(InputError, match="found images without a class folder in") as caught:
        folder_manifest(tmp_path)
    assert f"such as {tmp_path}/train, or a manifest" in caught.value.hint
    assert "--folders class" in caught.value.hint
    assert folder_manifest(tmp_path, "class")[0].given_labels == ["train", "val"]
    with pytest.raises(InputError, match=r"expected split/class/image, found [12] images without"):
        folder_manifest(tmp_path, "split")


def test_folder_manifest__what_operating_systems_leave_is_no_file(tmp_path):
    junk = ["cat/.DS_Store", "cat/Thumbs.db", "cat/._a.png", "desktop.ini", "Thumbs.db", "._b.png"]
    fill(tmp_path, "cat/a.png", "dog/b.png", "__MACOSX/cat/a.png", *junk)
    opened, notes = folder_manifest(tmp_path)
    assert (opened.images, notes) == (["cat/a.png", "dog/b.png"], [])
    opened, notes = unlabelled_manifest(tmp_path)
    assert (opened.images, notes) == (["cat/a.png", "dog/b.png"], [])


# --- a metadata file in the folder ---------------------------------------------------------------


def opened_folder(folder, listener, **options):
    inputs = EmbedInputs(images=folder, options=ManifestOptions(**options))
    return open_manifest(inputs, listener, reads_images=True)


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_open_manifest__metadata_of_hugging_face(tmp_path, listener, name):
    fill(tmp_path, "train/a.png", "train/b.png")
    rows = [("train/a.png", "cat"), ("train/b.png", "dog")]
    if name.endswith("csv"):
        text = "".join(f"{image},{label}\n" for image, label in [("file_name", "labels"), *rows])
    else:
        text = "".join(json.dumps({"file_name": one, "labels": two}) + "\n" for one, two in rows)
    (tmp_path / name).write_text(text)
    opened = opened_folder(tmp_path, listener)
    assert list(zip(opened.images, opened.given_labels, strict=True)) == rows
    assert not opened.source.is_folder
    assert listener.said[0] == f"the labels are those of {tmp_path / name}"


@pytest.mark.parametrize(
    "text", ["file_name,text\ncat/a.png,a cat\n", "id,label\n1,x\n2,y\n", "no table at all"]
)
def test_open_manifest__other_metadata_leaves_the_folders_their_say(tmp_path, listener, text):
    fill(tmp_path, "cat/a.png", "dog/b.png")
    (tmp_path / "metadata.csv").write_text(text)
    assert opened_folder(tmp_path, listener).given_labels == ["cat", "dog"]


def test_open_manifest__metadata_that_is_malformed(tmp_path, listener):
    fill(tmp_path, "cat/a.png", "dog/b.png")
    (tmp_path / "metadata.csv").write_text("file_name,label\ncat/a.png\n")
    with pytest.raises(InputError, match=r"metadata.csv, row 1 .* expected 2 fields"):
        opened_folder(tmp_path, listener)
    assert opened_folder(tmp_path, listener, folders="class").given_labels == ["cat", "dog"]


def test_open_manifest__metadata_beside_its_images_below_the_folder(tmp_path, listener):
    fill(tmp_path, "train/a.png", "train/b.png", "test/a.png", "test/b.png")
    path = tmp_path / "train" / "metadata.csv"
    path.write_text("file_name,label\na.png,x\nb.png,y\n")
    inputs = EmbedInputs(images=tmp_path, manifest=path)
    opened = open_manifest(inputs, listener, reads_images=True)
    assert opened.images == ["train/a.png", "train/b.png"]
