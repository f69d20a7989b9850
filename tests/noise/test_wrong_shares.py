"""The share of wrong labels and its interval, by hand."""

import numpy as np
import pytest

from labelfix.noise.audits import Discrepancy
from labelfix.noise.wrong_shares import LEAST_SPREAD, NORMAL_95, WrongShares

KNOWN = Discrepancy(0.0, 0.0)
"""Nothing that all hypotheses share is unknown."""


def finished(*batches, classes=2, weights=(1.0,), discrepancy=KNOWN):
    shares = WrongShares(classes, np.array(weights), discrepancy)
    for given, right in batches:
        shares.add(np.array(given), np.array(right, dtype=np.float64))
    return shares.finish()


def reach(variance):
    return NORMAL_95 * np.sqrt(variance + LEAST_SPREAD**2)


def test_finish__which_labels_are_wrong_is_not_known():
    """100 labels of 1/2: a variance of 25 labels, a standard deviation of 5 % of them."""
    one, other, overall = finished(([0] * 100, [[0.5] * 100]))
    assert (one.rows, one.share) == (100, 0.5)
    assert one.high - one.share == one.share - one.low == pytest.approx(reach(0.05**2))
    assert overall == one
    assert (other.rows, other.share, other.low) == (0, 0, 0)


def test_finish__hypotheses_disagree():
    """Shares of 0.1 and 0.5 at weights of 3/4 and 1/4: a mean of 0.2, a variance of 0.03."""
    right = np.array([[0.9] * 10_000, [0.5] * 10_000])
    one, _, _ = finished(([0] * 10_000, right), weights=(0.75, 0.25))
    assert one.share == pytest.approx(0.2)
    assert one.low == 0
    assert one.high == pytest.approx(0.2 + reach(0.03 + 0.16 / 10_000))


def test_finish__discrepancy_is_unknown():
    """A logit that may be off by 0.6 moves a share of 0.2 by 0.6 * 0.16."""
    one, _, _ = finished(([0] * 400, [[0.8] * 400]), discrepancy=Discrepancy(0.0, 0.6))
    assert one.share == pytest.approx(0.2)
    assert one.high == pytest.approx(0.2 + reach(0.096**2 + 0.16 / 400))


def test_finish__discrepancy_is_known():
    """Odds of 1/4 times 2 are 1/2."""
    one, _, overall = finished(([0] * 400, [[0.8] * 400]), discrepancy=Discrepancy(np.log(2), 0))
    assert one.share == overall.share == pytest.approx(1 / 3)


def test_finish__of_each_class_and_of_all():
    shares = finished(([0, 1, 1], [[0.9, 0.6, 0.4]]), ([1, 2], [[0.5, 1.0]]), classes=3)
    assert [one.rows for one in shares] == [1, 3, 1, 5]
    assert [one.share for one in shares] == pytest.approx([0.1, 0.5, 0, 0.32], abs=2e-4)


def test_finish__batches_are_as_all_at_once():
    random = np.random.default_rng(0)
    given, right = random.integers(0, 3, 90), random.random((2, 90))
    parts = [(given[start : start + 40], right[:, start : start + 40]) for start in (0, 40, 80)]
    apart = finished(*parts, classes=3, weights=(0.3, 0.7), discrepancy=Discrepancy())
    once = finished((given, right), classes=3, weights=(0.3, 0.7), discrepancy=Discrepancy())
    for found, expected in zip(apart, once, strict=True):
        assert found.rows == expected.rows
        assert (found.share, found.low) == pytest.approx((expected.share, expected.low))
        assert found.high == pytest.approx(expected.high)


def test_finish__interval_stays_a_share():
    low, high, _ = finished(([0] * 10 + [1] * 10, [[0.99] * 10 + [0.01] * 10]))
    assert low.low == 0 < low.share < low.high
    assert high.low < high.share < 1 == high.high


def test_finish__nothing_is_surer_than_its_least_spread():
    one, _, _ = finished(([0] * 100_000, [[1.0] * 100_000]))
    assert one.share == pytest.approx(0, abs=2e-4)
    assert one.high == pytest.approx(NORMAL_95 * LEAST_SPREAD, rel=0.1)


def test_add_known__is_certain_under_every_hypothesis():
    """30 of 100 wrong for certain: only the least spread remains."""
    shares = WrongShares(2, np.array([0.5, 0.5]), Discrepancy(1.0, 0.6))
    shares.add_known(np.array([0] * 100), np.array([True] * 30 + [False] * 70))
    one, other, overall = shares.finish()
    assert (one.rows, one.share) == (100, 0.3)
    assert one.high - one.share == pytest.approx(NORMAL_95 * LEAST_SPREAD)
    assert overall == one
    assert other.rows == 0


def test_add_known__beside_rows_that_are_not():
    """100 labels known right halve what is unknown of 100 others."""
    shares = WrongShares(1, np.array([1.0]), KNOWN)
    shares.add(np.zeros(100, dtype=np.int64), np.full((1, 100), 0.5))
    shares.add_known(np.zeros(100, dtype=np.int64), np.zeros(100, dtype=bool))
    share = shares.finish()[-1]
    assert (share.rows, share.share) == (200, 0.25)
    assert share.high - share.share == pytest.approx(reach(0.025**2))


def test_finish__no_rows():
    assert finished()[-1].rows == 0
    assert finished()[-1].share == 0
