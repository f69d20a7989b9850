"""The mixture: P(given | true, image) by hand, and fitted to labels whose noise is known."""

import numpy as np
import pytest

from labelfix.noise.candidates import Candidates, DoubtScale
from labelfix.noise.mixture import CLASS_ROWS, Mixture, fit_mixture, log_occam_factor

CONFUSIONS = np.array([[0, 0.75, 0.25], [1, 0, 0], [0.5, 0.5, 0]])
WEIGHTS = np.array([[0.7, 0.1, 0.1, 0.1], [0.4, 0.2, 0.3, 0.1], [1, 0, 0, 0]])
TILTED = Mixture(2.0, 1.0, WEIGHTS, CONFUSIONS)
LEVEL = Mixture(0.0, 1.0, WEIGHTS, CONFUSIONS)


def one_image(*true, given, doubt=0.5, classes=None):
    classes = range(len(true)) if classes is None else classes
    return Candidates(
        np.array([classes]), np.log([true]), np.array([given]), np.array([doubt], dtype=float)
    )


def implied(mixture, images):
    """(C, C) P(given | true), the mean over all images."""
    true = images.sharpened(mixture.sharpness)
    columns = []
    for label in range(len(mixture.confusions)):
        said = mixture.likelihood(images.with_labels(np.full(len(true), label)))
        columns.append((true * said).sum(axis=0) / true.sum(axis=0))
    return np.column_stack(columns)


# --- by hand -------------------------------------------------------------------------------------


def test_shares__by_hand():
    """A doubt of 3/4 at a slope of 2 makes the last two weights e^(1/2) times as large."""
    found = np.array(TILTED.shares(one_image(0.5, 0.3, 0.2, given=0, doubt=0.75)))[:, 0]
    more = np.exp(0.5)
    assert found[:, 0] == pytest.approx(np.array([0.7, 0.1, 0.1 * more, 0.1 * more]) / 1.12974425)
    assert found[:, 2] == pytest.approx(np.array([1, 0, 0, 0]))
    assert found.sum(axis=0) == pytest.approx(np.ones(3))


def test_likelihood__by_hand():
    """Label 1 of an image of p = (1/2, 3/10, 1/5), in the middle of all doubts.

    Of class 0: 0.1/2 + 0.1 * 0.75 + 0.1 * 0.3/0.5. Of class 1: 0.4. Of class 2: all are right.
    """
    for mixture in (LEVEL, TILTED):
        found = mixture.likelihood(one_image(0.5, 0.3, 0.2, given=1))
        assert found == pytest.approx(np.array([[0.05 + 0.075 + 0.06, 0.4, 0]]))


def test_likelihood__doubt_makes_mistakes_likelier():
    more = np.exp(1)
    found = TILTED.likelihood(one_image(0.5, 0.3, 0.2, given=1, doubt=1))[0]
    total = 0.8 + 0.2 * more
    assert found[0] == pytest.approx((0.05 + (0.075 + 0.06) * more) / total)
    assert found[1] == pytest.approx(0.4 / (0.6 + 0.4 * more))


@pytest.mark.parametrize("doubt", [0, 0.3, 1])
def test_likelihood__all_labels_together_are_one(doubt):
    total = sum(
        TILTED.likelihood(one_image(0.5, 0.3, 0.2, given=label, doubt=doubt)) for label in range(3)
    )
    assert total == pytest.approx(np.ones((1, 3)))


def test_likelihood__no_label_tells_nothing():
    assert TILTED.likelihood(one_image(0.5, 0.3, 0.2, given=-1)).tolist() == [[1, 1, 1]]


def test_likelihood__label_that_is_no_candidate():
    """The image does not look like it: 0.1/2 + 0.1 * 0.25 for class 0, 0.2/2 for class 1."""
    found = LEVEL.likelihood(one_image(0.6, 0.4, given=2, classes=[0, 1]))
    assert found == pytest.approx(np.array([[0.075, 0.1]]))


def test_likelihood__an_image_that_is_surely_of_a_class():
    """What is left for other classes is never divided by less than a thousandth."""
    found = LEVEL.likelihood(one_image(1 - 2e-9, 1e-9, 1e-9, given=1))
    assert found[0, 0] == pytest.approx(0.05 + 0.075 + 0.1 * 1e-9 / 1e-3)


def test_likelihood__more_classes_than_candidates():
    """Where no more than 17 classes are likely, it is as if all were looked at."""
    random = np.random.default_rng(0)
    true = np.full((40, 30), 1e-9)
    true[:, 3:17] += random.dirichlet([0.5] * 14, 40)
    true /= true.sum(axis=1, keepdims=True)
    given = random.integers(0, 30, 40)
    confusions = random.dirichlet([1.0] * 30, 30) * (1 - np.eye(30))
    weights = random.dirichlet([9.0, 1, 1, 1], 30)
    mixture = Mixture(1.5, 1.0, weights, confusions / confusions.sum(axis=1, keepdims=True))
    some = DoubtScale.of(np.log(true)).candidates(np.log(true), given)
    every = Candidates(np.tile(np.arange(30), (40, 1)), np.log(true), given, some.doubt)
    found, expected = np.zeros((2, 40, 30))
    for images, target in ((some, found), (every, expected)):
        joint = images.sharpened(1.0) * mixture.likelihood(images)
        np.add.at(target, (np.arange(40)[:, None], images.classes), joint)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_first__mistakes_are_alike():
    found = Mixture.first(1.5, 2.0, 5)
    assert (found.slope, found.sharpness) == (1.5, 2.0)
    assert found.weights.sum(axis=1) == pytest.approx(np.ones(5))
    assert found.confusions == pytest.approx((1 - np.eye(5)) / 4)


# --- fitted --------------------------------------------------------------------------------------


def test_fit_mixture__finds_the_matrix(make, matrix):
    """10,000 images of overlapping classes: the worst cell is off by 0.04 at the most."""
    images = make(10_000, matrix).images
    fitted, _ = fit_mixture(images, Mixture.first(0.0, 1.0, 4), rounds=20)
    assert implied(fitted, images) == pytest.approx(matrix, abs=0.04)


def test_fit_mixture__right_labels(make):
    images = make(3000, np.eye(4)).images
    fitted, _ = fit_mixture(images, Mixture.first(0.0, 1.0, 4), rounds=20)
    assert implied(fitted, images).diagonal().min() > 0.99


@pytest.mark.parametrize("slope", [0.0, 3.0])
def test_fit_mixture__every_round_makes_the_labels_likelier(make, matrix, slope):
    """Up to what the classes have in common, which they lean on with 20 labels each."""
    images = make(3000, matrix).images
    mixture, likelihoods = Mixture.first(slope, 1.0, 4), []
    for _ in range(8):
        mixture, likelihood = fit_mixture(images, mixture, rounds=1)
        likelihoods.append(likelihood)
    assert np.diff(likelihoods).min() > -0.1
    assert likelihoods[-1] > likelihoods[0] + 20


def test_fit_mixture__likelihood_is_that_of_the_labels(make):
    made = make(200, np.eye(3))
    start = Mixture.first(1.5, 1.0, 3)
    _, found = fit_mixture(made.images, start, rounds=1)
    expected = np.log((made.posterior * start.likelihood(made.images)).sum(axis=1)).sum()
    assert found == pytest.approx(expected)


def test_fit_mixture__slope_and_sharpness_stay_and_rows_sum_to_one(make, matrix):
    fitted, _ = fit_mixture(make(300, matrix).images, Mixture.first(3.0, 1.4, 4), rounds=3)
    assert (fitted.slope, fitted.sharpness) == (3.0, 1.4)
    assert fitted.weights.sum(axis=1) == pytest.approx(np.ones(4))
    assert fitted.confusions.sum(axis=1) == pytest.approx(np.ones(4))
    assert (fitted.confusions.diagonal() == 0).all()


def test_fit_mixture__rounds_go_on_where_they_stopped(make, matrix):
    images, start = make(300, matrix).images, Mixture.first(1.5, 1.0, 4)
    once, _ = fit_mixture(images, start, rounds=5)
    again, _ = fit_mixture(images, fit_mixture(images, start, rounds=3)[0], rounds=2)
    assert (again.weights == once.weights).all()


def test_fit_mixture__known_truth_decides(make, matrix):
    """As if of every image the class were known: the share of right labels of each class."""
    made = make(3000, matrix)
    known = np.eye(4)[made.true]
    fitted, _ = fit_mixture(made.images, Mixture.first(0.0, 1.0, 4), rounds=20, true=known)
    right = [(made.given == made.true)[made.true == one].mean() for one in range(4)]
    assert fitted.weights[:, 0] == pytest.approx(np.array(right), abs=0.02)


def test_fit_mixture__few_labels_keep_to_what_is_common(make):
    """Two labels of a class move its weights by 2 / (20 + 2) at the most."""
    common = Mixture(0.0, 1.0, np.tile([0.4, 0.3, 0.2, 0.1], (3, 1)), CONFUSIONS)
    few = make(2, np.eye(3)).images
    fitted, _ = fit_mixture(few, common, rounds=1, common=common)
    assert fitted.weights == pytest.approx(common.weights, abs=2 / (CLASS_ROWS + 2))
    assert fitted.confusions == pytest.approx(common.confusions, abs=2 / (CLASS_ROWS + 2))
    assert (fitted.weights != common.weights).any()


def test_fit_mixture__class_without_images_is_like_the_others(make):
    made = make(3000, 0.8 * np.eye(3) + 0.2 / 3)
    log_true = np.column_stack([np.log(made.posterior), np.full(3000, -40.0)])
    images = made.scale.candidates(log_true, made.given)
    fitted, _ = fit_mixture(images, Mixture.first(0.0, 1.0, 4), rounds=20)
    assert fitted.weights[3, 0] == pytest.approx(fitted.weights[:3, 0].mean(), abs=0.05)


def test_log_occam_factor__larger_the_fewer_the_labels(make, matrix):
    """A label owes the less to the fit the more there are; right labels owe nothing."""
    factors = {}
    for count in (200, 2000):
        images = make(count, matrix).images
        fitted, _ = fit_mixture(images, Mixture.first(0.0, 1.0, 4), rounds=12)
        factors[count] = log_occam_factor(fitted, images)
    assert factors[200] < 0
    assert factors[200] / 200 < factors[2000] / 2000 < 0
    right = make(2000, np.eye(4)).images
    fitted, _ = fit_mixture(right, Mixture.first(0.0, 1.0, 4), rounds=12)
    assert log_occam_factor(fitted, right) == pytest.approx(0, abs=1)


def test_log_occam_factor__two_classes_have_no_free_confusions(make):
    images = make(100, np.array([[0.8, 0.2], [0.3, 0.7]])).images
    fitted, _ = fit_mixture(images, Mixture.first(0.0, 1.0, 2), rounds=5)
    assert log_occam_factor(fitted, images) == 0
