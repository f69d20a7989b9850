"""The heat map of noise matrices as they are estimated, and at the ends of its steps."""

import numpy as np
import pytest
from estimated_noise import estimated_transition

from labelfix.report.heat_map import STEPS, make_heat_map, most_confused

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
