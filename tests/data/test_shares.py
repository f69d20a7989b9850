"""Shares of wrong labels as values and as JSON."""

import json

import pytest

from labelfix.data.shares import AnnotatorQuality, WrongShare, share_as_json, share_from_json

SHARE = WrongShare(rows=40, share=0.25, low=0.125, high=0.5)


def test_share_as_json__numbers_have_six_decimals():
    found = share_as_json(WrongShare(rows=3, share=1 / 3, low=0.0, high=2 / 3))
    assert found == {"rows": 3, "share": 0.333333, "low": 0.0, "high": 0.666667}
    assert isinstance(found["rows"], int)


def test_share_from_json__gives_back_what_was_written():
    assert share_from_json(json.loads(json.dumps(share_as_json(SHARE)))) == SHARE


def test_annotator_quality__right_is_what_is_not_wrong():
    """The ends of the interval change places."""
    quality = AnnotatorQuality.from_wrong("ann", SHARE)
    assert quality == AnnotatorQuality(name="ann", labels=40, right_share=0.75, low=0.5, high=0.875)
    assert quality.wrong == SHARE


def test_annotator_quality__wrong_of_a_third():
    wrong = AnnotatorQuality.from_wrong(
        "ann", WrongShare(rows=3, share=1 / 3, low=0.1, high=0.9)
    ).wrong
    assert (wrong.rows, wrong.share) == (3, pytest.approx(1 / 3))
    assert (wrong.low, wrong.high) == (pytest.approx(0.1), pytest.approx(0.9))
