"""The share of wrong labels in a batch: simulated batches, of which the truth is known."""

import numpy as np
import pytest

from labelfix.noise.batch_rate import batch_rate, share_of
from labelfix.data.shares import WrongShare
from labelfix.noise.sources import LabelSources

CLASSES = 5
SURE = WrongShare(1000, 0.05, 0.05, 0.05)
"""A reference of which everything is known."""


def simulated(rows, wrong_rate, seed, *, sharpness=1.5):
    """Chances of a batch whose p(true | image) is right, and whose mistakes are even."""
    random = np.random.default_rng(seed)
    true = random.dirichlet([0.3] * CLASSES, rows) ** sharpness
    true /= true.sum(axis=1, keepdims=True)
    labels = (random.random(rows)[:, None] > true.cumsum(axis=1)).sum(axis=1)
    wrong = random.choice(rows, round(wrong_rate * rows), replace=False)
    labels[wrong] = (labels[wrong] + random.integers(1, CLASSES, len(wrong))) % CLASSES
    return LabelSources(np.full((CLASSES, CLASSES), 0.2)).chances(true, labels)


@pytest.mark.parametrize("wrong_rate", [0.0, 0.02, 0.1, 0.4])
def test_batch_rate__interval_covers_the_truth(wrong_rate):
    found = [batch_rate(simulated(1000, wrong_rate, seed), SURE).overall for seed in range(20)]
    assert sum(one.low <= wrong_rate <= one.high for one in found) >= 18
    assert np.mean([one.share for one in found]) == pytest.approx(wrong_rate, abs=0.02)
    assert all(one.low <= one.share <= one.high for one in found)


def test_batch_rate__more_rows_are_surer():
    few, many = (batch_rate(simulated(rows, 0.1, 0), SURE).overall for rows in (100, 3000))
    assert many.share - many.low < (few.share - few.low) / 3
    assert many.high - many.low < few.high - few.low


def test_batch_rate__no_surer_than_the_reference():
    chances = simulated(500, 0.2, 1)
    sure = batch_rate(chances, SURE).overall
    unsure = batch_rate(chances, WrongShare(1000, 0.05, 0.03, 0.09)).overall
    assert unsure.share == sure.share
    assert sure.low - unsure.low == pytest.approx(0.02)
    assert unsure.high - sure.high == pytest.approx(0.04)


def test_batch_rate__labels_that_no_image_contradicts():
    chances = np.tile([1.0, 1e-9, 1e-9, 1e-9], (200, 1))
    found = batch_rate(chances, SURE)
    assert found.overall.share < 0.001
    assert found.overall.low == 0
    assert found.overall.high < 0.02
    assert found.self_confidence == pytest.approx(np.ones(200))


def test_batch_rate__all_labels_wrong():
    found = batch_rate(np.tile([1e-9, 0.3, 0.3, 0.3], (200, 1)), SURE).overall
    assert found.share > 0.99
    assert found.high == 1


def test_batch_rate__one_row():
    found = batch_rate(simulated(1, 0.0, 0), SURE).overall
    assert found.rows == 1
    assert found.high - found.low > 0.5


def test_share_of__by_hand():
    """1 of 4 wrong for certain: (1 + z²/2) of (4 + z²) rows, and z standard errors around it."""
    found = share_of(np.array([1.0, 1.0, 1.0, 0.0]))
    assert (found.rows, found.share) == (4, 0.25)
    assert found.low == pytest.approx(0.0341, abs=5e-4)
    assert found.high == pytest.approx(0.7109, abs=5e-4)


def test_share_of__none_wrong_is_not_certain():
    found = share_of(np.ones(10))
    assert (found.share, found.low) == (0.0, 0.0)
    assert 0.2 < found.high < 0.4


def test_share_of__which_are_wrong_is_not_known():
    certain = share_of(np.repeat([1.0, 0.0], 10))
    unsure = share_of(np.full(20, 0.5))
    assert unsure.share == certain.share == 0.5
    assert unsure.high > certain.high
