import math

import pytest

from labelfix.data.share_text import estimate, exact_percent, interval, percent, share_with_interval
from labelfix.data.shares import WrongShare, share_as_json, share_from_json


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "0.0 %"),
        (1.0, "100.0 %"),
        (0.041, "4.1 %"),
        (0.1234, "12.3 %"),
        (0.0002, "under 0.1 %"),
        (0.001, "0.1 %"),
        (0.99999, "over 99.9 %"),
        (0.9995, "over 99.9 %"),
        (0.9994, "99.9 %"),
        (math.nan, ""),
    ],
)
def test_percent__never_says_all_or_nothing_of_nearly_so(share, shown):
    assert percent(share) == shown


def test_percent__decimals():
    assert percent(0.5, 0) == "50 %"
    assert percent(0.020004, 4) == "2.0004 %"
    assert percent(0.00004, 2) == "under 0.01 %"


@pytest.mark.parametrize("share", [0.12349999, 0.123500049, 0.0005, 0.19837051, 0.9994999])
def test_percent__is_that_of_the_share_in_json(share):
    wrong = WrongShare(rows=10, share=share, low=0.0, high=1.0)
    assert percent(share_from_json(share_as_json(wrong)).share) == percent(share)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.02, "2 %"), (0.0025, "0.25 %"), (0.29, "29 %"), (1.0, "100 %"), (0.0, "0 %")],
)
def test_exact_percent(share, expected):
    assert exact_percent(share) == expected


def test_estimate__share_interval_and_rows():
    wrong = WrongShare(rows=1797, share=0.198371, low=0.0002, high=0.206735)
    assert interval(wrong.low, wrong.high) == "under 0.1 % to 20.7 %"
    assert share_with_interval(wrong) == "19.8 % (95 % interval under 0.1 % to 20.7 %)"
    assert estimate(wrong) == (
        "Estimated share of wrong labels: 19.8 % (95 % interval under 0.1 % to 20.7 %), "
        "from 1,797 rows"
    )
    assert estimate(WrongShare(rows=1, share=1.0, low=0.0, high=1.0)).endswith("from 1 row")
