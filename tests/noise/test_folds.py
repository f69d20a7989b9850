"""Folds: copies stay together, classes and sizes are even, no fold takes all."""

import numpy as np
import pytest

from labelfix.data.neighbours import Neighbours
from labelfix.noise.folds import assign_folds, near_duplicates


def ring(count, close=()):
    """Each image's neighbours are the next, unlike it, but for `close`: image, other, cosine."""
    indices = (np.arange(count)[:, None] + [1, 2][: count - 1]) % count
    similarities = np.full(indices.shape, 0.3, dtype=np.float32)
    used = np.zeros(count, dtype=int)
    for image, other, similarity in close:
        indices[image, used[image]] = other
        similarities[image, used[image]] = similarity
        used[image] += 1
    return Neighbours(indices, similarities)


def test_near_duplicates__from_the_threshold_on():
    neighbours = Neighbours(
        np.array([[1, 2], [0, 2], [0, 1]]),
        np.array([[1, 0.99], [0.9899, 0.5], [-1, -0.99]], dtype=np.float32),
    )
    assert near_duplicates(neighbours).tolist() == [[True, True], [False, False], [False, False]]


@pytest.mark.parametrize(("count", "folds"), [(2, 2), (30, 8), (101, 4), (64, 64)])
def test_assign_folds__sizes_differ_by_one_at_most(count, folds):
    labels = np.random.default_rng(0).integers(0, 5, count)
    sizes = np.bincount(assign_folds(labels, ring(count), folds, seed=3), minlength=folds)
    assert len(sizes) == folds
    assert sizes.sum() == count
    assert sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize("seed", range(4))
def test_assign_folds__every_class_is_spread_over_all(seed):
    labels = np.random.default_rng(seed).permutation(np.repeat([0, 1, 2, 3], [41, 7, 4, 1]))
    fold_of = assign_folds(labels, ring(len(labels)), 4, seed)
    for label in range(4):
        of_class = np.bincount(fold_of[labels == label], minlength=4)
        assert of_class.max() - of_class.min() <= 1


@pytest.mark.parametrize("seed", range(4))
def test_assign_folds__copies_share_a_fold(seed):
    """Pairs, one of which knows of the other, and a chain of three; whatever they are labelled."""
    pairs = [(first, first + 30) for first in range(20)]
    close = [(*pair, 0.99) for pair in pairs] + [(60, 62, 0.995), (62, 64, 0.995)]
    labels = np.random.default_rng(seed).integers(0, 3, 70)
    fold_of = assign_folds(labels, ring(70, close), 5, seed)
    assert all(fold_of[first] == fold_of[second] for first, second in pairs)
    assert fold_of[60] == fold_of[62] == fold_of[64]
    assert len(set(fold_of)) == 5


def test_assign_folds__less_alike_than_copies_are_dealt_apart():
    close = [(first, first + 30, 0.9899) for first in range(30)]
    fold_of = assign_folds(np.zeros(60, dtype=np.int64), ring(60, close), 5, seed=0)
    assert (fold_of[:30] != fold_of[30:]).any()


def test_assign_folds__groups_of_copies_fill_folds_evenly():
    starts = range(0, 30, 5)
    close = [(start + step, start + step + 1, 1.0) for start in starts for step in range(4)]
    fold_of = assign_folds(np.zeros(30, dtype=np.int64), ring(30, close), 3, seed=0)
    assert np.bincount(fold_of).tolist() == [10, 10, 10]
    assert all(len(set(fold_of[start : start + 5])) == 1 for start in starts)


def test_assign_folds__giant_group_of_copies_is_dealt_over_all():
    close = [(image, (image + 1) % 100, 1.0) for image in range(100)]
    fold_of = assign_folds(np.arange(100) % 2, ring(100, close), 4, seed=0)
    assert np.bincount(fold_of).tolist() == [25, 25, 25, 25]


def test_assign_folds__a_giant_group_does_not_pull_others_apart():
    """60 images are chained copies, too many for a fold; 20 others are pairs of copies."""
    giant = [(image, image + 1, 0.995) for image in range(59)]
    pairs = [(image, image + 1, 0.995) for image in range(60, 80, 2)]
    fold_of = assign_folds(np.zeros(100, dtype=np.int64), ring(100, giant + pairs), 4, seed=0)
    assert np.array_equal(fold_of[60:80:2], fold_of[61:80:2])
    assert len(set(fold_of[:60])) == 4


def test_assign_folds__copies_that_are_most_of_a_class_are_dealt_out():
    """A denoiser that judges an image has to have seen others of its class."""
    labels = np.array([0] * 40 + [1] * 4)
    copies = [(40, 41, 0.999), (41, 42, 0.999), (42, 43, 0.999)]
    fold_of = assign_folds(labels, ring(44, copies), 4, seed=0)
    assert len(set(fold_of[40:])) == 4


def test_assign_folds__seed_decides():
    labels = np.arange(60) % 3
    first, again, other = (assign_folds(labels, ring(60), 4, seed) for seed in (7, 7, 8))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
