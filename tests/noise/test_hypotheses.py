"""Hypotheses on the noise: beliefs by hand, and what made labels of known noise come to."""

import numpy as np
import pytest

from labelfix.noise.belief import transition_of
from labelfix.noise.candidates import DoubtScale
from labelfix.noise.hypotheses import (
    EVIDENCE_ROWS,
    SHARPNESSES,
    SLOPES,
    NoiseModel,
    as_weights,
    fit_hypotheses,
    fitted_rows,
)
from labelfix.noise.mixture import Mixture

SCALE = DoubtScale(np.linspace(0, 1, 11))
SWAPPED = np.array([[0.0, 1.0], [1.0, 0.0]])


def two_classes(right, *, sharpness=1.0):
    """A mixture by which the label is right so often, and else the other class."""
    weights = np.tile([right, 1 - right, 0, 0], (2, 1))
    return Mixture(0.0, sharpness, weights, SWAPPED)


def model_of(*mixtures, weights, sharpness_if_right=1.0):
    return NoiseModel(mixtures, np.array(weights), sharpness_if_right, SCALE)


def pair_of(*rows, given):
    """Images of two classes, by p(true = 0 | image)."""
    true = np.array([[row, 1 - row] for row in rows])
    return SCALE.candidates(np.log(true), np.array(given))


def random_images(classes, count=40, labelled=True):
    random = np.random.default_rng(0)
    true = random.dirichlet([0.3] * classes, count) * 0.99 + 0.01 / classes
    given = random.integers(0 if labelled else -1, classes, count)
    return DoubtScale.of(np.log(true)).candidates(np.log(true), given)


def random_model(classes):
    random = np.random.default_rng(1)
    confusions = random.dirichlet([1.0] * classes, classes) * (1 - np.eye(classes))
    confusions /= confusions.sum(axis=1, keepdims=True)
    mixtures = [
        Mixture(slope, sharpness, random.dirichlet([9.0, 1, 1, 1], classes), confusions)
        for slope, sharpness in ((0.0, 0.7), (1.5, 1.0), (3.0, 2.0))
    ]
    return model_of(*mixtures, weights=[0.2, 0.3, 0.1, 0.4], sharpness_if_right=1.4)


# --- belief --------------------------------------------------------------------------------------


def test_believe__by_hand():
    """Label 1 of an image of p = (4/5, 1/5): right by 0.9 or 0.6 of labels, or by all.

    Posteriors of the label 0.2 * 0.9 / (0.8 * 0.1 + 0.2 * 0.9) = 9/13 and
    0.2 * 0.6 / (0.8 * 0.4 + 0.2 * 0.6) = 3/11.
    """
    model = model_of(two_classes(0.9), two_classes(0.6), weights=[0.25, 0.25, 0.5])
    belief = model.believe(pair_of(0.8, given=[1]))
    assert belief.right == pytest.approx(np.array([[9 / 13], [3 / 11], [1]]))
    mean = (9 / 13 + 3 / 11) / 4 + 0.5
    assert belief.mean_right == pytest.approx([mean])
    assert belief.probabilities == pytest.approx(np.array([[1 - mean, mean]]))
    squares = ((9 / 13) ** 2 + (3 / 11) ** 2) / 4 + 0.5
    assert belief.variance == pytest.approx([squares - mean**2])
    assert belief.right_if_noisy == pytest.approx([(9 / 13 + 3 / 11) / 2])


def test_believe__sharpness_is_the_power_of_what_the_image_tells():
    """(0.8, 0.2) squared is in proportion to (16, 1)."""
    model = model_of(two_classes(0.9, sharpness=2.0), weights=[1, 0])
    found = model.believe(pair_of(0.8, given=[1])).probabilities
    assert found == pytest.approx(np.array([[16 * 0.1, 0.9]]) / 2.5)


def test_believe__without_noise_it_is_the_given_label():
    images = random_images(5)
    model = model_of(Mixture.first(0.0, 1.0, 5), weights=[1, 0])
    sure = Mixture(0.0, 1.0, np.tile([1.0, 0, 0, 0], (5, 1)), model.mixtures[0].confusions)
    for one in (model_of(sure, weights=[1, 0]), model_of(sure, weights=[0, 1])):
        found = one.believe(images)
        assert found.probabilities == pytest.approx(np.eye(5)[images.given])
        assert found.mean_right == pytest.approx(np.ones(40))
        assert found.variance == pytest.approx(np.zeros(40))


def test_believe__labels_by_chance_tell_nothing():
    """Right as often as wrong, of two classes: p(true | image) comes back."""
    images = pair_of(0.8, 0.3, given=[1, 1])
    found = model_of(two_classes(0.5), weights=[1, 0]).believe(images)
    assert found.probabilities == pytest.approx(np.array([[0.8, 0.2], [0.3, 0.7]]))


def test_believe__rows_without_a_label_keep_what_the_image_tells():
    images = pair_of(0.8, 0.3, given=[-1, -1])
    model = model_of(two_classes(0.9), two_classes(0.6), weights=[0.25, 0.25, 0.5])
    found = model.believe(images)
    assert found.probabilities == pytest.approx(np.array([[0.8, 0.2], [0.3, 0.7]]))
    assert (found.right == 0).all()
    assert (found.variance == 0).all()


@pytest.mark.parametrize("classes", [2, 3, 17, 30])
def test_believe__rows_sum_to_one(classes):
    images = random_images(classes, labelled=False)
    found = random_model(classes).believe(images)
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(40))
    of_given = np.where(images.is_given, found.probabilities, 0).sum(axis=1)
    assert of_given == pytest.approx(found.mean_right)
    assert ((found.right >= 0) & (found.right <= 1 + 1e-12)).all()


@pytest.mark.parametrize("classes", [2, 3, 17, 30])
def test_believe__a_row_alone_is_as_in_a_batch_bit_for_bit(classes):
    images, model = random_images(classes, labelled=False), random_model(classes)
    together = model.believe(images)
    for row in range(len(images.given)):
        alone = model.believe(images.of(np.array([row])))
        assert (alone.probabilities[0] == together.probabilities[row]).all()
        assert (alone.right[:, 0] == together.right[:, row]).all()


def test_believe__all_right_where_classes_are_many():
    """Whichever candidate the given label is, it has all of the belief."""
    true = np.random.default_rng(0).dirichlet([0.3] * 30, 30) * 0.99 + 0.01 / 30
    given = np.arange(30)
    model = model_of(Mixture.first(0.0, 1.0, 30), weights=[0, 1])
    found = model.believe(SCALE.candidates(np.log(true), given))
    assert found.probabilities.max(axis=1) == pytest.approx(np.ones(30))
    assert (found.classes[np.arange(30), found.probabilities.argmax(axis=1)] == given).all()


def test_believe__other_evidence_than_the_label():
    """Likelihoods of 1 and 3 in place of the label's: 0.8 to 0.6."""
    model = model_of(two_classes(0.9), weights=[1, 0])
    asked = []

    def likelihood(number, mixture):
        asked.append((number, mixture))
        return np.array([[1.0, 3.0]])

    found = model.believe(pair_of(0.8, given=[1]), likelihood)
    assert found.probabilities == pytest.approx(np.array([[0.8, 0.6]]) / 1.4)
    assert asked == [(0, model.mixtures[0])]


# --- how much each is believed -------------------------------------------------------------------


def test_believed__hypotheses_that_hardly_are_go():
    model = model_of(*map(two_classes, (0.9, 0.8, 0.7)), weights=[0.3, 0.3, 0.3, 0.1])
    found = model.believed(np.array([0.4, 0.0003, 0.2, 1.0]))
    assert list(found.mixtures) == [model.mixtures[0], model.mixtures[2]]
    assert found.weights == pytest.approx(np.array([0.4, 0.2, 1.0]) / 1.6)
    assert found.best is model.mixtures[0]
    assert found.all_right == pytest.approx(1 / 1.6)


def test_believed__mixtures_stay_where_all_labels_are_right():
    """They still rank the rows for review."""
    model = model_of(two_classes(0.9), two_classes(0.8), weights=[0.5, 0.5, 0])
    found = model.believed(np.array([1e-9, 1e-10, 1.0]))
    assert len(found.mixtures) == 2
    assert found.all_right == pytest.approx(1)
    belief = found.believe(pair_of(0.8, given=[1]))
    assert belief.right_if_noisy == pytest.approx([(10 * 9 / 13 + 0.5) / 11])


def test_best__is_never_the_last():
    model = model_of(two_classes(0.9), two_classes(0.8), weights=[0.1, 0.2, 0.7])
    assert model.best is model.mixtures[1]


def test_as_weights__by_hand():
    assert as_weights(np.log([1.0, 2.0, 5.0])) == pytest.approx(np.array([0.125, 0.25, 0.625]))
    assert as_weights(np.array([-1e5, -1e5 - np.log(3)])) == pytest.approx([0.75, 0.25])


# --- fitted to labels ----------------------------------------------------------------------------


def test_fit_hypotheses__one_for_each_slope_and_sharpness_and_all_right(make, matrix):
    made = make(400, matrix)
    found = fit_hypotheses(made.images, made.scale, 4)
    pairs = [(mixture.slope, mixture.sharpness) for mixture in found.model.mixtures]
    assert pairs == [(slope, sharpness) for slope in SLOPES for sharpness in SHARPNESSES]
    assert len(found.log_evidence) == len(found.model.weights) == len(pairs) + 1
    assert found.model.weights.sum() == pytest.approx(1)
    assert found.model.weights == pytest.approx(as_weights(found.log_evidence))
    assert found.model.scale is made.scale


@pytest.mark.slow
def test_fit_hypotheses__noise_is_found_and_corrected(make, matrix):
    """Within a point of what the matrix itself would do; the share within 3.5 points."""
    made = make(2000, matrix)
    model = fit_hypotheses(made.images, made.scale, 4).model
    belief = model.believe(made.images)
    best = (made.posterior * matrix[:, made.given].T).argmax(axis=1)
    corrected = belief.probabilities.argmax(axis=1)
    assert (corrected == made.true).mean() > (best == made.true).mean() - 0.01
    assert (corrected == made.true).mean() > (made.given == made.true).mean() + 0.08
    wrong = (made.given != made.true).mean()
    assert 1 - belief.mean_right.mean() == pytest.approx(wrong, abs=0.035)
    assert model.all_right < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("distance", [1.0, 2.0, 3.0])
def test_fit_hypotheses__right_labels_stay(make, distance):
    """The denoiser errs on up to a third of these images, and its probabilities say so."""
    made = make(1500, np.eye(4), distance=distance)
    model = fit_hypotheses(made.images, made.scale, 4).model
    belief = model.believe(made.images)
    assert (made.posterior.argmax(axis=1) != made.true).mean() > 0.01
    assert (belief.probabilities.argmax(axis=1) == made.given).mean() >= 0.999
    assert 1 - belief.mean_right.mean() < 0.03
    assert model.all_right > 0.4


@pytest.mark.slow
@pytest.mark.parametrize(("power", "least"), [(0.5, 0.7), (0.7, 0.7), (1.4, 0.25)])
def test_fit_hypotheses__sharpness_of_the_denoiser_is_found(make, power, least):
    """p(true | image) is not calibrated: a sharpness that makes up for some of it, or for all."""
    made = make(2000, 0.7 * np.eye(4) + 0.3 * np.roll(np.eye(4), 1, axis=1))
    log_true = power * np.log(made.posterior)
    images = DoubtScale.of(log_true).candidates(log_true, made.given)
    model = fit_hypotheses(images, made.scale, 4).model
    mean = model.weights[:-1] @ [np.log(mixture.sharpness) for mixture in model.mixtures]
    assert least < mean / -np.log(power) < 1.2


def test_fit_hypotheses__labels_count_as_those_of_500_images_at_most(make):
    """Four times 500 rows weigh 1.6 times as much, not four times."""
    matrix = 0.6 * np.eye(4) + 0.1
    made = make(500, matrix)
    evidence = []
    for copies in (1, 4):
        images = made.images.of(np.tile(np.arange(500), copies))
        found = fit_hypotheses(images, made.scale, 4, slopes=[1.5]).log_evidence
        evidence.append(found[:-1].max() - found[-1])
    most = (4 * EVIDENCE_ROWS / (EVIDENCE_ROWS + 2000)) / (EVIDENCE_ROWS / (EVIDENCE_ROWS + 500))
    assert evidence[0] > 10
    assert 0.8 * most < evidence[1] / evidence[0] < 1.2 * most


def test_fit_hypotheses__two_classes_and_few_rows(make):
    made = make(30, 0.8 * np.eye(2) + 0.1)
    model = fit_hypotheses(made.images, made.scale, 2).model
    found = model.believe(made.images).probabilities
    assert np.isfinite(found).all()
    assert model.weights.sum() == pytest.approx(1)


def test_fit_hypotheses__classes_in_another_order(make):
    """What is believed does not hang on the numbers of the classes."""
    matrix = 0.6 * np.eye(4) + 0.1
    made = make(400, matrix)
    order = np.array([2, 0, 3, 1])  # the class at each new place
    log_true = np.log(made.posterior)[:, order]
    moved = made.scale.candidates(log_true, np.argsort(order)[made.given])
    found = fit_hypotheses(made.images, made.scale, 4).model.believe(made.images)
    again = fit_hypotheses(moved, made.scale, 4).model.believe(moved)
    assert again.probabilities == pytest.approx(found.probabilities[:, order], abs=1e-6)


# --- the rest ------------------------------------------------------------------------------------


def test_transition_of__by_hand():
    found = transition_of(np.array([[7.0, 1.0], [0.0, 0.0]]))
    assert found == pytest.approx(
        np.array([[8.0005, 1.0005], [0.0005, 1.0005]]) / [[9.001], [1.001]]
    )


@pytest.mark.parametrize(
    ("count", "classes", "most"),
    [(1, 2, 1), (300, 4, 300), (10_000, 10, 10_000), (50_000, 10, 10_000), (90_000, 1000, 50_000)],
)
def test_fitted_rows__evenly_spread_and_as_many_as_are_allowed(count, classes, most):
    rows = fitted_rows(count, classes)
    assert len(rows) == most
    assert (rows[0], rows[-1]) == (0, count - 1)
    if count > 1:
        assert set(np.diff(rows)) <= {count // most, count // most + 1}
