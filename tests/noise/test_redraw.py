import numpy as np
import pytest

from labelfix.noise.candidates import Candidates, DoubtScale
from labelfix.noise.hypotheses import NoiseModel
from labelfix.noise.mixture import Mixture
from labelfix.noise.redraw import draw_given, given_chances


def model_of(*mixtures, weights):
    return NoiseModel(mixtures, np.array(weights), 1.0, DoubtScale(np.linspace(0, 1, 3)))


@pytest.fixture
def mixture():
    weights = np.array([[0.7, 0.1, 0.1, 0.1], [0.6, 0.0, 0.3, 0.1], [0.8, 0.1, 0.0, 0.1]])
    confusions = np.array([[0, 0.9, 0.1], [0.5, 0, 0.5], [1, 0, 0]])
    return Mixture(1.5, 1.0, weights, confusions)


@pytest.fixture
def like():
    return np.array([[0.5, 0.3, 0.2], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8], [0.6, 0.2, 0.2]])


def test_given_chances__by_hand(like):
    weights = np.tile([0.6, 0.2, 0.1, 0.1], (3, 1))
    mixture = Mixture(0.0, 1.0, weights, np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0.0]]))
    chances = given_chances(
        model_of(mixture, weights=[0.3, 0.7]), like[:1], np.array([0]), np.array([0.5])
    )
    # 0.2 / 2 evenly, 0.1 on class 1, 0.1 by the looks: 0.3 and 0.2 of 0.5
    assert chances[0] == pytest.approx([0.6, 0.1 + 0.1 + 0.06, 0.1 + 0.04])


def test_given_chances__are_those_that_posteriors_are_made_of(mixture, like):
    true, doubt = np.array([0, 1, 2, 1]), np.array([0.1, 0.4, 0.6, 0.9])
    chances = given_chances(model_of(mixture, weights=[1.0, 0.0]), like, true, doubt)
    assert chances.sum(axis=1) == pytest.approx(np.ones(4))
    classes = np.broadcast_to(np.arange(3), (4, 3))
    for given in range(3):
        images = Candidates(classes, np.log(like), np.full(4, given), doubt)
        assert chances[:, given] == pytest.approx(mixture.likelihood(images)[np.arange(4), true])


def test_given_chances__that_all_are_right_is_left_out(mixture, like):
    true, doubt = np.array([0, 1, 2, 1]), np.full(4, 0.5)
    some, other = (model_of(mixture, weights=weights) for weights in ([1.0, 0.0], [0.01, 0.99]))
    assert np.allclose(
        given_chances(some, like, true, doubt), given_chances(other, like, true, doubt)
    )


def test_draw_given__as_often_as_the_model_has_it(mixture):
    log_true = np.log(np.tile([0.5, 0.3, 0.2], (6000, 1)))
    true = np.zeros(6000, dtype=np.int64)
    true[:2] = 1, 2
    drawn = draw_given(model_of(mixture, weights=[1, 0]), log_true, true, np.random.default_rng(0))
    expected = given_chances(
        model_of(mixture, weights=[1, 0]), np.exp(log_true[2:3]), true[2:3], np.array([0.5])
    )[0]
    shares = np.bincount(drawn[2:], minlength=3) / 5998
    assert shares == pytest.approx(expected, abs=0.02)


def test_draw_given__no_class_that_is_not_there(mixture):
    log_true = np.log(np.tile([0.2, 0.3, 0.5], (500, 1)))
    true = np.arange(500) % 2
    drawn = draw_given(model_of(mixture, weights=[1, 0]), log_true, true, np.random.default_rng(0))
    assert set(drawn.tolist()) == {0, 1}
    assert 0 < (drawn != true).sum() < 250
