import numpy as np
import pytest

from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError
from labelfix.scoring.corrected_file import check_spelling, read_corrected
from labelfix.scoring.truth_table import Truth

HEADER = "image,label,given_label,suggested_label,confidence,self_confidence,review_rank"


@pytest.fixture
def corrected(tmp_path):
    def write(*rows, header=HEADER, name="fixed.csv"):
        path = tmp_path / name
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    return write


def test_rows__as_labelfix_writes_them(corrected):
    path = corrected("a.png,x,y,x,0.9,0.1,", "b.png,y,y,x,0.4,0.4,2", "c.png,y,y,,,,")
    rows = read_corrected(path, CsvFormat()).rows(Truth("t", {"a.png": "x"}))
    assert rows.label.tolist() == ["x", "y", "y"]
    assert rows.given_label.tolist() == ["y", "y", "y"]
    assert rows.true_label.tolist() == ["x", "", ""]
    assert np.array_equal(rows.confidence, [0.9, 0.4, np.nan], equal_nan=True)
    assert np.array_equal(rows.self_confidence, [0.1, 0.4, np.nan], equal_nan=True)
    assert rows.review_rank.tolist() == [0, 2, 0]


def test_rows__ours_are_the_columns_with_the_prefix(corrected):
    header = f"{HEADER.replace('review_rank', 'review_rank,labelfix_confidence')}"
    path = corrected("a.png,x,y,x,mine,0.1,,0.9", header=header)
    rows = read_corrected(path, CsvFormat()).rows(Truth("t", {}))
    assert rows.confidence.tolist() == [0.9]


@pytest.mark.parametrize(
    ("row", "match"),
    [
        ("a.png,x,y,x,much,0.1,", "row 1, column 'confidence': expected a number, found 'much'"),
        ("a.png,x,y,x,0.9,1.5,", "row 1, column 'self_confidence': expected 0 to 1, found '1.5'"),
        ("a.png,x,y,x,0.9,0.5,1st", "column 'review_rank': expected a number, found '1st'"),
    ],
)
def test_rows__with_values_that_labelfix_does_not_write(corrected, row, match):
    with pytest.raises(InputError, match=match):
        read_corrected(corrected(row), CsvFormat()).rows(Truth("t", {}))


def test_read_corrected__of_another_table(corrected):
    with pytest.raises(
        InputError, match=r"that labelfix has corrected.*called 'given_label', 'conf"
    ):
        read_corrected(corrected("a.png,x", header="image,label"), CsvFormat())
    with pytest.raises(
        InputError, match=r"expected one of \.csv, \.tsv, \.parquet, found JSON lines"
    ):
        read_corrected(corrected("{}", name="fixed.jsonl"), CsvFormat())


def test_chosen__rows_that_meet_all_conditions(corrected):
    path = corrected("a.png,x,y,x,1,1,", "b.png,x,x,x,1,1,", "c.png,y,y,x,1,1,")
    table = read_corrected(path, CsvFormat())
    assert table.chosen(["label=x", "given_label=y"]).tolist() == [True, False, False]
    assert table.chosen([]).all()
    with pytest.raises(InputError, match="expected COLUMN=VALUE, found 'label'"):
        table.chosen(["label"])
    with pytest.raises(InputError, match="expected rows with label=z, found none"):
        table.chosen(["label=z"])
    with pytest.raises(InputError, match="expected a column 'split'"):
        table.chosen(["split=test"])


def test_check_spelling__of_other_words(corrected):
    table = read_corrected(corrected("a.png,cat,dog,cat,1,1,"), CsvFormat())
    truth = Truth("t.csv", {"a.png": "Cat"})
    with pytest.raises(InputError, match=r"t.csv: expected .* 'cat', 'dog', found 'Cat'"):
        check_spelling(table.rows(truth), truth, "fixed.csv")
    right = Truth("t.csv", {"a.png": "dog"})
    check_spelling(table.rows(right), right, "fixed.csv")
