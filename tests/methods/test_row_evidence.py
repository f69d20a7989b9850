"""Which classes are suggested, to whom a class of too few images is, and what is told of rows."""

import numpy as np
import pytest

from labelfix.methods.row_evidence import JudgedRows, best_two
from labelfix.noise.belief import Belief
from labelfix.noise.candidates import DoubtScale

PROBABILITIES = np.array([[0.1, 0.3, 0.6], [0.5, 0.3, 0.2], [0.2, 0.1, 0.7]])
NONE = [False, False, False]


def classes_of(belief, given, too_few):
    """(n, 2) the classes of the likeliest two; -1 where there is none."""
    places = best_two(belief, np.array(given), np.array(too_few))
    each = np.arange(len(given))[:, None]
    return np.where(places >= 0, belief.classes[each, places], -1).tolist()


def two(probabilities, given, too_few=NONE):
    probabilities, given = np.array(probabilities), np.array(given)
    return classes_of(Belief.of_one(probabilities, given), given, too_few)


@pytest.mark.parametrize(
    ("too_few", "given", "expected"),
    [
        (NONE, [0, 1, 2], [[2, 1], [0, 1], [2, 0]]),
        (NONE, [-1, -1, -1], [[2, 1], [0, 1], [2, 0]]),  # without a label
        ([False, False, True], [0, 1, 0], [[1, 0], [0, 1], [0, 1]]),  # the next likeliest
        ([False, False, True], [2, 2, 2], [[2, 1], [2, 0], [2, 0]]),  # its own image stays
        ([False, False, True], [-1, -1, -1], [[1, 0], [0, 1], [0, 1]]),
        ([True, False, False], [1, 0, 1], [[2, 1], [0, 1], [2, 1]]),
        ([True, True, True], [1, 2, 0], [[1, -1], [2, -1], [0, -1]]),
        ([False, True, True], [0, 1, -1], [[0, -1], [1, 0], [0, -1]]),
    ],
)
def test_best_two__by_hand(too_few, given, expected):
    assert two(PROBABILITIES, given, too_few) == expected


@pytest.mark.parametrize(
    ("given", "expected"), [(0, [0, 1]), (1, [1, 0]), (2, [0, 1]), (-1, [0, 1])]
)
def test_best_two__the_given_class_comes_before_one_as_likely(given, expected):
    assert two([[0.4, 0.4, 0.2]], [given]) == [expected]


def test_best_two__as_likely_as_the_second():
    assert two([[0.5, 0.25, 0.25]], [2]) == [[0, 1]]


def test_best_two__zero_of_a_supported_class_is_more_than_any_of_another():
    assert two([[0.0, 1.0]], [0], [False, True]) == [[0, -1]]


def test_best_two__a_class_of_no_probability_is_no_second():
    assert two([[1.0, 0.0, 0.0]], [1]) == [[0, -1]]
    assert two([[1.0, 0.0, 0.0]], [0]) == [[0, -1]]


def test_best_two__a_class_that_stands_twice_is_not_its_own_second():
    classes = np.array([[3, 5, 3], [3, 5, 5]])
    probabilities = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3]])
    belief = Belief(classes, probabilities, np.zeros((2, 2)), np.array([1.0, 0.0]))
    assert classes_of(belief, [5, -1], [False] * 6) == [[3, 5], [5, 3]]


def test_best_two__of_many_classes_as_if_all_were_weighed():
    """40 classes, of which 17 are candidates: places are of candidates, and not classes."""
    random = np.random.default_rng(0)
    count, classes = 50, 40
    true = random.dirichlet([0.3] * classes, count)
    given = random.integers(0, classes, count)
    given[::10] = -1
    too_few = random.random(classes) < 0.2
    log_true = np.log(true + 1e-12)
    candidates = DoubtScale.of(log_true).candidates(log_true, given)
    assert candidates.classes.shape[1] < classes
    belief = Belief(
        candidates.classes, np.exp(candidates.log_true), np.zeros((2, count)), np.array([1.0, 0.0])
    )
    expected = []
    for row, own in zip(true, given, strict=True):
        score = np.where(too_few & (np.arange(classes) != own), -1, row)
        if own >= 0 and too_few[own]:
            score[own] = 2
        expected.append(np.argsort(-score)[:2].tolist())
    assert classes_of(belief, given, too_few) == expected
    assert too_few[given[given >= 0]].any()


def judged(given, support, belief):
    rows = JudgedRows(np.array(given), np.array(support))
    rows.add(slice(0, len(given)), belief)
    return rows


def of_three_rows():
    """Two noisy hypotheses of weights 0.5 and 0.3, and that all is right, of 0.2."""
    return Belief(
        classes=np.tile([0, 1, 2], (3, 1)),
        probabilities=np.array([[0.7, 0.2, 0.1], [0.1, 0.36, 0.54], [0.25, 0.5, 0.25]]),
        right=np.array([[0.9, 0.1, 0.0], [0.1, 0.3, 0.0], [1.0, 1.0, 0.0]]),
        weights=np.array([0.5, 0.3, 0.2]),
    )


def test_judged_rows__by_hand():
    evidence = judged([0, 1, -1], [5, 5, 5], of_three_rows()).evidence()
    assert evidence.suggested.tolist() == [0, 2, 1]
    assert evidence.second.tolist() == [1, 1, 0]
    assert evidence.self_confidence == pytest.approx([0.68, 0.34, np.nan], nan_ok=True)
    assert evidence.best_confidence == pytest.approx([0.7, 0.54, 0.5])
    assert evidence.second_confidence == pytest.approx([0.2, 0.36, 0.25])
    # without the last hypothesis: (0.5 x 0.9 + 0.3 x 0.1) / 0.8, (0.5 x 0.1 + 0.3 x 0.3) / 0.8
    assert evidence.suspicion == pytest.approx([1 - 0.6, 1 - 0.175, np.nan], nan_ok=True)
    first = 0.5 * 0.22**2 + 0.3 * 0.58**2 + 0.2 * 0.32**2
    second = 0.5 * 0.24**2 + 0.3 * 0.04**2 + 0.2 * 0.66**2
    assert evidence.question_value == pytest.approx([first, second, 0])
    for values in (evidence.supported, evidence.typical, ~evidence.off_topic):
        assert values.all()


def test_judged_rows__counts_of_labels_by_what_their_images_are():
    """Rows without a label count for nothing; column by column, sums are of the given labels."""
    rows = judged([0, 1, -1], [5, 5, 5], of_three_rows())
    assert rows.counts == pytest.approx(np.array([[0.7, 0.1, 0], [0.2, 0.36, 0], [0.1, 0.54, 0]]))


def test_judged_rows__class_of_one_image():
    evidence = judged([1, 0, -1], [5, 1, 5], of_three_rows()).evidence()
    assert evidence.supported.tolist() == [False, True, True]
    assert evidence.suggested.tolist() == [1, 2, 0]
    assert evidence.second.tolist() == [0, 0, 2]
    known = np.array([True, False, True])
    evidence = judged([1, 0, -1], [5, 1, 5], of_three_rows()).evidence(known)
    assert evidence.supported.tolist() == [False, False, True]


def test_judged_rows__batch_by_batch_as_at_once():
    belief = of_three_rows()
    given = np.array([0, 1, -1])
    rows = JudgedRows(given, np.array([5, 5, 5]))
    for row in (2, 0, 1):
        one = [row]
        part = Belief(
            belief.classes[one], belief.probabilities[one], belief.right[:, one], belief.weights
        )
        rows.add(slice(row, row + 1), part)
    whole = judged(given, [5, 5, 5], belief)
    assert rows.counts == pytest.approx(whole.counts)
    again, expected = rows.evidence(), whole.evidence()
    assert (again.text, expected.text) == (None, None)
    for name, values in vars(expected).items():
        if values is None:
            continue
        found = getattr(again, name)
        assert np.array_equal(found, values, equal_nan=values.dtype.kind == "f"), name


def test_judged_rows__shown_numbers_are_rounded_and_ranks_are_not():
    belief = Belief.of_one(np.array([[0.12345678, 0.87654322]]), np.array([0]))
    evidence = judged([0], [5, 5], belief).evidence()
    assert evidence.self_confidence.tolist() == [0.123457]
    assert evidence.best_confidence.tolist() == [0.876543]
    assert evidence.second_confidence.tolist() == [0.123457]
    assert evidence.suspicion[0] == pytest.approx(0.87654322, abs=1e-12)
