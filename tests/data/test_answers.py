import numpy as np
import pytest

from labelfix.data.answers import draw, question_chances

OPEN = np.ones(4, dtype=bool)


def test_question_chances__by_hand():
    """2 of 4 rows: half of each chance is 1/4, the other half a share of the value."""
    found = question_chances(np.array([0.1, 0.2, 0.1, 0.0]), OPEN, 2)
    assert found == pytest.approx(np.array([0.5, 0.75, 0.5, 0.25]))


def test_question_chances__none_is_above_one_and_the_others_share_what_is_over():
    """Sizes 5/8, 1/8, 1/8, 1/8: the first would be 1.25, and 1 row is left for three alike."""
    found = question_chances(np.array([0.3, 0.0, 0.0, 0.0]), OPEN, 2)
    assert found == pytest.approx(np.array([1, 1 / 3, 1 / 3, 1 / 3]))


@pytest.mark.parametrize("seed", range(20))
def test_question_chances__sum_to_the_number(seed):
    random = np.random.default_rng(seed)
    count = int(random.integers(20, 300))
    value = np.exp(random.normal(size=count) * random.uniform(0, 8))  # up to very uneven
    value[random.random(count) < 0.2] = np.nan
    open_rows = random.random(count) < 0.9
    number = int(random.integers(1, open_rows.sum()))
    found = question_chances(value, open_rows, number)
    assert found.sum() == pytest.approx(number)
    assert found.max() <= 1
    assert (found[~open_rows] == 0).all()
    assert (found[open_rows] > 0).all()


@pytest.mark.parametrize("value", [np.zeros(4), np.full(4, np.nan), np.full(4, 0.2)])
def test_question_chances__no_row_tells_more_than_another(value):
    assert question_chances(value, OPEN, 1) == pytest.approx(np.full(4, 0.25))


def test_question_chances__value_of_closed_rows_does_not_count():
    open_rows = np.array([True, True, False, True])
    found = question_chances(np.array([0.1, 0.1, 9.0, 0.0]), open_rows, 1)
    assert found == pytest.approx(np.array([5, 5, 0, 2]) / 12)


@pytest.mark.parametrize("number", [3, 4, 100])
def test_question_chances__all_open_rows_where_the_number_is_not_less(number):
    open_rows = np.array([True, False, True, True])
    found = question_chances(np.array([0.0, 0.1, np.nan, 0.2]), open_rows, number)
    assert found.tolist() == [1, 0, 1, 1]


def test_question_chances__no_row_or_no_question():
    nothing = np.zeros(0)
    assert question_chances(nothing, nothing.astype(bool), 5).tolist() == []
    assert question_chances(np.ones(2), np.zeros(2, dtype=bool), 5).tolist() == [0, 0]
    assert question_chances(np.ones(2), np.ones(2, dtype=bool), 0).tolist() == [0, 0]


def test_draw__as_often_as_the_chances_have_it():
    """2,000 draws: a standard deviation is 0.011 at the most."""
    chances = np.array([0.05, 1.0, 0.3, 0.0, 0.65, 0.5, 0.5])
    counts = np.zeros(7)
    for seed in range(2000):
        rows = draw(chances, seed)
        assert len(rows) == 3
        assert (np.diff(rows) > 0).all()
        counts[rows] += 1
    assert counts[1] == 2000
    assert counts[3] == 0
    assert counts / 2000 == pytest.approx(chances, abs=0.045)


def test_draw__of_many_rows_as_many_as_asked_and_none_twice():
    random = np.random.default_rng(0)
    chances = question_chances(random.random(5000) ** 9, random.random(5000) < 0.5, 1234)
    rows = draw(chances, seed=1)
    assert len(np.unique(rows)) == len(rows) == 1234
    assert (chances[rows] > 0).all()


def test_draw__seed_decides():
    chances = np.full(100, 0.1)
    assert draw(chances, 3).tolist() == draw(chances, 3).tolist()
    assert draw(chances, 3).tolist() != draw(chances, 4).tolist()


def test_draw__certain_rows_and_none():
    assert draw(np.array([1.0, 0.0, 1.0, 1.0]), 0).tolist() == [0, 2, 3]
    assert draw(np.zeros(3), 0).tolist() == []
    assert draw(np.zeros(0), 0).tolist() == []
