"""Whatever the labels are: every noise matrix has rows that sum to 1, and no class is special."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelfix.noise.belief import expected_counts, transition_of
from labelfix.noise.candidates import DoubtScale
from labelfix.noise.class_noise import class_noise
from labelfix.noise.hypotheses import fit_hypotheses
from labelfix.noise.mixture import Mixture, fit_mixture

numbers = st.floats(0, 1, width=32)


@st.composite
def readings(draw, least=1, most=12, certain=True):
    """(n, C) p(given | image), of which some may be 0 or 1, and n labels."""
    classes = draw(st.integers(2, 5))
    count = draw(st.integers(least, most))
    powers = draw(st.sampled_from([1, 4, 40] if certain else [1, 4]))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    read = random.random((count, classes)) ** powers
    if certain:
        sure = random.random(count) < draw(numbers)
        read[sure] = np.eye(classes)[random.integers(0, classes, sure.sum())]
    read /= read.sum(axis=1, keepdims=True)
    labels = random.integers(0, draw(st.integers(1, classes)), count)  # some classes have none
    return read.astype(np.float32), labels


def check_matrix(matrix, classes):
    assert matrix.shape == (classes, classes)
    assert np.isfinite(matrix).all()
    assert matrix.min() >= 0
    assert matrix.sum(axis=1) == pytest.approx(np.ones(classes))


def renamed(read, labels, order):
    """The same images after the class at place `order[k]` has moved to place k."""
    return read[:, order], np.argsort(order)[labels]


def fitted(read, labels):
    """What the hypotheses make of labels: the matrix, P(given is right), all hypotheses."""
    log_true = np.log(np.maximum(read.astype(np.float64), 1e-9))
    log_true -= np.log(np.exp(log_true).sum(axis=1, keepdims=True))
    scale = DoubtScale.of(log_true)
    images = scale.candidates(log_true, labels)
    model = fit_hypotheses(images, scale, read.shape[1], slopes=(0.0, 3.0)).model
    belief = model.believe(images)
    counts = expected_counts(images.classes, labels, belief.probabilities, read.shape[1])
    return transition_of(counts), belief, model


@given(st.integers(1, 6), st.data())
def test_transition_of__any_counts(classes, data):
    count = st.one_of(st.just(0.0), st.floats(0, 1e12))
    rows = st.lists(count, min_size=classes, max_size=classes)
    counts = np.array(data.draw(st.lists(rows, min_size=classes, max_size=classes)))
    matrix = transition_of(counts)
    check_matrix(matrix, classes)
    assert (matrix > 0).all()
    order = np.array(data.draw(st.permutations(range(classes))))
    again = transition_of(counts[np.ix_(order, order)])
    assert again == pytest.approx(matrix[np.ix_(order, order)])


@settings(max_examples=12)
@given(readings())
def test_class_noise__any_labels(reading):
    read, labels = reading
    check_matrix(class_noise(read, labels), read.shape[1])


@settings(max_examples=6)
@given(readings(least=20, most=40, certain=False), st.data())
def test_class_noise__names_of_classes_do_not_matter(reading, data):
    read, labels = reading
    order = np.array(data.draw(st.permutations(range(read.shape[1]))))
    found = class_noise(*renamed(read, labels, order))
    assert found == pytest.approx(class_noise(read, labels)[np.ix_(order, order)], abs=1e-5)


@settings(max_examples=12)
@given(readings())
def test_fit_hypotheses__any_labels(reading):
    read, labels = reading
    matrix, belief, model = fitted(read, labels)
    check_matrix(matrix, read.shape[1])
    assert belief.probabilities.sum(axis=1) == pytest.approx(np.ones(len(labels)))
    for values in (belief.probabilities, belief.mean_right, model.weights):
        assert np.isfinite(values).all()
        assert values.min() >= 0
        assert values.max() <= 1 + 1e-9
    assert model.weights.sum() == pytest.approx(1)


@settings(max_examples=6)
@given(readings(certain=False), st.data())
def test_fit_hypotheses__names_of_classes_do_not_matter(reading, data):
    read, labels = reading
    order = np.array(data.draw(st.permutations(range(read.shape[1]))))
    matrix, belief, _ = fitted(read, labels)
    found, again, _ = fitted(*renamed(read, labels, order))
    assert found == pytest.approx(matrix[np.ix_(order, order)], abs=1e-6)
    assert again.mean_right == pytest.approx(belief.mean_right, abs=1e-6)


@given(readings(), st.floats(0, 4.5), st.integers(1, 4))
def test_fit_mixture__labels_of_an_image_together_are_one(reading, slope, rounds):
    """P(given | true, image) sums to 1 over the labels, after any number of rounds."""
    read, labels = reading
    classes = read.shape[1]
    log_true = np.log(np.maximum(read.astype(np.float64), 0.01))
    log_true -= np.log(np.exp(log_true).sum(axis=1, keepdims=True))
    images = DoubtScale.of(log_true).candidates(log_true, labels)
    mixture, likelihood = fit_mixture(images, Mixture.first(slope, 1.0, classes), rounds)
    assert np.isfinite(likelihood)
    assert mixture.weights.sum(axis=1) == pytest.approx(np.ones(classes))
    assert mixture.confusions.sum(axis=1) == pytest.approx(np.ones(classes))
    total = sum(
        mixture.likelihood(images.with_labels(np.full(len(labels), label)))
        for label in range(classes)
    )
    assert total == pytest.approx(np.ones_like(total), abs=1e-6)
