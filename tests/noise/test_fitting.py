"""The noise model of simulated labels: what is kept of the matrix, what the labels change."""

import numpy as np
import pytest

from labelfix.noise.fitting import LEAST_WEIGHT, fit_noise_model, likeliest_noise
from labelfix.noise.model import NoiseModel, posterior
from labelfix.noise.transition import noise_share


def simulated(exponent, count=6000):
    """Five classes: the matrix, log p(true | image), and labels of image-dependent noise."""
    random = np.random.default_rng(0)
    matrix = 0.7 * np.eye(5) + 0.3 * (1 - np.eye(5)) / 4
    probabilities = random.dirichlet([0.4] * 5, count) + 1e-3
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    truth = (random.random((count, 1)) > probabilities.cumsum(axis=1)[:, :-1]).sum(axis=1)
    chances = matrix[truth] * probabilities**exponent
    chances /= chances.sum(axis=1, keepdims=True)
    given = (random.random((count, 1)) > chances.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return matrix, np.log(probabilities), given


def test_fit_noise_model__noise_that_depends_on_the_class():
    model = fit_noise_model(*simulated(0))
    assert model.exponent == pytest.approx(0, abs=0.06)


@pytest.mark.parametrize("exponent", [0.3, 0.5])
def test_fit_noise_model__noise_that_depends_on_the_image(exponent):
    """The share of wrong labels is not the matrix's here: the offset has to make up for it."""
    matrix, log_true, given = simulated(exponent)
    wanted = NoiseModel(matrix, exponent).mean_noise(log_true)
    fair = 1 - wanted
    other = fair * np.eye(5) + wanted * (1 - np.eye(5)) / 4
    model = fit_noise_model(other, log_true, given)
    assert model.exponent == pytest.approx(exponent, abs=0.1)


@pytest.mark.parametrize("exponent", [0.0, 0.4])
def test_fit_noise_model__keeps_the_share_of_wrong_labels(exponent):
    matrix, log_true, given = simulated(exponent)
    model = fit_noise_model(matrix, log_true, given)
    wanted = NoiseModel(matrix).mean_noise(log_true)
    assert model.mean_noise(log_true) == pytest.approx(wanted, abs=1e-3)


def test_fit_noise_model__finds_the_shape_that_the_matrix_has_wrong():
    """All labels of class 0 that are wrong say 1; the first matrix thinks noise is even."""
    random = np.random.default_rng(1)
    probabilities = random.dirichlet([0.2] * 4, 20_000) + 1e-4
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    truth = (random.random((20_000, 1)) > probabilities.cumsum(axis=1)[:, :-1]).sum(axis=1)
    shape = np.eye(4)
    shape[0] = [0.4, 0.6, 0, 0]
    given = (random.random((20_000, 1)) > shape[truth].cumsum(axis=1)[:, :-1]).sum(axis=1)
    even = 0.85 * np.eye(4) + 0.15 * (1 - np.eye(4)) / 3
    model = fit_noise_model(even, np.log(probabilities), given)
    assert np.abs(model.transition - shape).sum() < 0.6 * np.abs(even - shape).sum()
    assert model.transition[0, 1] > 0.4
    support = np.bincount(given)
    assert noise_share(model.transition, support) == pytest.approx(noise_share(even, support))


def test_fit_noise_model__few_labels_keep_to_the_matrix():
    matrix, log_true, _ = simulated(0, count=4)
    given = np.array([0, 1, 2, 3])
    model = fit_noise_model(matrix, log_true, given)
    assert model.transition == pytest.approx(matrix, abs=0.05)


def misread(count=8000):
    """Three classes; whoever labels sees what the probabilities say, a third of the time."""
    random = np.random.default_rng(2)
    probabilities = random.dirichlet([0.5] * 3, count) + 1e-4
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    truth = (random.random((count, 1)) > probabilities.cumsum(axis=1)[:, :-1]).sum(axis=1)
    seen = probabilities.argmax(axis=1)
    given = np.where(random.random(count) < 0.5, seen, truth)
    share = float(np.mean(given != truth))
    matrix = (1 - share) * np.eye(3) + share * (1 - np.eye(3)) / 2
    return matrix, np.log(probabilities), given, truth


def test_fit_noise_model__a_label_counts_less_where_people_misread_what_the_denoiser_does():
    matrix, log_true, given, truth = misread()
    naive = NoiseModel(matrix)
    model = fit_noise_model(matrix, log_true, given, dependence=1.0)
    assert LEAST_WEIGHT <= model.weight < 0.9
    assert model.exponent == 0
    each = np.arange(len(given))

    def thought_wrong(of):
        believed = posterior(log_true, of.log_likelihood(log_true, given))
        return 1 - believed[each, given].mean()

    wrong = np.mean(given != truth)
    assert abs(thought_wrong(model) - wrong) < 0.5 * abs(thought_wrong(naive) - wrong)


@pytest.mark.parametrize(("dependence", "power"), [(0.0, 0.0), (0.5, 0.5)])
def test_fit_noise_model__dependence_says_how_far(dependence, power):
    matrix, log_true, given, _ = misread()
    full = fit_noise_model(matrix, log_true, given, dependence=1.0)
    model = fit_noise_model(matrix, log_true, given, dependence=dependence)
    assert model.weight == 1 if not power else full.weight < model.weight < 1


def test_fit_noise_model__independent_noise_counts_in_full():
    matrix, log_true, given = simulated(0)
    model = fit_noise_model(matrix, log_true, given, dependence=1.0)
    assert model.weight == pytest.approx(1, abs=0.08)


def even_noise(share, sharpness=1.0, count=20_000):
    """Six classes, a share of even noise, and p(true | image) that is too sharp by a power."""
    random = np.random.default_rng(3)
    probabilities = random.dirichlet([0.3] * 6, count) + 1e-4
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    truth = (random.random((count, 1)) > probabilities.cumsum(axis=1)[:, :-1]).sum(axis=1)
    given = np.where(
        random.random(count) < share, (truth + random.integers(1, 6, count)) % 6, truth
    )
    joint = 0.2 * np.eye(6) + 0.8 * (1 - np.eye(6)) / 5
    return joint, sharpness * np.log(probabilities), given


@pytest.mark.parametrize("share", [0.1, 0.4, 0.6])
@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.0])
def test_likeliest_noise__finds_amount_and_sharpness_of_even_noise(share, sharpness):
    joint, log_true, given = even_noise(share, sharpness)
    strength, exponent = likeliest_noise(joint, log_true, given)
    assert 0.8 * strength == pytest.approx(share, abs=0.03)
    assert exponent == pytest.approx(1 / sharpness, rel=0.15)


def test_fit_noise_model__a_denoiser_that_is_sure_misreads_nothing():
    """Labels are fewer wrong than the matrix has it, and no weight could make up for that."""
    random = np.random.default_rng(4)
    truth = random.integers(0, 3, 4000)
    log_true = np.log(0.999997 * np.eye(3)[truth] + 1e-6)
    given = np.where(random.random(4000) < 0.05, (truth + 1) % 3, truth)
    matrix = 0.7 * np.eye(3) + 0.3 * (1 - np.eye(3)) / 2
    assert fit_noise_model(matrix, log_true, given, dependence=1.0).weight == 1
