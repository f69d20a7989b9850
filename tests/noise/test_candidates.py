"""What the noise model reads of an image: its candidates, and how doubtful it is."""

import numpy as np
import pytest

from labelfix.noise.candidates import MOST_CANDIDATES, Candidates, DoubtScale

FEW = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.3, 0.3, 0.4]])
SCALE = DoubtScale.of(np.log(FEW))
MANY = 20


def many(count=50, seed=0):
    """(count, 20) probabilities of which none is 0."""
    return np.random.default_rng(seed).dirichlet([0.3] * MANY, count) * 0.99 + 0.01 / MANY


def test_candidates__of_few_classes_are_all():
    found = SCALE.candidates(np.log(2 * FEW), np.array([2, -1, 0]))
    assert found.classes.tolist() == [[0, 1, 2]] * 3
    assert np.exp(found.log_true) == pytest.approx(FEW)
    assert found.given.tolist() == [2, -1, 0]
    assert found.is_given.tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]


def test_candidates__input_stays_as_it_is():
    log_true = np.log(2 * FEW)
    SCALE.candidates(log_true, np.array([2, -1, 0]))
    assert (log_true == np.log(2 * FEW)).all()


def test_candidates__of_17_classes_are_all():
    true = many()[:, : MOST_CANDIDATES + 1]
    found = DoubtScale.of(np.log(true)).candidates(np.log(true), np.zeros(50, dtype=np.int64))
    assert found.classes.tolist() == [list(range(17))] * 50


@pytest.mark.parametrize("given_rank", [0, 16, 17, 19, None])
def test_candidates__of_many_classes_are_the_likeliest_and_the_given(given_rank):
    true = many()
    ranked = np.argsort(-true, axis=1)
    given = np.full(50, -1) if given_rank is None else ranked[:, given_rank]
    found = DoubtScale.of(np.log(true)).candidates(np.log(true), given)
    last = given_rank if given_rank in (17, 19) else MOST_CANDIDATES
    expected = np.sort(np.column_stack([ranked[:, :MOST_CANDIDATES], ranked[:, last]]), axis=1)
    assert (found.classes == expected).all()
    kept = np.take_along_axis(true, expected, axis=1)
    assert np.exp(found.log_true) == pytest.approx(kept / kept.sum(axis=1, keepdims=True))
    assert (found.is_given.sum(axis=1) == (given_rank is not None)).all()


def test_doubt__rank_among_the_images_of_the_scale():
    """1 - max p is 0.3, 0.5 and 0.6 there: 0.5 is in the middle, 0.4 half way to it."""
    asked = np.array(
        [[0.5, 0.25, 0.25], [0.6, 0.4, 0], [0.7, 0.3, 0], [1, 0, 0], [0.34, 0.33, 0.33]]
    )
    with np.errstate(divide="ignore"):
        found = SCALE.candidates(np.log(np.maximum(asked, 1e-9)), np.zeros(5, dtype=np.int64))
    assert found.doubt == pytest.approx(np.array([0.5, 0.25, 0, 0, 1]), abs=1e-3)


def test_doubt__does_not_depend_on_the_other_images_asked_for():
    true = many()
    scale, given = DoubtScale.of(np.log(true)), np.zeros(50, dtype=np.int64)
    together = scale.candidates(np.log(true), given)
    alone = scale.candidates(np.log(true[7:8]), given[7:8])
    for name in ("classes", "log_true", "given", "doubt"):
        assert (getattr(alone, name)[0] == getattr(together, name)[7]).all()


def test_sharpened__by_hand():
    images = SCALE.candidates(np.log(FEW), np.array([0, 1, 2]))
    squares = np.array([[49, 4, 1], [1, 25, 16], [9, 9, 16]])
    squares = squares / squares.sum(axis=1, keepdims=True)
    assert images.sharpened(2.0) == pytest.approx(squares)
    assert images.sharpened(1.0) == pytest.approx(FEW)
    assert images.sharpened(0.0) == pytest.approx(np.full((3, 3), 1 / 3))


def test_sharpened__probabilities_of_nearly_nothing():
    images = Candidates(
        np.array([[0, 1]]), np.array([[0.0, -700.0]]), np.array([0]), np.array([0.0])
    )
    assert images.sharpened(4.0).tolist() == [[1, 0]]


def test_of__images_of_some_rows():
    images = SCALE.candidates(np.log(FEW), np.array([2, -1, 0])).of(np.array([2, 0, 2]))
    assert images.given.tolist() == [0, 2, 0]
    assert np.exp(images.log_true) == pytest.approx(FEW[[2, 0, 2]])
    assert images.doubt == pytest.approx(np.array([1, 0, 1]))


def test_with_labels__images_stay():
    images = SCALE.candidates(np.log(FEW), np.array([2, -1, 0]))
    other = images.with_labels(np.array([0, 1, 1]))
    assert other.given.tolist() == [0, 1, 1]
    assert (other.log_true == images.log_true).all()
    assert images.given.tolist() == [2, -1, 0]
