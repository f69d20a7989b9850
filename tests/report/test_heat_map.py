import numpy as np

from labelfix.report.heat_map import STEPS, make_heat_map, most_confused


def test_make_heat_map__all_classes_with_steps_by_share():
    transition = np.array([[0.89, 0.11, 0.0], [0.004, 0.991, 0.005], [0.5, 0.0, 0.5]])
    heat_map = make_heat_map(["a", "b", "c"], transition)
    assert heat_map.class_names == ["a", "b", "c"]
    assert heat_map.left_out == 0
    # 0.11 is from 10 %, the fifth step; 0.005 is just the first; 0.5 from 40 %, the last
    assert heat_map.steps.tolist() == [[0, 5, 0], [0, 0, 1], [len(STEPS), 0, 0]]
    assert np.allclose(heat_map.elsewhere, 0)
    assert heat_map.has_numbers
    assert heat_map.rows[0] == ("a", [(0.89, 0), (0.11, 5), (0.0, 0)], 0.0)


def test_make_heat_map__too_many_classes_keep_the_most_confused():
    transition = np.eye(4)
    transition[3] = [0.0, 0.3, 0.0, 0.7]
    heat_map = make_heat_map(list("abcd"), transition, most=2)
    assert heat_map.class_names == ["b", "d"]
    assert heat_map.left_out == 2
    assert np.allclose(heat_map.shares, [[1, 0], [0.3, 0.7]])


def test_make_heat_map__tells_what_lies_elsewhere():
    transition = np.array([[0.6, 0.3, 0.1], [0.3, 0.7, 0.0], [0.0, 0.0, 1.0]])
    heat_map = make_heat_map(list("abc"), transition, most=2)
    assert heat_map.class_names == ["a", "b"]
    assert np.allclose(heat_map.elsewhere, [0.1, 0.0])


def test_most_confused__from_and_to_count_and_ties_go_to_the_first():
    transition = np.array([[0.8, 0.2, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert most_confused(transition, 1) == [0]  # as much noise from 0 as to 1
    assert most_confused(transition, 2) == [0, 1]


def test_make_heat_map__names_stand_upright_only_where_all_are_short():
    transition = np.eye(2)
    assert make_heat_map(["a", "1234"], transition).has_short_names
    assert not make_heat_map(["a", "12345"], transition).has_short_names
