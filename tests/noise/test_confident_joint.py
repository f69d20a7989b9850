"""The confident joint against hand counts and a plain reading of the paper."""

import numpy as np
import pytest

import labelfix.noise.confident_joint as module
from labelfix.noise.confident_joint import confident_joint, own_mistakes


def two_classes(first):
    """(N, 2) from the probabilities of class 0."""
    return np.column_stack([first, 1 - np.array(first)]).astype(np.float32)


def test_confident_joint__hand_counts():
    """Thresholds are 0.6 and 0.525; the counts [[2, 1], [1, 1]] and 10 rows of 60 % right."""
    joint = confident_joint(two_classes([0.9, 0.8, 0.1, 0.3, 0.65]), np.array([0, 0, 0, 1, 1]))
    assert joint == pytest.approx(np.array([[8 / 13, 5 / 13], [5 / 12, 7 / 12]]))


def test_confident_joint__unsure_row_is_not_counted_but_made_up_for():
    """The last row is over neither threshold; the column of its label is scaled by 4/3."""
    probabilities = two_classes([0.9, 0.8, 0.1, 0.3, 0.65, 0.48])
    joint = confident_joint(probabilities, np.array([0, 0, 0, 1, 1, 0]))
    right = (8 / 3 + 1) / 6
    first = np.array([8 / 3 + 10 * right, 1 + 10 * (1 - right)])
    second = np.array([4 / 3 + 10 * (1 - right), 1 + 10 * right])
    assert joint == pytest.approx(np.array([first / first.sum(), second / second.sum()]))


def by_hand(probabilities, labels):
    """Row by row, as in the paper."""
    classes = probabilities.shape[1]
    given = np.bincount(labels, minlength=classes)
    thresholds = [probabilities[labels == label, label].mean() for label in range(classes)]
    counts = np.zeros((classes, classes))
    for row, label in zip(probabilities, labels, strict=True):
        over = [each for each in range(classes) if row[each] >= thresholds[each]]
        if over:
            counts[max(over, key=lambda each: row[each]), label] += 1
    counts *= given / counts.sum(axis=0)
    right = np.trace(counts) / counts.sum()
    for true in range(classes):
        for label in range(classes):
            others = given.sum() - given[true]
            share = right if label == true else (1 - right) * given[label] / others
            counts[true, label] += 10 * share
    return counts / counts.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("rows_at_once", [7, 8192])
def test_confident_joint__as_in_the_paper(rows_at_once, monkeypatch):
    monkeypatch.setattr(module, "ROWS_AT_ONCE", rows_at_once)
    random = np.random.default_rng(0)
    probabilities = random.dirichlet([0.5] * 4, 300)
    labels = np.array([random.choice(4, p=row) for row in probabilities])
    joint = confident_joint(probabilities.astype(np.float32), labels)
    assert joint == pytest.approx(by_hand(probabilities, labels), abs=1e-6)
    assert joint.sum(axis=1) == pytest.approx(np.ones(4))


def test_confident_joint__class_that_was_never_given():
    probabilities = np.array([[0.9, 0.05, 0.05]] * 6 + [[0.1, 0.2, 0.7]] * 2, dtype=np.float32)
    joint = confident_joint(probabilities, np.array([0] * 6 + [1] * 2))
    assert np.isfinite(joint).all()
    assert joint.sum(axis=1) == pytest.approx(np.ones(3))
    assert joint[2] == pytest.approx([0, 0, 1])
    assert joint[:2, 2] == pytest.approx([0, 0])


def test_confident_joint__class_that_nobody_is_sure_of():
    """The one image of class 1 looks like class 0 and is over its own threshold too."""
    joint = confident_joint(two_classes([0.9, 0.9, 0.9, 0.95]), np.array([0, 0, 0, 1]))
    assert joint.sum(axis=1) == pytest.approx([1, 1])
    assert joint[0, 1] == pytest.approx((1 + 2.5) / 14)  # one in four, and 10 rows of 25 %


def test_confident_joint__finds_class_dependent_noise():
    truth = np.random.default_rng(0).integers(0, 3, 6000)
    matrix = np.array([[0.7, 0.3, 0], [0, 0.9, 0.1], [0.2, 0.2, 0.6]])
    random = np.random.default_rng(1)
    labels = np.array([random.choice(3, p=matrix[true]) for true in truth])
    joint = confident_joint(matrix[truth].astype(np.float32), labels)
    assert joint == pytest.approx(matrix, abs=0.03)


@pytest.mark.parametrize("logarithms", [False, True])
def test_own_mistakes__sure_classifier_makes_none(logarithms):
    probabilities = (np.eye(3)[np.arange(30) % 3] * 0.9999 + 1e-5).astype(np.float32)
    given = np.log(probabilities) if logarithms else probabilities
    assert own_mistakes(given, logarithms=logarithms) == pytest.approx(np.eye(3), abs=2e-3)


@pytest.mark.parametrize("rows_at_once", [999, 8192])
def test_own_mistakes__are_the_joint_of_right_labels(rows_at_once, monkeypatch):
    """Labels drawn from the classifier's own probabilities are right ones."""
    monkeypatch.setattr(module, "ROWS_AT_ONCE", rows_at_once)
    random = np.random.default_rng(0)
    probabilities = random.dirichlet([0.3, 0.5, 0.8], 20_000).astype(np.float32)
    labels = (random.random((20_000, 1)) > probabilities.cumsum(axis=1)[:, :2]).sum(axis=1)
    mistakes = own_mistakes(probabilities)
    assert mistakes == pytest.approx(confident_joint(probabilities, labels), abs=0.01)
    assert mistakes.sum(axis=1) == pytest.approx(np.ones(3))
    assert mistakes.diagonal().max() < 0.95  # there is something to be found
