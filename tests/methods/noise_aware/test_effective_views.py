"""Several encoders' views: what a step sees, and what the views are worth together."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from labelfix.data.neighbours import Neighbours
from labelfix.methods.method import GivenLabels
from labelfix.methods.noise_aware.effective_views import Views, effective_views
from labelfix.methods.noise_aware.rounds import cross_fit
from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.runtime.progress import Silent

CLASSES = 5


def likeliest(rng, true, right):
    """Classes that a view says, right that often and else any."""
    wild = rng.integers(CLASSES, size=len(true))
    return np.where(rng.random(len(true)) < right, true, wild)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def made(rng):
    """True labels, given ones of which a fifth is wrong, and two views that err apart."""
    true = rng.integers(CLASSES, size=4000)
    given = likeliest(rng, true, 0.75)
    return true, given, np.array([likeliest(rng, true, 0.7), likeliest(rng, true, 0.7)])


def test_drop__all_views_or_one_alone():
    views = Views((3, 2, 1))
    vectors = torch.ones(4, 6)
    generator = torch.Generator().manual_seed(1)
    seen = [views.drop(vectors, generator) for _ in range(400)]
    together = [each for each in seen if torch.equal(each, vectors)]
    assert 0.4 < len(together) / len(seen) < 0.6
    alone = {tuple(each[0].ne(0).tolist()) for each in seen if not torch.equal(each, vectors)}
    assert alone == {
        (True, True, True, False, False, False),
        (False, False, False, True, True, False),
        (False, False, False, False, False, True),
    }


def test_drop__a_view_alone_is_as_long_as_all_together():
    views = Views((2, 2))
    vectors = torch.tensor([[0.6, 0.8, 0.0, 1.0]]) / 2**0.5
    generator = torch.Generator().manual_seed(1)
    for _ in range(50):
        assert torch.linalg.vector_norm(views.drop(vectors, generator)) == pytest.approx(1)


@pytest.mark.parametrize("dimensions", [(), (6,)])
def test_drop__one_encoder_is_left_as_it_is_and_draws_nothing(dimensions):
    generator = torch.Generator().manual_seed(1)
    before = generator.get_state()
    vectors = torch.ones(4, 6)
    assert Views(dimensions).drop(vectors, generator) is vectors
    assert torch.equal(generator.get_state(), before)


def test_effective_views__errors_apart_are_worth_more_than_one(made):
    _, given, two = made
    assert 1.1 < effective_views(two, given, CLASSES) < 2


def test_effective_views__never_more_than_with_the_truth(made):
    true, given, two = made
    assert effective_views(two, given, CLASSES) < effective_views(two, true, CLASSES)


def test_effective_views__a_copy_adds_nothing(made):
    _, given, two = made
    copies = np.array([two[0], two[0]])
    assert effective_views(copies, given, CLASSES) == pytest.approx(1, abs=1e-3)
    with_copy = np.array([two[0], two[1], two[1]])
    both = effective_views(two, given, CLASSES)
    assert effective_views(with_copy, given, CLASSES) == pytest.approx(both, abs=1e-3)


def test_effective_views__a_view_that_tells_nothing_adds_nothing(made, rng):
    _, given, two = made
    chance = rng.integers(CLASSES, size=len(given))
    assert effective_views(np.array([two[0], chance]), given, CLASSES) < 1.02


def test_effective_views__nothing_known_and_nothing_wrong(rng):
    given = rng.integers(CLASSES, size=500)
    chance = rng.integers(CLASSES, size=(2, 500))
    assert effective_views(chance, given, CLASSES) == 1
    assert effective_views(np.array([given, given]), given, CLASSES) == 1
    most = np.where(rng.random(500) < 0.8, given, (given + 1) % CLASSES)
    never = (given + 1) % CLASSES
    assert effective_views(np.array([most, never]), given, CLASSES) == 1


@pytest.mark.slow
def test_cross_fit__views_are_measured_by_labels_held_out(clusters):
    made = clusters(300, 3, wrong_share=0.2)
    half = made.vectors / np.linalg.norm(made.vectors, axis=1, keepdims=True)
    both = np.hstack([half, half]).astype(np.float32) / np.float32(2**0.5)
    neighbours = Neighbours(
        (np.arange(300)[:, None] + 1) % 300, np.full((300, 1), 0.5, dtype=np.float32)
    )
    data = GivenLabels(both, made.given, neighbours, 3, dimensions=(16, 16))
    options = CrossFitOptions(
        folds=2, epochs=2, early_epochs=1, least_steps=60, width=16, learning_rate=0.01
    )
    fit = cross_fit(data, options, "cpu", Silent())
    read = Views((16, 16)).read_alone(fit, both, "cpu")
    assert (read == made.truth).mean() > 0.8
    assert fit.effective_views == effective_views(read, made.given, 3)
    assert cross_fit(replace(data, dimensions=(32,)), options, "cpu", Silent()).effective_views == 1
