import pyarrow as pa
import pytest

from labelfix.data import names
from labelfix.data.manifest import Manifest, ManifestSource
from labelfix.data.manifest_notes import notes_of


def make(labels, images=None, annotators=None):
    """A manifest of some labels, without a file."""
    images = images or [f"{row}.png" for row in range(len(labels))]
    columns = {"image": [names.to_text(image) for image in images], "label": labels}
    if annotators is not None:
        columns["worker"] = annotators
    column = None if annotators is None else "worker"
    source = ManifestSource(path="m.csv", sha256="0" * 64)
    return Manifest(
        table=pa.table(columns),
        image_column="image",
        label_column="label",
        source=source,
        images=images,
        given_labels=labels,
        annotator_column=column,
        annotators=annotators,
    )


@pytest.mark.parametrize(
    ("labels", "images", "notes"),
    [
        (["x", "x", "y", "y"], None, []),
        (
            ["x", "x", "y", ""],
            None,
            ["1 class has a single row; such a label is never changed: 'y'"],
        ),
        (
            ["x", "z", "y"],
            None,
            ["3 classes have a single row; such a label is never changed: 'x', 'y', 'z'"],
        ),
        (
            [*"abcdefg", "x", "x"],
            None,
            [
                "7 classes have a single row; such a label is never changed: "
                "'a', 'b', 'c', 'd', 'e' and 2 more"
            ],
        ),
        (
            ["Cat", "Cat", "cat", "cat", " cat ", " cat ", "y", "y"],
            None,
            [],
        ),
        (
            ["a  b", "a  b", "a b", "a b", "ab", "ab"],
            None,
            [],
        ),
        (
            ["icy-hot", "icy-hot", "icy_hot", "icy_hot"],
            None,
            [],
        ),
        (["x", "x", "X", "X", "car", "car", "cat", "cat"], None, []),
        (["Maß", "Maß", "MASS", "MASS"], None, []),
        (
            ["x", "x", "y", "y"],
            ["1", "1", "2", "3"],
            ["1 image is in several rows with the same label: '1'"],
        ),
        (
            ["x", "y", "x", "y", "x"],
            ["1", "1", "\udcff", "\udcff", "3"],
            ["2 images are in several rows with different labels: '1', 'bytes:%FF'"],
        ),
        (
            ["x", "x", "y", "y", "", "x"],
            ["1", "1", "2", "2", "3", "3"],
            [
                "2 images are in several rows with the same label: '1', '2'",
                "1 image is in several rows with different labels: '3'",
            ],
        ),
    ],
)  # fmt: skip
def test_notes_of__a_line_for_each_kind(labels, images, notes):
    assert notes_of(make(labels, images)) == notes


SINGLE = "1 class has a single row; such a label is never changed: 'z'"


@pytest.mark.parametrize(
    ("labels", "images", "annotators", "notes"),
    [
        # One row each: nothing to say, whoever gave the labels.
        ("xxyy", "1234", "pqpq", []),
        ("xxyy", "1123", "pqpp", ["1 image has several annotations, by 2 annotators"]),
        ("xyxy", "1122", "pqpq", ["2 images have several annotations, by 2 annotators"]),
        # Only who annotated these images counts.
        ("xyxyxy", "112234", "pqprst", ["2 images have several annotations, by 3 annotators"]),
        ("xyxy", "1123", "ppqr", ["1 image has several annotations, by 1 annotator"]),
        # A row without a label is no annotation; who is not named is no annotator.
        ("xyyx ", "11223", "pqp  ", ["2 images have several annotations, by 2 annotators"]),
        ("x xyy", "11234", "pqrst", []),
        ("xxyy", "1122", "    ", ["2 images have several annotations, by unknown annotators"]),
        ("xxyyz", "11223", "pqpqp", [SINGLE, "2 images have several annotations, by 2 annotators"]),
    ],
)
def test_notes_of__several_annotators_are_no_mistake(labels, images, annotators, notes):
    opened = make(list(labels), list(images), [name.strip() for name in annotators])
    assert notes_of(opened) == notes
