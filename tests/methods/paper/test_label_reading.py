"""From a denoised label vector to probabilities, by hand."""

import numpy as np
import pytest

from labelfix.methods.paper.label_reading import class_probabilities


@pytest.mark.parametrize(
    ("label_0", "probabilities"),
    [
        ([1, 0, 0], [1, 0, 0]),
        ([0.5, 0.5, 0], [0.5, 0.5, 0]),
        ([0.6, 0.2, 0.2], [0.6, 0.2, 0.2]),
        ([1.25, 0.25, 0], [0.75, 0.25, 0]),  # 1.25 is as far from 1 as 0.75 is
        ([-0.5, 0.5, 3], [0, 1, 0]),  # further from 1 than 1: nothing
        ([0.9, 0.9, 0], [0.5, 0.5, 0]),
        ([0, 0, 0], [1 / 3, 1 / 3, 1 / 3]),
        ([-4, 2, 9], [1 / 3, 1 / 3, 1 / 3]),
    ],
)
def test_class_probabilities__by_hand(label_0, probabilities):
    found = class_probabilities(np.array([label_0], np.float32))
    assert found.dtype == np.float64
    assert found[0].tolist() == pytest.approx(probabilities, abs=1e-6)


def test_class_probabilities__properties():
    label_0 = np.random.default_rng(0).normal(0.3, 0.8, (500, 7)).astype(np.float32)
    label_0[::50] = 0
    probabilities = class_probabilities(label_0)
    assert probabilities.shape == (500, 7)
    assert np.abs(probabilities.sum(axis=1) - 1).max() < 1e-12
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    nearest = np.abs(label_0.astype(np.float64) - 1).argmin(axis=1)
    best = probabilities.max(axis=1)
    assert np.array_equal(probabilities[np.arange(500), nearest], best)
    assert (probabilities[::50] == 1 / 7).all()


def test_class_probabilities__does_not_change_its_input():
    label_0 = np.array([[0.5, 1.5]], np.float32)
    class_probabilities(label_0)
    assert label_0.tolist() == [[0.5, 1.5]]
