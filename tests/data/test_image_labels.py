import datetime
import random
from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelfix.data import image_labels, names
from labelfix.data.image_labels import annotations_of, join, one_row_per_image
from labelfix.data.manifest import (
    Manifest,
    ManifestSource,
    load_manifest,
    manifest_from_names,
    read_manifest,
    save_manifest,
)
from labelfix.data.tables import CsvFormat


def named_rows(images, labels):
    table = pa.table({"image": images, "label": labels})
    return Manifest(
        table=table,
        image_column="image",
        label_column="label",
        source=ManifestSource(path="m.csv", sha256=""),
        images=images,
        given_labels=labels,
    )


def test_join__by_name_and_not_by_position():
    opened = named_rows(["a", "b", "c", "d"], ["x", "y", "z", "x"])
    found = image_labels.join(opened, ["d", "c", "b", "a"])
    assert found.class_names == ["x", "y", "z"]
    assert found.labels.tolist() == [0, 2, 1, 0]
    assert found.row_images.tolist() == [3, 2, 1, 0]
    assert found.row_labels.tolist() == [0, 1, 2, 0]
    assert {found.labels.dtype, found.row_images.dtype, found.row_labels.dtype} == {
        np.dtype(np.int64)
    }


def test_join__image_that_is_not_embedded():
    found = image_labels.join(named_rows(["a", "b", "c"], ["x", "y", "z"]), ["c", "a"])
    assert found.row_images.tolist() == [1, -1, 0]
    assert found.row_labels.tolist() == [0, 1, 2]
    assert found.labels.tolist() == [2, 0]
    assert found.class_names == ["x", "y", "z"]


def test_join__row_without_a_label_is_not_used():
    found = image_labels.join(named_rows(["a", "b", "b", "a"], ["x", "", "y", " "]), ["a", "b"])
    assert found.class_names == ["x", "y"]
    assert found.row_images.tolist() == [0, -1, 1, -1]
    assert found.row_labels.tolist() == [0, -1, 1, -1]
    assert found.labels.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("labels", "commonest"),
    [
        (["y", "x", "x"], "x"),
        (["y", "x"], "y"),  # equally common: the first row's
        (["x", "y"], "x"),
        (["z", "y", "x", "y", "x"], "y"),
        (["", "y", "", "x", "x"], "x"),
    ],
)
def test_join__rows_that_disagree(labels, commonest):
    images = ["other", *["a"] * len(labels), "other"]
    found = image_labels.join(named_rows(images, ["z", *labels, "z"]), ["a", "other"])
    assert [found.class_names[index] for index in found.labels] == [commonest, "z"]


def test_join__label_of_every_image_is_its_rows_commonest():
    draw = random.Random(0)
    for _ in range(100):
        rows = draw.randrange(1, 40)
        images = [f"{draw.randrange(8)}.png" for _ in range(rows)]
        labels = [draw.choice(["x", "y", "z", "w", ""]) for _ in range(rows)]
        embedded = sorted(set(images), key=lambda _: draw.random())
        found = image_labels.join(named_rows(images, labels), embedded)
        for image, label in zip(embedded, found.labels, strict=True):
            votes = Counter(
                text for name, text in zip(images, labels, strict=True) if name == image and text
            )  # most_common keeps the order of first rows among equals
            expected = found.class_names.index(votes.most_common(1)[0][0]) if votes else -1
            assert label == expected


def test_join__no_rows_are_used():
    found = image_labels.join(named_rows(["a", "b"], ["x", "y"]), ["c"])
    assert found.labels.tolist() == [-1]
    assert found.row_images.tolist() == [-1, -1]


@pytest.fixture
def opened(tmp_path):
    """Read a manifest of text or of columns as the stages do, through the workspace."""

    def read(content, **columns):
        path = tmp_path / ("m.csv" if isinstance(content, str) else "m.parquet")
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            pq.write_table(content if isinstance(content, pa.Table) else pa.table(content), path)
        return again(tmp_path, read_manifest(path, CsvFormat(), **columns))

    return read


def again(folder, manifest):
    """The manifest as it comes back from the workspace: its lists are read from its table."""
    save_manifest(folder / "kept.parquet", manifest)
    return load_manifest(folder / "kept.parquet")


def listing(images, labels, annotators):
    table = pa.table({"image": images, "label": labels, "worker": annotators})
    source = ManifestSource(path="m.csv", sha256="")
    return Manifest(
        table=table,
        image_column="image",
        label_column="label",
        source=source,
        images=images,
        given_labels=labels,
        annotator_column="worker",
        annotators=annotators,
    )


# --- each annotation -----------------------------------------------------------------------------


def test_annotations_of__by_name_and_not_by_position(opened):
    manifest = opened(
        "image,label,worker\na,x,q\nb,y,p\na,y,p\nc,z,r\na,x,q\n"  # a has one label twice by q
    )
    found = annotations_of(manifest, ["c", "a", "b"], ["x", "y", "z"])
    assert found.images.tolist() == [1, 2, 1, 0, 1]
    assert found.labels.tolist() == [0, 1, 1, 2, 0]
    assert found.names == ["p", "q", "r"]
    assert found.annotators.tolist() == [1, 0, 0, 2, 1]
    assert {found.images.dtype, found.labels.dtype, found.annotators.dtype} == {np.dtype(np.int64)}


def test_annotations_of__rows_that_are_not_used(opened):
    """Images that are not embedded, rows without a label, classes that are not asked for."""
    manifest = opened("image,label,worker\na,x,p\nno,x,gone\na,,q\na, ,q\nb,w,s\nb,y,r\n")
    found = annotations_of(manifest, ["b", "a"], ["x", "y"])
    assert found.images.tolist() == [1, 0]
    assert found.labels.tolist() == [0, 1]
    assert found.names == ["p", "r"]  # nobody of whom no label is left
    assert found.annotators.tolist() == [0, 1]


def test_annotations_of__nobody_is_named(opened):
    manifest = opened("image,label,worker\na,x,p\na,y,\nb,y, \nb,x, p\n")
    found = annotations_of(manifest, ["a", "b"], ["x", "y"])
    assert found.names == ["", " p", "p"]
    assert found.annotators.tolist() == [2, 0, 0, 1]


def test_annotations_of__numbers_are_names(opened):
    manifest = opened({"image": list("aab"), "label": [0, 1, 1], "worker": [9, 10, None]})
    found = annotations_of(manifest, ["a", "b"], ["0", "1"])
    assert found.names == ["", "10", "9"]
    assert found.annotators.tolist() == [2, 1, 0]


def test_annotations_of__no_annotator_column(opened, tmp_path):
    assert annotations_of(opened("image,label\na,x\na,y\n"), ["a"], ["x", "y"]) is None
    folders = manifest_from_names(["x/a", "y/b"], ["x", "y"], tmp_path)
    assert annotations_of(folders, ["x/a"], ["x", "y"]) is None


def test_annotations_of__no_row_is_used(opened):
    found = annotations_of(opened("image,label,worker\na,x,p\n"), [], ["x"])
    assert (found.images.tolist(), found.annotators.tolist(), found.names) == ([], [], [])
    assert found.annotators.dtype == np.int64


# --- one row for each image ----------------------------------------------------------------------


def test_one_row_per_image__every_column(opened, tmp_path):
    manifest = opened(
        "note,worker,image,label,score\n"
        "first,q,b,x,1\n"
        "second,p,a,y,2\n"
        "third,p,b,y,3\n"
        "fourth,r,b,y,4\n"
        "fifth,p,c,z,5\n"
    )
    joined = one_row_per_image(manifest)
    assert joined.table.to_pydict() == {
        "note": ["first", "second", "fifth"],
        "worker": ["q|p|r", "p", "p"],
        "image": ["b", "a", "c"],
        "label": ["y", "y", "z"],
        "score": ["1", "2", "5"],
    }
    assert joined.images == ["b", "a", "c"]
    assert joined.given_labels == ["y", "y", "z"]
    assert joined.annotators == ["q|p|r", "p", "p"]
    assert joined.source == manifest.source
    assert again(tmp_path, joined) == joined


@pytest.mark.parametrize(
    ("labels", "label"),
    [
        (["y", "x", "x"], "x"),
        (["y", "x"], "y"),  # equally common: the first row's
        (["z", "y", "x", "y", "x"], "y"),
        (["", "y", " ", "x", "x"], "x"),
        (["", "x", "", ""], "x"),  # what is empty does not count
        (["", "y", "x"], "y"),
        ([" ", ""], " "),  # as it stands in the first row
    ],
)
def test_one_row_per_image__commonest_label(labels, label):
    images = ["other", *["a"] * len(labels), "other"]
    joined = one_row_per_image(listing(images, ["z", *labels, "z"], ["p"] * len(images)))
    assert joined.given_labels == ["z", label]
    assert joined.table["label"].to_pylist() == ["z", label]


@pytest.mark.parametrize(
    ("annotators", "cell"),
    [
        (["q", "p"], "q|p"),
        (["p", "p"], "p"),
        (["q", "p", "q"], "q|p"),
        (["", "p"], "p"),
        (["p", "", "q"], "p|q"),
        (["", ""], ""),
        ([" ", ""], " "),
        (["q|p", "p"], "q|p|p"),
    ],
)
def test_one_row_per_image__annotators_in_row_order(annotators, cell):
    images = [*["a"] * len(annotators), "b"]
    joined = one_row_per_image(listing(images, ["x"] * len(images), [*annotators, "z"]))
    assert joined.annotators == [cell, "z"]
    assert joined.table["worker"].to_pylist() == [cell, "z"]


@pytest.mark.parametrize(
    "content",
    ["image,label\na,x\na,y\n", "image,label,worker\na,x,p\nb,y,p\n"],
    ids=["no annotators", "one row each"],
)
def test_one_row_per_image__nothing_to_join(opened, content):
    manifest = opened(content)
    assert one_row_per_image(manifest) is manifest


LONG = "a text that is longer than a view holds"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (pa.array(["NA", "007", "007", None]), ["007", None]),
        (pa.array(["x", LONG, LONG, None], pa.large_string()), [LONG, None]),
        (pa.array(["x", LONG, LONG, None], pa.string_view()), [LONG, None]),
        (pa.array(["x", "y", "y", None]).dictionary_encode(), ["y", None]),
        (pa.array([5, 7, 7, None], pa.uint8()), [7, None]),
        (pa.array([1.0, 2.5, 2.5, float("nan")]), [2.5, float("nan")]),
        (pa.array([False, True, True, None]), [True, None]),
        (
            pa.array([datetime.date(2026, 1, 1), *[datetime.date(2026, 1, 2)] * 2, None]),
            [datetime.date(2026, 1, 2), None],
        ),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_one_row_per_image__labels_keep_their_type(opened, tmp_path, labels, expected):
    manifest = opened({"image": list("aaab"), "label": labels, "worker": list("pqrs")})
    joined = one_row_per_image(manifest)
    assert joined.table.schema.field("label").type == labels.type
    assert str(joined.table["label"].to_pylist()) == str(expected)  # NaN is not itself
    assert joined.given_labels == [manifest.given_labels[1], ""]
    assert again(tmp_path, joined).given_labels == joined.given_labels


@pytest.mark.parametrize(
    ("annotators", "cells", "kind"),
    [
        (pa.array(["p", "q", None, ""]), ["p|q", None, ""], pa.string()),
        (pa.array(["p", LONG, None, ""], pa.large_string()), [f"p|{LONG}", None, ""], None),
        (pa.array(["p", LONG, None, ""], pa.string_view()), [f"p|{LONG}", None, ""], None),
        (pa.array(["p", "q", None, ""]).dictionary_encode(), ["p|q", None, ""], pa.string()),
        (pa.array([1, 2, None, 3]), ["1|2", None, "3"], pa.string()),
        (pa.array([1.0, 2.0, float("nan"), 3.0]), ["1|2", None, "3"], pa.string()),
        (pa.array([None, "q", None, "p"]), ["q", None, "p"], pa.string()),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_one_row_per_image__annotators_of_any_type(opened, tmp_path, annotators, cells, kind):
    manifest = opened({"image": list("aabc"), "label": list("xyxy"), "worker": annotators})
    joined = one_row_per_image(manifest)
    assert joined.table["worker"].to_pylist() == cells
    assert joined.table.schema.field("worker").type == (kind or annotators.type)
    assert joined.annotators == [cell or "" for cell in cells]
    assert again(tmp_path, joined).annotators == joined.annotators


@pytest.mark.parametrize(
    "annotators",
    [pa.array([1, 1, None]), pa.array(["p", "p", None]).dictionary_encode()],
    ids=lambda value: str(value.type),
)
def test_one_row_per_image__annotators_that_do_not_differ_keep_their_type(opened, annotators):
    manifest = opened({"image": list("aab"), "label": list("xyx"), "worker": annotators})
    joined = one_row_per_image(manifest)
    assert joined.table["worker"].type == annotators.type
    assert joined.table["worker"].to_pylist() == annotators[1:].to_pylist()


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())],
)
def test_one_row_per_image__images_of_any_type(opened, tmp_path, kind):
    texts = ["bytes:caf%E9.png", LONG, "bytes:caf%E9.png", LONG]
    manifest = opened(
        {"image": pa.array(texts, kind), "label": list("xyxy"), "worker": list("pqrs")}
    )
    joined = one_row_per_image(manifest)
    assert joined.table["image"].to_pylist() == texts[:2]
    assert joined.table["image"].type == kind
    assert joined.images == ["caf\udce9.png", LONG] == [names.from_text(text) for text in texts[:2]]
    assert again(tmp_path, joined) == joined


def test_one_row_per_image__integers_are_images_too(opened, tmp_path):
    manifest = opened({"image": [12, 7, 12], "label": list("xyy"), "worker": list("pqr")})
    joined = one_row_per_image(manifest)
    assert (joined.images, joined.table["image"].to_pylist()) == (["12", "7"], [12, 7])


def test_one_row_per_image__other_columns_and_metadata_stay(opened):
    table = pa.table(
        {
            "image": ["a", "b", "a"],
            "label": ["x", "y", "y"],
            "worker": ["p", "q", "r"],
            "boxes": pa.array([[["u"]], None, []], pa.list_(pa.list_(pa.string_view()))),
            "when": pa.array([0, None, 1], pa.timestamp("ns", "UTC")),
            "thumb": [b"\xff", None, b""],
        }
    )
    described = pa.schema(
        [field.with_metadata({"of": field.name}) for field in table.schema], {"origin": "a person"}
    )
    joined = one_row_per_image(opened(table.cast(described)))
    others = ["boxes", "when", "thumb"]
    assert joined.table.select(others).to_pydict() == table.select(others)[:2].to_pydict()
    assert joined.table.schema.types == table.schema.types
    assert joined.table.schema.metadata == {b"origin": b"a person"}
    assert joined.table.schema.field("worker").metadata[b"of"] == b"worker"


def test_one_row_per_image__pandas_reads_it(opened):
    frame = pd.DataFrame(
        {"image": ["a", "b", "a"], "label": pd.Categorical(list("xyx")), "worker": [1, 2, 3]}
    )
    joined = one_row_per_image(opened(pa.Table.from_pandas(frame))).table.to_pandas()
    assert joined.index.tolist() == [0, 1]
    assert joined["worker"].tolist() == ["1|3", "2"]
    assert joined["label"].cat.categories.tolist() == ["x", "y"]


def test_one_row_per_image__agrees_with_the_labels_that_are_joined(tmp_path):
    draw = random.Random(0)
    for _ in range(50):
        rows = draw.randrange(2, 40)
        images = [f"{draw.randrange(8)}.png" for _ in range(rows)]
        labels = [draw.choice(["x", "y", "z", ""]) for _ in range(rows)]
        annotators = [draw.choice(["p", "q", ""]) for _ in range(rows)]
        manifest = listing(images, labels, annotators)
        joined = one_row_per_image(manifest)
        assert joined.images == manifest.unique_images()
        whole = join(manifest, joined.images)
        given = [whole.class_names[index] if index >= 0 else "" for index in whole.labels]
        assert joined.given_labels == given
        assert again(tmp_path, joined) == joined
        # Each annotation counts once, in both ways.
        found = annotations_of(manifest, joined.images, whole.class_names)
        pairs = Counter(zip(found.images.tolist(), found.labels.tolist(), strict=True))
        expected = Counter(
            (joined.images.index(image), whole.class_names.index(label))
            for image, label in zip(images, labels, strict=True)
            if label
        )
        assert pairs == expected
