"""Which split a row or an image is of."""

import numpy as np
import pytest

from labelfix.data.manifest import read_manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError
from labelfix.judging.splits import splits_of_images, splits_of_rows


@pytest.fixture
def manifest_of(tmp_path):
    def read(header, *rows):
        path = tmp_path / "manifest.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return read_manifest(path, CsvFormat())

    return read


@pytest.mark.parametrize(
    ("header", "column", "expected"),
    [
        ("image,label,split", None, ["train", "test"]),
        ("image,label,subset", None, ["train", "test"]),
        ("image,label,part", None, None),
        ("image,label,part", "part", ["train", "test"]),
    ],
)
def test_of_rows(manifest_of, header, column, expected):
    assert splits_of_rows(manifest_of(header, "a,x,train", "b,y, test "), column) == expected


def test_of_rows__no_such_column(manifest_of):
    with pytest.raises(InputError, match="expected a column 'part', found the columns 'image'"):
        splits_of_rows(manifest_of("image,label", "a,x"), "part")


@pytest.mark.parametrize(("column", "kind"), [("image", "image"), ("label", "label")])
def test_of_rows__column_of_something_else(manifest_of, column, kind):
    with pytest.raises(InputError, match=f"which is the {kind} column"):
        splits_of_rows(manifest_of("image,label", "a,x"), column)


def test_of_images__that_of_the_first_row():
    rows = np.array([1, 0, 1, -1])
    assert splits_of_images(["test", "train", "train", "val"], rows, 3) == ["train", "test", ""]
    assert splits_of_images(None, rows, 3) is None
