"""The number of wrong labels that are left: known answers, and coverage by simulation."""

import numpy as np
import pytest

from labelfix.review.stop_rule import PRIOR_DRAWS, Draw, Stratum, _Bet, wrong_left


def drawn(outcomes: list[bool], labels: int, expected: float = 0.01) -> Stratum:
    """A stratum of so many labels after draws without replacement."""
    draws = [
        Draw(
            is_wrong=is_wrong,
            open_labels=labels - place,
            found_since=sum(outcomes[place:]),
        )
        for place, is_wrong in enumerate(outcomes)
    ]
    return Stratum(left=labels - len(outcomes), expected=expected, draws=draws)


def test_wrong_left__without_draws_everything_is_possible() -> None:
    left = wrong_left([Stratum(left=40, expected=0.1), Stratum(left=60, expected=0.0)])

    assert (left.low, left.high, left.labels, left.draws) == (0, 100, 100, 0)
    assert left.estimate == pytest.approx(4)


def test_wrong_left__without_errors_is_close_to_the_rule_of_three() -> None:
    left = wrong_left([drawn([False] * 300, 100_000, expected=0.001)])

    assert left.low == pytest.approx(0, abs=1e-3)
    assert 3 < left.high / left.labels * 300 < 3.8


def test_wrong_left__all_drawn_leaves_nothing() -> None:
    left = wrong_left([drawn([True, False, True], 3)])

    assert (left.low, left.estimate, left.high) == (0, 0, 0)


def test_wrong_left__is_the_set_against_which_the_bets_have_not_won() -> None:
    # One stratum of 10, of which 4 were drawn and right; the judge expects none wrong. The bets
    # staked 30/30.25 ... 33/33.25 on that; R wrong give (6+4-R)(9-R)(8-R)(7-R) / (10*9*8*7).
    stratum = drawn([False] * 4, 10, expected=0.0)
    bets = np.prod([(30 + n) / (30.25 + n) for n in range(4)])
    wrong = np.linspace(0, 6, 60_001)
    chance = np.prod([(10 - n - wrong) / (10 - n) for n in range(4)], axis=0)
    highest = wrong[bets / chance <= 20].max()

    assert wrong_left([stratum]).high == pytest.approx(highest, abs=1e-3)


def test_wrong_left__the_interval_of_two_strata_is_the_worst_of_all_splits() -> None:
    first, second = drawn([False] * 20, 60), drawn([False] * 9 + [True], 40, expected=0.1)
    both = wrong_left([first, second])

    # No split of the total between the two can be above the end, or below the other one.
    assert wrong_left([first]).high < both.high
    assert both.high <= wrong_left([first]).high + wrong_left([second]).high
    assert both.low < both.estimate < both.high


def test_wrong_left__the_estimate_weighs_strata_by_their_size() -> None:
    sure, doubtful = drawn([False] * 10, 110, expected=0.0), drawn([True, False], 22, expected=0.5)

    expected = 100 * 0 / (PRIOR_DRAWS + 10) + 20 * (PRIOR_DRAWS * 0.5 + 1) / (PRIOR_DRAWS + 2)
    assert wrong_left([sure, doubtful]).estimate == pytest.approx(expected)


def test_wrong_left__labels_without_an_answer_only_widen_it() -> None:
    told = drawn([False] * 15 + [True], 50)
    draws = [
        Draw(
            is_wrong=one.is_wrong,
            open_labels=one.open_labels + 5,
            found_since=one.found_since,
            unknown_since=5,
        )
        for one in told.draws
    ]
    untold = Stratum(left=told.left, expected=told.expected, draws=draws)

    assert wrong_left([untold]).high >= wrong_left([told]).high


@pytest.mark.slow
@pytest.mark.parametrize("expected", [0.0, 0.02, 0.3])
def test_wrong_left__covers_at_every_look_whatever_the_judge_expects(expected: float) -> None:
    random = np.random.default_rng(7)
    missed = 0
    for _ in range(200):
        strata = [random.permutation(np.arange(200) < 4), random.permutation(np.arange(40) < 12)]
        won = []
        for number in range(2, 40, 3):
            bets = [_Bet(drawn(truth[:number].tolist(), len(truth), expected)) for truth in strata]
            left = [float(truth[number:].sum()) for truth in strata]
            won.append(sum(bet.won(wrong) for bet, wrong in zip(bets, left, strict=True)))
        missed += max(won) > np.log(20)

    assert missed <= 15  # at most 10 expected of 200


def test_wrong_left__the_true_number_is_inside_if_the_bets_have_not_won() -> None:
    random = np.random.default_rng(3)
    for _ in range(8):
        strata = [random.permutation(np.arange(90) < 5), random.permutation(np.arange(30) < 9)]
        shown = [drawn(truth[:12].tolist(), len(truth)) for truth in strata]
        left = [float(truth[12:].sum()) for truth in strata]
        won = sum(_Bet(one).won(wrong) for one, wrong in zip(shown, left, strict=True))
        found = wrong_left(shown)
        assert (won > np.log(20)) or found.low - 1e-6 <= sum(left) <= found.high + 1e-6
