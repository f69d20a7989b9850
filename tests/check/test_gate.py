"""From a batch to the verdict."""

from datetime import date

import pytest

from labelfix.check.baseline import Baseline
from labelfix.check.gate import Gate, pass_through
from labelfix.check.verdict import LabelCounts
from labelfix.errors import InputError
from labelfix.options.rule_options import RuleOptions
from labelfix.options.threshold_options import Thresholds

TODAY = date(2030, 1, 31)


@pytest.fixture
def batch(make_batch, tmp_path):
    (tmp_path / "c.png").touch()
    return make_batch(
        [
            {"image": "a.png"},
            {"image": "b.png", "suggested": "dog", "self_confidence": 0.1},
            {"image": "c.png", "has_image": False, "reason": "is empty"},
            {"image": "d.png", "label": ""},
        ],
        folder=tmp_path,
    )


def test_pass_through__counts_what_was_checked(batch):
    verdict = pass_through(batch, Gate(today=TODAY), "images").verdict
    assert (verdict.rows, verdict.rows_checked) == (4, 2)
    assert verdict.folder == "images"
    assert not verdict.passed
    assert {"wrong-label", "missing-label"} <= set(verdict.counts)


def test_pass_through__baseline_knows_all(batch):
    first = pass_through(batch, Gate(today=TODAY), "images")
    known = Baseline().updated(first.findings, first.rules, "seen")
    again = pass_through(batch, Gate(baseline=known, today=TODAY), "images")
    assert again.verdict.passed
    assert again.verdict.findings == ()
    assert again.verdict.known == len(first.findings) > 0
    assert again.findings == first.findings


def test_pass_through__rows_for_review_without_accepted_ones(make_batch):
    doubt = {"suggested": "dog", "action": "review", "self_confidence": 0.3}
    batch = make_batch([{"image": "a.png", **doubt}, {"image": "b.png", **doubt}])
    first = pass_through(batch, Gate(today=TODAY), "images")
    assert first.verdict.labels == LabelCounts(wrong=2, doubtful=0, for_review=2)
    doubted = [one for one in first.findings if one.rule == "wrong-label"]
    known = Baseline().updated(doubted[:1], first.rules, "seen")
    again = pass_through(batch, Gate(baseline=known, today=TODAY), "images")
    assert again.verdict.labels == LabelCounts(wrong=1, doubtful=0, for_review=1)


def test_pass_through__threshold(batch):
    rules = RuleOptions(select=frozenset({"wrong-label"}))
    for most, passes in ((0, False), (1, True)):
        gate = Gate(rules=rules, thresholds=Thresholds(max_findings=most), today=TODAY)
        assert pass_through(batch, gate, "images").verdict.passed is passes


def test_pass_through__nothing_could_be_checked(make_batch):
    batch = make_batch([{"image": "a.png", "has_image": False}, {"image": "b.png", "label": ""}])
    with pytest.raises(InputError, match="found none of 2 with both a label and an image"):
        pass_through(batch, Gate(today=TODAY), "images")


def test_pass_through__rules_that_were_looked_at(batch):
    """Nothing is known of splits or annotators here, and there is no reference."""
    chosen = frozenset({"unreadable", "off-topic", "split-leak", "unknown-label"})
    rules = RuleOptions(select=chosen, ignore=frozenset({"off-topic"}))
    assert pass_through(batch, Gate(rules=rules, today=TODAY), "images").rules == {"unreadable"}
