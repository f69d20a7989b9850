import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelfix.check.finding import Finding
from labelfix.data.manifest import manifest_from_names
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError
from labelfix.report.truth import Truth, against_truth, read_truth


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


def test_against_truth__by_hand(tmp_path, make_batch, wrong_labels):
    # rows: wrong and mended; wrong and overlooked; right and kept; right but changed; not known
    batch = make_batch(tmp_path, list("ababa"), list("bbaaa"), confidence=[0.9, 0.6, 1, 0.8, 0.7])
    truth = Truth("t", {"0.png": "b", "1.png": "a", "2.png": "a", "3.png": "b"})
    figures = against_truth(batch, wrong_labels(batch), truth)
    assert (figures.rows, figures.wrong) == (4, 2)
    assert (figures.right_before, figures.right_after) == (0.5, 0.5)
    assert (figures.named, figures.found) == (2, 1)
    assert sum(part.rows for part in figures.bins) == 4
    # |0.9 - 1|, |0.6 - 0|, |1 - 1| and |0.8 - 0|; 0.9 and 1 are of one part: |0.95 - 1| twice
    assert figures.calibration_error == pytest.approx((2 * 0.05 + 0.6 + 0.8) / 4)


def test_against_truth__rows_without_labels_do_not_count(tmp_path, make_batch):
    batch = make_batch(tmp_path, ["a", "b"])
    assert against_truth(batch, [], Truth("t", {"x.png": "a"})) is None
    figures = against_truth(
        batch, [Finding("wrong-label", "error", "", "1.png", 2)], Truth("t", {"0.png": "a"})
    )
    assert (figures.rows, figures.named, figures.right_before) == (1, 0, 1.0)
    assert np.isclose(figures.calibration_error, 0.1)
