"""The heat map of noise matrices as they are estimated, and at the ends of its steps."""

import numpy as np
import pytest
from estimated_noise import estimated_transition

from labelfix.report.heat_map import (
    STEPS,
    Confusion,
    confused_together,
    make_heat_map,
    most_confused,
    top_pairs,
)

CONFUSED = (4, 1)


@pytest.fixture(scope="module")
def estimated():
    """(6, 6): a third of the fifth class has the label of the second, and no cell is 0."""
    return estimated_transition(6, CONFUSED)


def test_estimated__is_as_the_labels_were_made(estimated):
    assert estimated[CONFUSED] == pytest.approx(0.33, abs=0.1)
    assert (estimated > 0).all()
    assert estimated.sum(axis=1) == pytest.approx(np.ones(6))


def test_make_heat_map__steps_at_their_ends():
    shares = [0.89, 0.11, 0.0049, 0.005, 0.0199, 0.02, 0.3999, 0.4]
    heat_map = make_heat_map(list("abcdefgh"), np.tile(shares, (8, 1)))
    assert heat_map.steps[0].tolist() == [0, 5, 0, 1, 2, 3, 6, len(STEPS)]
    assert heat_map.steps[:, 0].tolist() == [0, *[len(STEPS)] * 7]  # the diagonal has no colour


def test_make_heat_map__all_classes_of_an_estimate(estimated):
    heat_map = make_heat_map(list("abcdef"), estimated)
    assert heat_map.class_names == list("abcdef")
    assert heat_map.left_out == 0
    assert heat_map.has_numbers
    assert np.allclose(heat_map.elsewhere, 0)
    strongest = np.unravel_index(heat_map.steps.argmax(), heat_map.steps.shape)
    assert strongest == CONFUSED
    for row, (name, cells, elsewhere) in enumerate(heat_map.rows):
        assert name == "abcdef"[row]
        assert [share for share, _ in cells] == estimated[row].tolist()
        wanted = [sum(share >= least for least in STEPS) for share in estimated[row]]
        wanted[row] = 0
        assert [step for _, step in cells] == wanted
        assert elsewhere == pytest.approx(0)


def test_make_heat_map__too_many_classes_keep_the_most_confused(estimated):
    heat_map = make_heat_map(list("abcdef"), estimated, most=2)
    assert heat_map.class_names == ["b", "e"]
    assert heat_map.left_out == 4
    assert np.array_equal(heat_map.shares, estimated[np.ix_([1, 4], [1, 4])])
    hidden = estimated[np.ix_([1, 4], [0, 2, 3, 5])].sum(axis=1)
    assert heat_map.elsewhere == pytest.approx(hidden)
    assert (hidden > 0).all()


@pytest.mark.parametrize("most", range(1, 7))
def test_most_confused__names_of_classes_do_not_matter(estimated, most):
    order = np.array([3, 5, 0, 4, 2, 1])
    found = most_confused(estimated[np.ix_(order, order)], most)
    assert sorted(order[found]) == most_confused(estimated, most)


def test_most_confused__from_and_to_count_and_ties_go_to_the_first():
    transition = np.array([[0.8, 0.1, 0.1], [0.15, 0.8, 0.05], [0.05, 0.1, 0.85]])
    # From and to: 0.4, 0.4 and 0.3.
    assert most_confused(transition, 1) == [0]
    assert most_confused(transition, 2) == [0, 1]


def test_make_heat_map__names_stand_upright_only_where_all_are_short(estimated):
    names = list("abcde")
    assert make_heat_map([*names, "1234"], estimated).has_short_names
    assert not make_heat_map([*names, "12345"], estimated).has_short_names


@pytest.fixture(scope="module")
def hundred():
    """(100, 100): each class is confused with the one that is 50 further, some more than others."""
    transition = np.eye(100)
    for true in range(50):
        share = 0.1 + 0.002 * true
        transition[true, true], transition[true, true + 50] = 1 - share, share
    return transition


def test_make_heat_map__a_hundred_classes_are_all_there_and_confused_ones_stand_together(hundred):
    names = [f"class {index:03d}" for index in range(100)]
    heat_map = make_heat_map(names, hundred)
    assert (heat_map.left_out, sorted(heat_map.class_names)) == (0, names)
    place = {name: number for number, name in enumerate(heat_map.class_names)}
    assert all(abs(place[names[true]] - place[names[true + 50]]) == 1 for true in range(50))
    assert np.array_equal(np.sort(np.diagonal(heat_map.shares)), np.sort(np.diagonal(hundred)))
    assert [heat_map.places_by_name[place[name]] for name in names] == list(range(100))
    assert heat_map.places_by_noise[place["class 049"]] == 0
    assert sorted(heat_map.places_by_noise) == list(range(100))


def test_top_pairs__strongest_first_and_none_without_a_colour(hundred):
    found = top_pairs([str(index) for index in range(100)], hundred, most=3)
    assert found == [
        Confusion(true=str(true), given=str(true + 50), share=pytest.approx(0.1 + 0.002 * true))
        for true in (49, 48, 47)
    ]
    assert top_pairs(["a", "b"], np.array([[0.996, 0.004], [0.0, 1.0]])) == []


def test_confused_together__joins_chains_at_their_ends():
    transition = np.eye(5) * 0.6
    transition[0, 2] = transition[2, 0] = 0.3  # 0 and 2, then 2 and 4; 1 and 3 with nobody
    transition[2, 4] = 0.2
    order = confused_together(transition)
    assert order[3:] == [1, 3]
    assert order[:3] in ([0, 2, 4], [4, 2, 0])
