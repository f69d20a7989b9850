"""Class vectors: they count as far as given labels bear them out, and not at all otherwise."""

import numpy as np
import pytest

from labelfix.noise.text_view import fit_text_view

CLASSES, COUNT, WIDTH = 4, 2000, 32
PAIR = 0.65 * np.eye(CLASSES) + 0.35 * np.roll(np.eye(CLASSES), 1, axis=1)


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def made():
    """Images of four classes, what rough directions say of them, and labels with pair noise."""
    random = np.random.default_rng(0)
    true = random.integers(0, CLASSES, COUNT)
    centres = np.linalg.qr(random.normal(size=(WIDTH, CLASSES)))[0].T
    images = unit(2.2 * centres[true] + random.normal(size=(COUNT, WIDTH)))
    learned = unit(centres + 0.16 * random.normal(size=centres.shape))  # of few noisy labels
    logits = 8 * images @ learned.T
    log_true = (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)
    given = (random.random(COUNT)[:, None] > PAIR[true].cumsum(axis=1)).sum(axis=1)
    return true, images, log_true, given, unit(centres)


def fit(made, vectors):
    _, images, log_true, given, _ = made
    return fit_text_view(log_true, images, given, vectors, np.arange(COUNT))


def test_fit_text_view__vectors_that_know_the_classes(made):
    true, images, log_true, _, centres = made
    view = fit(made, centres)
    joined = view.join(log_true, images)
    assert view.counts
    assert (log_true.argmax(axis=1) == true).mean() < 0.75
    assert (joined.argmax(axis=1) == true).mean() > 0.82
    np.testing.assert_allclose(np.exp(joined).sum(axis=1), 1)


def test_fit_text_view__names_alone_are_as_sure_as_they_are_right(made):
    """Only from labels of which a third is wrong."""
    true, images, _, _, centres = made
    said = fit(made, centres).log_text(images)
    right = (said.argmax(axis=1) == true).mean()
    assert np.exp(said.max(axis=1)).mean() == pytest.approx(right, abs=0.08)


@pytest.mark.parametrize("seed", range(4))
def test_fit_text_view__random_vectors_change_next_to_nothing(made, seed):
    centres = made[4]
    drawn = np.random.default_rng(seed).normal(size=(CLASSES, WIDTH))
    view = fit(made, unit(drawn - drawn @ centres.T @ centres))  # not even by luck
    moved = view.join(made[2], made[1]).argmax(axis=1) != made[2].argmax(axis=1)
    assert moved.mean() < 0.005
    assert view.counts or not moved.any()


def test_fit_text_view__names_of_other_classes_change_nothing(made):
    """Vectors that know the classes, each under another's name than the labels have."""
    assert not fit(made, made[4][[2, 3, 0, 1]]).counts


def test_fit_text_view__a_class_whose_vector_knows_nothing(made):
    vectors = made[4].copy()
    vectors[3] = unit(np.random.default_rng(5).normal(size=(1, WIDTH)))[0]
    weights = fit(made, vectors).weights
    assert weights[3] < 0.7 * weights[:3].min()


def test_fit_text_view__offsets_of_the_similarities_do_not_matter(made):
    """CLIP's images are all as near to some names as to no others, whatever they show."""
    _, images, log_true, given, centres = made
    shifted = unit(np.hstack([images, np.full((COUNT, 1), 2.0)]))
    vectors = unit(np.hstack([centres, np.array([[0.0], [1.0], [-1.0], [0.5]])]))
    view = fit_text_view(log_true, shifted, given, vectors, np.arange(COUNT))
    joined = view.join(log_true, shifted)
    assert (joined.argmax(axis=1) == made[0]).mean() > 0.82


def test_without__undoes_join(made):
    view = fit(made, made[4])
    again = view.without(view.join(made[2], made[1]), made[1])
    np.testing.assert_allclose(again, made[2], atol=1e-5)
