"""Evidence that two labels are two classes, on vectors of which the answer is known."""

import numpy as np
import pytest

from labelfix.noise.spelling_evidence import (
    evidence_for_two,
    nearest_label_share,
    recognised_share,
    usual_share,
)

PRIOR = np.log(99)


def cloud(centre, count, spread, seed):
    """Unit vectors around one of two orthogonal directions in 16 dimensions."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, 16)) * spread
    vectors[:, centre] += 1
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("sizes", [(40, 40), (6, 80), (300, 300)])
def test_recognised_share__chance_where_both_labels_mean_the_same(sizes):
    shares = [
        recognised_share(cloud(0, sizes[0], 0.3, seed), cloud(0, sizes[1], 0.3, 100 + seed))
        for seed in range(10)
    ]
    assert np.mean([share for share, _ in shares]) == pytest.approx(0.5, abs=0.06)
    assert {judged for _, judged in shares} == {min(*sizes, 100)}


def test_recognised_share__nearly_all_where_they_differ():
    share, judged = recognised_share(cloud(0, 40, 0.1, 0), cloud(1, 30, 0.1, 1))
    assert (share, judged) == (1.0, 30)


def test_recognised_share__by_hand():
    """Each of two equal pairs is nearest to its partner."""
    one = np.array([[1, 0], [1, 0]], np.float32)
    assert recognised_share(one, one[:, ::-1].copy()) == (1.0, 2)
    assert recognised_share(one, one) == (0.5, 2)  # every score is equal: one half each
    assert recognised_share(one, one[:1]) == (0.5, 0)


def test_usual_share__most_alike_classes():
    vectors = np.concatenate([cloud(0, 20, 0.1, 0), cloud(0, 20, 0.1, 1), cloud(1, 20, 0.1, 2)])
    rows = [np.arange(start, start + 20) for start in (0, 20, 40)]
    two_alike, apart = usual_share(vectors, rows, 20), usual_share(vectors, rows[1:], 20)
    assert apart == 1.0
    assert 0.4 < two_alike < 0.85  # two of three classes are each other's nearest, and the same
    assert np.isnan(usual_share(vectors, rows[:1], 20))
    assert np.isnan(usual_share(vectors, [rows[0], np.array([1])], 20))


@pytest.mark.parametrize(
    ("share", "judged", "usual", "apart"),
    [
        (0.5, 50, 0.95, False),
        (0.95, 50, 0.95, True),
        (1.0, 3, 0.95, False),  # 6 of 6 is too little against the letters
        (1.0, 5, 0.95, True),
        (0.7, 100, 0.97, False),  # told apart by who wrote them, and not as classes are
        (0.7, 100, 0.75, True),  # a weak encoder tells no classes apart better
        (0.5, 0, 0.95, False),
        (1.0, 5, float("nan"), True),
    ],
)
def test_evidence_for_two__against_the_prior(share, judged, usual, apart):
    assert (evidence_for_two(share, judged, usual) > PRIOR) == apart


def test_evidence_for_two__by_hand():
    assert evidence_for_two(0.75, 2, 0.9) == pytest.approx(3 * np.log(1.8) + np.log(0.2))


def test_nearest_label_share__own_label_does_not_count():
    labels = np.array([0, 0, 0, 1, 1, 2, 2])
    neighbours = np.array(
        [[1, 3, 4], [0, 5, 6], [0, 1, -1], [4, 0, 1], [3, 0, 1], [6, 0, 1], [5, 0, 1]]
    )
    own = np.array([0, 1, 2])
    assert nearest_label_share(own, neighbours, labels, 0, 1) == pytest.approx(1 / 3)
    assert nearest_label_share(own, neighbours, labels, 0, 2) == pytest.approx(1 / 3)
