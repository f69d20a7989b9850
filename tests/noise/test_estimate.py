"""The share of wrong labels and its interval."""

import numpy as np
import pytest

from labelfix.noise.wrong_shares import WrongShares


def finished(classes, *batches):
    shares = WrongShares(classes)
    for batch in batches:
        shares.add(*(np.array(values) for values in batch))
    return shares.finish()


def hundred(given, likely, low, high):
    return [given] * 100, [likely] * 100, [low] * 100, [high] * 100


def test_wrong_shares__by_hand():
    """1.959964 standard deviations of 5 rows in 100 are 9.79982 %."""
    one, other, overall = finished(2, hundred(0, 0.5, 0.6, 0.3))
    assert (one.rows, one.share) == (100, 0.5)
    assert one.low == pytest.approx(0.4 - 0.0979982)
    assert one.high == pytest.approx(0.7 + 0.0979982)
    assert overall == one
    assert (other.rows, other.share, other.low, other.high) == (0, 0, 0, 0)


def test_wrong_shares__of_each_class_and_of_all():
    one, other, overall = finished(2, ([0, 0, 1], [0.9, 0.5, 0.8], [1, 1, 1], [0.5, 0.5, 0.5]))
    assert [one.rows, other.rows, overall.rows] == [2, 1, 3]
    assert [one.share, other.share] == pytest.approx([0.3, 0.2])
    assert overall.share == pytest.approx(0.8 / 3)


def test_wrong_shares__batches_add_up():
    first, second = hundred(0, 0.5, 0.6, 0.3), hundred(1, 0.9, 0.95, 0.8)
    both = [one + other for one, other in zip(first, second, strict=True)]
    for apart, together in zip(finished(2, first, second), finished(2, both), strict=True):
        assert vars(apart) == pytest.approx(vars(together))


@pytest.mark.parametrize("right", [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.5, 0.9, 0.1)])
def test_wrong_shares__interval_is_within_zero_and_one(right):
    for share in finished(2, ([0, 1, 1], *([each] * 3 for each in right))):
        assert 0 <= share.low <= share.share <= share.high <= 1


def test_wrong_shares__interval_contains_the_share_whichever_bound_is_larger():
    """The least and the most noise are of other models: they need not lie on their sides."""
    overall = finished(2, hundred(0, 0.5, 0.3, 0.7))[-1]
    assert overall.low == pytest.approx(0.5 - 0.0979982)
    assert overall.high == pytest.approx(0.5 + 0.0979982)


def test_wrong_shares__more_rows_narrow_the_interval():
    few = finished(1, ([0] * 4, [0.5] * 4, [0.5] * 4, [0.5] * 4))[-1]
    many = finished(1, *[hundred(0, 0.5, 0.5, 0.5)] * 4)[-1]
    assert many.high - many.low == pytest.approx((few.high - few.low) / 10)
