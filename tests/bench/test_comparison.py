import numpy as np
import pytest

from labelfix.bench.comparison import advise, standings
from labelfix.bench.contestants import Contestant
from labelfix.bench.lines import Line
from labelfix.bench.outcome import Cost

GIVEN, VOTE = Contestant("given"), Contestant("neighbours", 10)
PAPER, DEFAULT = Contestant("paper", 10, 10), Contestant("noise-aware", 10)


def line(contestant, right, *, seconds=1.0, draw=0, mib=10.0, rows=1000, first=0):
    """`right` of some rows are right, from the row `first` on."""
    is_right = np.roll(np.arange(rows) < right, first)
    return Line("hog", contestant, draw, is_right, {"fixed": 1.0}, Cost(seconds, mib))


def test_standings__paired_differences_by_hand():
    best, other = standings([line(VOTE, 2, rows=4), line(GIVEN, 1, rows=4)])
    assert (best.contestant, best.right, best.behind, best.standard_error) == (VOTE, 0.5, 0.0, 0.0)
    assert (other.right, other.behind) == (0.25, 0.25)
    assert other.standard_error == pytest.approx(0.5 / 2)  # differences 0, 1, 0, 0
    assert other.is_level


def test_standings__draws_of_one_row_are_one_row():
    lines = [line(VOTE, 2, rows=4), line(VOTE, 4, rows=4, draw=1, seconds=3.0, mib=30.0)]
    (found,) = standings(lines)
    assert (found.right, found.cost) == (0.75, Cost(2.0, 30.0))
    lines = [*lines, line(GIVEN, 1, rows=4), line(GIVEN, 1, rows=4, draw=1)]
    # differences by row, over both draws: 0, 1, 0.5, 0.5
    assert standings(lines)[1].standard_error == pytest.approx(np.std([0, 1, 0.5, 0.5], ddof=1) / 2)


def test_standings__memory_that_is_not_known():
    (found,) = standings([line(VOTE, 1), line(VOTE, 1, draw=1, mib=None)])
    assert found.cost.mib is None


def test_advise__default_where_simple_methods_are_behind():
    lines = [line(GIVEN, 700), line(VOTE, 800), line(PAPER, 901), line(DEFAULT, 900, seconds=9)]
    advice = advise(standings(lines), wrong=300)
    assert advice.take.contestant == DEFAULT
    (sentence,) = advice.sentences
    assert "take noise-aware, K 10 on hog: 90.00% right, level with paper" in sentence
    assert "neighbours, K 10 on hog, has 80.00% (-10.00 points)" in sentence


def test_advise__the_best_denoiser_where_the_default_is_behind():
    lines = [line(GIVEN, 700), line(VOTE, 750), line(PAPER, 900), line(DEFAULT, 800)]
    assert advise(standings(lines), wrong=300).take.contestant == PAPER


def test_advise__denoisers_are_not_worth_it_where_a_vote_is_level():
    lines = [line(GIVEN, 700), line(VOTE, 899), line(DEFAULT, 900, seconds=50)]
    advice = advise(standings(lines), wrong=300)
    assert advice.take.contestant == VOTE
    assert "a denoiser is not worth it here: neighbours, K 10" in advice.sentences[0]
    assert "90.00% in 50.0 s" in advice.sentences[0]


def test_advise__labels_stay_where_nothing_is_ahead_of_them():
    advice = advise(standings([line(GIVEN, 900), line(VOTE, 850), line(DEFAULT, 900)]), wrong=100)
    assert advice.take.contestant == GIVEN
    assert "leave the labels as they are" in advice.sentences[0]


def test_advise__too_few_wrong_labels():
    advice = advise(standings([line(GIVEN, 995), line(DEFAULT, 990)]), wrong=5)
    assert "only 5 labels were made wrong" in advice.sentences[0]
