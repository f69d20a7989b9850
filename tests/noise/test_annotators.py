"""Several annotators: each one's matrix and quality, and what their labels say together."""

import numpy as np
import pytest

from labelfix.data.annotations import Annotations
from labelfix.noise.annotators import Annotators, fit_annotators
from labelfix.noise.model import NoiseModel, posterior
from labelfix.noise.transition import noise_share

CLASSES = 3
COMMON = NoiseModel(0.7 * np.eye(3) + 0.1)


def annotations_of(*triples, names):
    images, labels, annotators = np.array(triples, dtype=np.int64).T
    return Annotations(images, labels, annotators, list(names))


def crowd(count=600, few=3):
    """Images of which half is known, and who labelled them.

    `sure` is right, `wild` guesses, `swaps` takes 0 for 1 and 1 for 0, `rare` is right of `few`.
    """
    random = np.random.default_rng(0)
    truth = random.integers(0, CLASSES, count)
    seen = np.where(random.random(count) < 0.75, truth, random.integers(0, CLASSES, count))
    log_true = np.log(0.7 * np.eye(CLASSES)[seen] + 0.1).astype(np.float32)
    by_annotator = {
        "rare": truth[:few],
        "sure": truth,
        "swaps": np.array([1, 0, 2])[truth],
        "wild": random.integers(0, CLASSES, count),
    }
    triples = [
        (image, label, annotator)
        for annotator, labels in enumerate(by_annotator.values())
        for image, label in enumerate(labels)
    ]
    return truth, log_true, annotations_of(*triples, names=by_annotator)


@pytest.fixture(scope="module")
def fitted():
    _, log_true, annotations = crowd()
    return fit_annotators(annotations, log_true, COMMON)


def test_fit_annotators__good_and_bad_are_told_apart(fitted):
    rare, sure, swaps, wild = fitted[1]
    assert [one.name for one in (rare, sure, swaps, wild)] == ["rare", "sure", "swaps", "wild"]
    assert [rare.labels, sure.labels, swaps.labels, wild.labels] == [3, 600, 600, 600]
    assert sure.right_share > 0.95
    assert wild.right_share == pytest.approx(1 / 3, abs=0.06)
    assert swaps.right_share == pytest.approx(1 / 3, abs=0.08)


def test_fit_annotators__interval_contains_the_share(fitted):
    for one in fitted[1]:
        assert 0 <= one.low <= one.right_share <= one.high <= 1
    rare, sure, _, wild = fitted[1]
    assert wild.high < sure.low
    assert rare.high - rare.low > sure.high - sure.low


def test_fit_annotators__matrices_are_the_annotators_own(fitted):
    _, sure, swaps, wild = (model.transition for model in fitted[0].models)
    assert sure.diagonal().min() > 0.9
    assert swaps == pytest.approx(np.eye(3)[[1, 0, 2]], abs=0.15)
    assert wild == pytest.approx(np.full((3, 3), 1 / 3), abs=0.12)
    for matrix in (sure, swaps, wild):
        assert matrix.sum(axis=1) == pytest.approx(np.ones(3))


def test_fit_annotators__few_labels_keep_to_the_common_matrix(fitted):
    """Three labels move a row of 20 by 3/23 at the most."""
    rare = fitted[0].models[0].transition
    assert rare == pytest.approx(COMMON.transition, abs=3 / 23)
    assert (rare != COMMON.transition).any()


def test_fit_annotators__labels_together_are_better_than_the_image(fitted):
    truth, log_true, _ = crowd()
    exact = log_true.astype(np.float64)
    likelihood = fitted[0].log_likelihood(np.arange(len(truth)), exact)
    right = posterior(exact, likelihood).argmax(axis=1) == truth
    assert right.mean() > 0.98
    assert (exact.argmax(axis=1) == truth).mean() < 0.9


def test_fit_annotators__order_of_the_labels_does_not_matter(fitted):
    _, log_true, annotations = crowd()
    order = np.random.default_rng(1).permutation(len(annotations.images))
    shuffled = Annotations(
        annotations.images[order],
        annotations.labels[order],
        annotations.annotators[order],
        annotations.names,
    )
    _, qualities = fit_annotators(shuffled, log_true, COMMON)
    for one, other in zip(qualities, fitted[1], strict=True):
        assert one.right_share == pytest.approx(other.right_share)


def test_fit_annotators__batches_change_nothing(fitted, monkeypatch):
    monkeypatch.setattr("labelfix.noise.annotators.IMAGES_AT_ONCE", 77)
    _, log_true, annotations = crowd()
    again, _ = fit_annotators(annotations, log_true, COMMON)
    for one, other in zip(again.models, fitted[0].models, strict=True):
        assert one.transition == pytest.approx(other.transition)


ONE = np.array([[0.9, 0.1], [0.3, 0.7]])
OTHER = np.array([[0.6, 0.4], [0.2, 0.8]])
# Image 0 has two labels, of both annotators; image 1 none; image 2 one twice from the second.
LABELS = annotations_of((0, 0, 0), (0, 1, 1), (2, 1, 1), (2, 1, 1), names=["a", "b"])
TWO = Annotators(LABELS, [NoiseModel(ONE), NoiseModel(OTHER)])


def test_labels_of__images_in_any_order():
    rows, which = TWO.labels_of(np.array([2, 1, 0]))
    assert rows.tolist() == [0, 0, 2, 2]
    assert which.tolist() == [2, 3, 0, 1]


def test_log_likelihood__multiplies_what_every_label_says():
    found = TWO.log_likelihood(np.array([2, 1, 0]), np.log(np.full((3, 2), 0.5)))
    expected = np.log([[0.4 * 0.4, 0.8 * 0.8], [1, 1], [0.9 * 0.4, 0.3 * 0.8]])
    assert found == pytest.approx(expected)


def test_with_noise_of__annotators_keep_their_proportions():
    """Half the common noise halves everyone's, and how it depends on the image is the new one's."""
    half, full = NoiseModel(0.8 * np.eye(2) + 0.1, 0.3, 0.2), NoiseModel(0.6 * np.eye(2) + 0.2)
    changed = TWO.with_noise_of(half, full)
    for before, after in zip(TWO.models, changed.models, strict=True):
        assert noise_share(after.transition) == pytest.approx(noise_share(before.transition) / 2)
        assert (after.exponent, after.offset) == (0.3, 0.2)
    assert TWO.models[0].exponent == 0
