"""The columns of a manifest: named by the user, or known by their names."""

from pathlib import Path

import pytest

from labelfix.data.columns import ManifestColumns, find_columns
from labelfix.errors import InputError

PATH = Path("m.csv")


def find(header, readable=None, **named):
    named = {"image": None, "label": None, "annotator": None, **named}
    columns = header.split(",")
    return find_columns(PATH, columns, columns if readable is None else readable, **named)


@pytest.mark.parametrize(
    ("header", "annotator"),
    [
        ("image,label", None),
        ("image,label,Annotators,workers,who", None),
        ("image,label,Worker ID,Annotator-Id", "Annotator-Id"),
        ("image,label,annotator", "annotator"),
        ("annotator_id,label,image", "annotator_id"),
        ("image,label,worker", "worker"),
        ("image,worker_id,label", "worker_id"),
        # Of several known names, the first of the list and not of the file.
        ("image,label,worker_id,worker,annotator_id,annotator", "annotator"),
        ("image,label,worker_id,worker,annotator_id", "annotator_id"),
        ("image,label,worker_id,worker", "worker"),
    ],
)
def test_find_columns__annotators_that_nobody_named(header, annotator):
    assert find(header) == ManifestColumns(image="image", label="label", annotator=annotator)


def test_find_columns__annotators_that_are_named():
    found = find("image,label,annotator,who", annotator="who")
    assert found == ManifestColumns(image="image", label="label", annotator="who")


@pytest.mark.parametrize(
    ("header", "named", "found"),
    [
        ("image,annotator", {"label": "annotator"}, ("image", "annotator", None)),
        ("annotator,label", {"image": "annotator"}, ("annotator", "label", None)),
        ("image,annotator,worker", {"label": "annotator"}, ("image", "annotator", "worker")),
        (
            "annotator,annotator_id,worker_id",
            {"image": "annotator_id", "label": "annotator"},
            ("annotator_id", "annotator", "worker_id"),
        ),
    ],
)
def test_find_columns__image_and_label_are_no_annotators(header, named, found):
    assert find(header, **named) == ManifestColumns(
        **dict(zip(("image", "label", "annotator"), found, strict=True))
    )


@pytest.mark.parametrize(
    ("header", "named", "verified"),
    [
        ("image,label", {}, None),
        ("image,label,verified_label", {}, "verified_label"),
        ("image,label,verified_label,expert", {"verified": "expert"}, "expert"),
        ("image,verified_label", {"label": "verified_label"}, None),
        ("image,label,verified_label", {"annotator": "verified_label"}, None),
    ],
)
def test_find_columns__verified_labels(header, named, verified):
    assert find(header, **named).verified == verified


def test_find_columns__verified_labels_that_are_missing():
    with pytest.raises(InputError, match="expected a verified column, 'x'; found") as caught:
        find("image,label,verified_label", verified="x")
    assert caught.value.hint == "Name the right one with --verified-column."


def test_find_columns__annotators_that_are_no_text_are_passed_over_unless_named():
    header = "image,label,annotator,worker"
    readable = ["image", "label", "worker"]
    assert find(header, readable).annotator == "worker"
    assert find(header, ["image", "label"]).annotator is None
    assert find(header, readable, annotator="annotator").annotator == "annotator"


def test_find_columns__named_annotators_are_missing():
    with pytest.raises(InputError) as caught:
        find("image,label,annotator", annotator="who")
    assert caught.value.message == (
        "m.csv: expected an annotator column, 'who'; "
        "found the columns 'image', 'label', 'annotator'"
    )
    assert caught.value.hint == "Name the right one with --annotator-column."


@pytest.mark.parametrize(
    ("named", "message", "hint"),
    [
        (
            {"image": "label"},
            "expected an image column and a label column, found 'label' for both",
            "Name two columns with --image-column and --label-column.",
        ),
        (
            {"annotator": "image"},
            "expected an image column and an annotator column, found 'image' for both",
            "Name two columns with --image-column and --annotator-column.",
        ),
        (
            {"annotator": "label"},
            "expected a label column and an annotator column, found 'label' for both",
            "Name two columns with --label-column and --annotator-column.",
        ),
        (
            {"verified": "label"},
            "expected a label column and a verified column, found 'label' for both",
            "Name two columns with --label-column and --verified-column.",
        ),
    ],
)
def test_find_columns__one_column_for_two(named, message, hint):
    with pytest.raises(InputError) as caught:
        find("image,label", **named)
    assert (caught.value.message, caught.value.hint) == (f"m.csv: {message}", hint)


@pytest.mark.parametrize(
    ("header", "image", "label"),
    [
        ("Image,LABEL", "Image", "LABEL"),
        ("File Name,Class Name", "File Name", "Class Name"),
        ("file_name,labels", "file_name", "labels"),
        ("image_id,category_id", "image_id", "category_id"),
        ("filepath,target", "filepath", "target"),
        ("img,class_name", "img", "class_name"),
        # Of several known names the first of the list; one as written before another case.
        ("image_id,file_name,category_id,class_name", "file_name", "class_name"),
        ("image_id,FileName,category_id,Class-Name", "FileName", "Class-Name"),
        ("path,Image,category,Label", "Image", "Label"),
        ("IMAGE,image,label", "image", "label"),
        ("IMAGE,Image,label", "IMAGE", "label"),
    ],
)
def test_find_columns__names_in_any_case_and_other_usual_names(header, image, label):
    assert find(header) == ManifestColumns(image=image, label=label)


def test_find_columns__named_in_another_case():
    assert find("Photo,Kind", image="photo", label="KIND").label == "Kind"
    with pytest.raises(InputError, match="expected a label column, 'kind'; found the columns"):
        find("image,Kind,KIND", label="kind")


def test_find_columns__all_that_are_missing_in_one_error():
    with pytest.raises(InputError) as caught:
        find("photo,kind", annotator="who")
    assert caught.value.message == (
        "m.csv: expected an image column, one of 'image', 'path', 'file', 'filename', "
        "'image_path' and 8 more, and a label column, one of 'label', 'given_label', 'class', "
        "'category', 'labels' and 7 more, and an annotator column, 'who'; found the columns "
        "'photo', 'kind'"
    )
    assert caught.value.hint == (
        "Name them with --image-column and --label-column and --annotator-column; if the file "
        "has no header, name all in their order: --columns image,label."
    )
    with pytest.raises(InputError) as caught:
        find("1,2,3,4")
    assert caught.value.hint.endswith("--columns image,label,column_3,column_4.")
    with pytest.raises(InputError) as caught:
        find_columns(Path("m.json"), ["a"], ["a"], image=None, label=None, annotator=None)
    assert caught.value.hint == "Name them with --image-column and --label-column."
