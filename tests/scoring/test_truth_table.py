import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelfix.data.manifest import manifest_from_names
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError
from labelfix.scoring.truth_table import Truth, read_truth


@pytest.fixture
def manifest(tmp_path):
    return manifest_from_names(["a.png", "b.png"], ["0", "1"], tmp_path)


@pytest.mark.parametrize("column", ["true_label", "label"])
def test_read_truth__from_either_column(tmp_path, manifest, column):
    path = tmp_path / "truth.csv"
    path.write_text(f"image,{column}\na.png,007\nb.png,\nc.png,NA\n", encoding="utf-8")
    truth = read_truth(path, CsvFormat(), manifest)
    assert truth == Truth(str(path), {"a.png": "007", "c.png": "NA"})


def test_read_truth__true_label_before_label(tmp_path, manifest):
    path = tmp_path / "truth.csv"
    path.write_text("image,label,true_label\na.png,0,5\n", encoding="utf-8")
    assert read_truth(path, CsvFormat(), manifest).labels == {"a.png": "5"}


def test_read_truth__from_parquet_with_numbers(tmp_path, manifest):
    path = tmp_path / "truth.parquet"
    pq.write_table(pa.table({"image": ["a.png"], "true_label": [3]}), path)
    assert read_truth(path, CsvFormat(), manifest).labels == {"a.png": "3"}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("image,right\na.png,0\n", "true labels in a column 'true_label' or 'label'.*'right'"),
        ("image,given_label\na.png,0\n", "true labels in a column"),
        ("image,label\nz.png,0\n", "the images of .*'a.png'.*'z.png'"),
        ("image,label\na.png,0\na.png,1\n", "row 2: expected one true label of 'a.png'"),
        ("image,label\n", "expected rows"),
    ],
)
def test_read_truth__that_is_not_usable(tmp_path, manifest, text, match):
    path = tmp_path / "truth.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=match):
        read_truth(path, CsvFormat(), manifest)


def test_read_truth__from_a_named_column(tmp_path, manifest):
    path = tmp_path / "truth.csv"
    path.write_text("image,label,clean\na.png,0,7\n", encoding="utf-8")
    assert read_truth(path, CsvFormat(), manifest, truth_column="clean").labels == {"a.png": "7"}
    with pytest.raises(InputError, match="expected a column 'right', found the columns 'image'"):
        read_truth(path, CsvFormat(), manifest, truth_column="right")
