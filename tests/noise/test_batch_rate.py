"""The share of wrong labels in a batch: made batches, of which the truth is known."""

import numpy as np
import pytest

from labelfix.data.shares import WrongShare
from labelfix.noise.batch_rate import TRUST, batch_mixture, batch_rate, share_of, source_chances
from labelfix.noise.candidates import Candidates, DoubtScale
from labelfix.noise.mixture import Mixture

CLASSES = 5
SURE = WrongShare(rows=1000, share=0.05, low=0.05, high=0.05)
"""A reference of which everything is known."""


def made_batch(rows, wrong_rate, seed, *, sharpness=1.5):
    """Chances of a batch whose p(true | image) is right, and whose mistakes are even."""
    random = np.random.default_rng(seed)
    true = random.dirichlet([0.3] * CLASSES, rows) ** sharpness
    true /= true.sum(axis=1, keepdims=True)
    labels = (random.random(rows)[:, None] > true.cumsum(axis=1)).sum(axis=1)
    wrong = random.choice(rows, round(wrong_rate * rows), replace=False)
    labels[wrong] = (labels[wrong] + random.integers(1, CLASSES, len(wrong))) % CLASSES
    log_true = np.log(np.maximum(true, 1e-12))
    images = DoubtScale.of(log_true).candidates(log_true, labels)
    return source_chances(images, Mixture.first(0.0, 1.0, CLASSES))


def test_batch_mixture__by_hand():
    """Of a rate of 0.3 each kind of mistake has a third; confusions are the reference's."""
    reference = Mixture(3.0, 2.0, np.tile([0.5, 0.5, 0, 0], (2, 1)), np.array([[0, 1.0], [1, 0]]))
    found = batch_mixture(reference, 0.3)
    assert found.weights == pytest.approx(np.tile([0.7, 0.1, 0.1, 0.1], (2, 1)))
    assert found.confusions is reference.confusions
    assert (found.slope, found.sharpness) == (0.0, TRUST)


def test_source_chances__by_hand():
    """The label 1 of an image of p = (1/2, 3/10, 1/5).

    Right: 0.3. Any other class: 0.7 / 2. Confusions: 0.5 * 0.75 + 0.2 * 0.5. A look-alike:
    0.5 * 0.3 / 0.5 + 0.2 * 0.3 / 0.8.
    """
    images = Candidates(
        np.array([[0, 1, 2]]), np.log([[0.5, 0.3, 0.2]]), np.array([1]), np.array([0.9])
    )
    confusions = np.array([[0, 0.75, 0.25], [1, 0, 0], [0.5, 0.5, 0]])
    mixture = Mixture(3.0, TRUST, np.full((3, 4), 0.25), confusions)
    found = source_chances(images, mixture)
    assert found == pytest.approx(np.array([[0.3, 0.35, 0.475, 0.375]]))


def test_source_chances__of_all_labels_sum_to_one():
    random = np.random.default_rng(0)
    log_true = np.log(random.dirichlet([1.0] * 4, 20))
    scale, mixture = DoubtScale.of(log_true), Mixture.first(0.0, 1.0, 4)
    total = sum(
        source_chances(scale.candidates(log_true, np.full(20, label)), mixture)
        for label in range(4)
    )
    assert total == pytest.approx(np.ones((20, 4)))


@pytest.mark.parametrize("wrong_rate", [0.0, 0.05, 0.4])
def test_batch_rate__interval_covers_the_truth(wrong_rate):
    found = [batch_rate(made_batch(300, wrong_rate, seed), SURE).overall for seed in range(6)]
    assert sum(one.low <= wrong_rate <= one.high for one in found) >= 5
    assert np.mean([one.share for one in found]) == pytest.approx(wrong_rate, abs=0.03)
    assert all(one.low <= one.share <= one.high for one in found)


def test_batch_rate__more_rows_are_surer():
    few, many = (batch_rate(made_batch(rows, 0.1, 0), SURE).overall for rows in (60, 1500))
    assert many.share - many.low < (few.share - few.low) / 3
    assert many.high - many.low < few.high - few.low


def test_batch_rate__no_surer_than_the_reference():
    chances = made_batch(500, 0.2, 1)
    sure = batch_rate(chances, SURE).overall
    unsure = batch_rate(chances, WrongShare(rows=1000, share=0.05, low=0.03, high=0.09)).overall
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


def test_batch_rate__self_confidence_adds_up_to_the_share():
    """Up to the single label that the sources start with."""
    found = batch_rate(made_batch(1000, 0.1, 0), SURE)
    assert (1 - found.self_confidence).mean() == pytest.approx(found.overall.share, abs=2e-3)


def test_batch_rate__one_row():
    found = batch_rate(made_batch(1, 0.0, 0), SURE).overall
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


def test_share_of__no_rows():
    found = share_of(np.ones(0))
    assert (found.rows, found.share, found.low) == (0, 0, 0)
    assert found.high > 0.9


def test_share_of__which_are_wrong_is_not_known():
    certain = share_of(np.repeat([1.0, 0.0], 10))
    unsure = share_of(np.full(20, 0.5))
    assert unsure.share == certain.share == 0.5
    assert unsure.high > certain.high
