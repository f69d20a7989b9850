"""What answers would settle, by hand and as hypotheses are to be told apart."""

import numpy as np
import pytest

from labelfix.noise.audits import Discrepancy
from labelfix.noise.encoder_strength import EncoderStrength
from labelfix.noise.outlook import Outlook, OutlookSums, notes
from labelfix.noise.wrong_shares import NORMAL_95

EVEN = np.array([0.5, 0.5])


def outlook(*batches, answers=50, weights=EVEN, spread=1e-6):
    """By default nothing is unknown but which hypothesis is true."""
    sums = OutlookSums(np.array(weights), Discrepancy(0.0, spread))
    for right in batches:
        right = np.array(right)
        value = weights @ (right - weights @ right) ** 2
        sums.add(right, value)
    return sums.finish(answers)


def rows(*right, count=1000):
    return np.tile(np.array(right)[:, None], count)


def test_finish__by_hand():
    """Right labels at 0.9 or 0.7 tell, with 10 answers, exp(-10 KL) of each from the other."""
    found = outlook(rows(0.9, 0.7), answers=10)
    one_of_other = 0.9 * np.log(0.9 / 0.7) + 0.1 * np.log(0.1 / 0.3)
    other_of_one = 0.7 * np.log(0.7 / 0.9) + 0.3 * np.log(0.3 / 0.1)
    mistaken = [1 / (1 + np.exp(10 * kl)) for kl in (one_of_other, other_of_one)]
    left = np.mean([share * (1 - share) for share in mistaken]) * 0.2**2
    assert found.answers == 10
    assert found.now == pytest.approx(NORMAL_95 * 0.1)
    assert found.then == pytest.approx(NORMAL_95 * np.sqrt(left))


def test_finish__discrepancy_by_hand():
    """One hypothesis, labels right at 0.8: a slope of 0.16, and 50 * 0.16 of precision more."""
    found = outlook(rows(0.8, 0.8), spread=0.6)
    assert found.now == pytest.approx(NORMAL_95 * 0.6 * 0.16)
    assert found.then == pytest.approx(NORMAL_95 * 0.16 / np.sqrt(0.6**-2 + 50 * 0.16))
    assert found.settles


def test_finish__shrinks_with_answers():
    found = [outlook(rows(0.9, 0.7), answers=answers, spread=0.6) for answers in (1, 10, 50, 200)]
    assert len({one.now for one in found}) == 1
    thens = [one.then for one in found]
    assert thens == sorted(thens, reverse=True)
    assert thens[0] < found[0].now
    assert thens[-1] < found[0].now / 3


def test_finish__answers_about_rows_that_differ_tell_more():
    """Hypotheses that disagree on one row in 50: half of the draw goes to it."""
    agreed, disputed = rows(0.9, 0.9, count=980), rows(0.9, 0.1, count=20)
    found = outlook(np.hstack([agreed, disputed]))
    assert found.then < found.now / 100


def test_finish__nothing_where_hypotheses_agree_and_nothing_is_unsure():
    found = outlook(rows(1.0, 1.0), spread=0.6)
    assert found.now == found.then == 0
    assert not found.settles


def test_finish__nothing_where_one_hypothesis_is_sure():
    found = outlook(rows(0.9, 0.7), weights=np.array([1.0, 0.0]))
    assert found.now == pytest.approx(0, abs=1e-6)
    assert not found.settles


def test_finish__batches_are_as_all_at_once():
    right = np.random.default_rng(0).random((2, 300))
    once = outlook(right, spread=0.6)
    apart = outlook(right[:, :100], right[:, 100:], spread=0.6)
    assert (apart.now, apart.then) == pytest.approx((once.now, once.then))


def test_finish__certain_hypotheses_are_told_apart_by_fallible_persons():
    """A label right for certain, or wrong for certain: answers are finite evidence."""
    found = outlook(rows(1.0, 0.0), answers=2)
    assert 0 < found.then < found.now / 10


@pytest.mark.parametrize(("count", "is_told"), [(50, False), (51, True)])
def test_finish__no_more_rows_than_answers(count, is_told):
    assert (outlook(rows(0.9, 0.7, count=count)) is not None) == is_told


def test_finish__no_rows():
    assert outlook() is None


@pytest.mark.parametrize(
    ("now", "then", "settles"),
    [(0.04, 0.03, True), (0.04, 0.031, False), (0.01, 0.005, True), (0.009, 0.0, False)],
)
def test_settles__narrower_by_a_quarter_and_wide_enough_to_matter(now, then, settles):
    assert Outlook(50, now, then).settles == settles


@pytest.mark.parametrize("is_weak", [True, False])
def test_notes__one_way_out_for_a_weak_encoder(is_weak):
    """Its warning names the audit, so no other note does."""
    strength = EncoderStrength(
        encoder="hog", recognised=0.8 if is_weak else 0.98, confused=[], low=0.1, high=0.3
    )
    said = notes(0.0, Outlook(50, 0.1, 0.05), 0, strength)
    assert len(said) == 1
    assert said[0].startswith("Weak encoder: " if is_weak else "Auditing 50 images")
    assert said[0].count("labelfix audit") == 1
