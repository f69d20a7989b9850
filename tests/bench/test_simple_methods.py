import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from labelfix.bench.simple_methods import confident_learning, fit_regression, out_of_fold, vote
from labelfix.data.neighbours import Neighbours


def neighbours_of(vectors, k=5):
    close = vectors @ vectors.T
    np.fill_diagonal(close, -np.inf)
    indices = np.argsort(-close, axis=1)[:, :k]
    return Neighbours(indices, np.take_along_axis(close, indices, 1).astype(np.float32))


def test_vote__by_hand():
    given = np.array([0, 1, 1, 2])
    indices = np.array([[1, 2, 3], [0, 3, 2], [0, 3, 1], [1, 0, 2]])
    outcome = vote(given, indices, 3)
    # 1 1 2; 0 2 1 (the nearest decides); 0 2 1; 1 0 1
    assert outcome.labels.tolist() == [1, 0, 0, 1]
    assert outcome.self_confidence == pytest.approx([0, 1 / 3, 1 / 3, 0])
    assert outcome.confidence == pytest.approx([2 / 3, 1 / 3, 1 / 3, 2 / 3])


def test_fit_regression__as_scikit_learn_has_it(clusters):
    points = clusters(60, 3, wrong_share=0.2)
    weights = fit_regression(points.vectors, points.given, 3)
    model = LogisticRegression(C=1.0, max_iter=2000, tol=1e-8).fit(points.vectors, points.given)
    scores = points.vectors @ weights[:-1] + weights[-1]
    found = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert found == pytest.approx(model.predict_proba(points.vectors), abs=2e-3)


def test_out_of_fold__own_label_is_not_seen(clusters):
    points = clusters(60, 3)
    vectors = points.vectors / np.linalg.norm(points.vectors, axis=1, keepdims=True)
    neighbours = neighbours_of(vectors)
    given = points.given.copy()
    given[7] = (given[7] + 1) % 3
    found = out_of_fold(vectors, given, neighbours, 3, seed=0)
    assert found.sum(axis=1) == pytest.approx(np.ones(60))
    assert found[7].argmax() == points.given[7]
    assert (found.argmax(axis=1) == points.given).mean() > 0.95


def test_confident_learning__flags_what_is_against_all():
    pytest.importorskip("cleanlab")
    given = np.array([0, 1] * 20)
    probabilities = np.where(given[:, None] == np.arange(2), 0.95, 0.05)
    probabilities[3] = probabilities[3][::-1]
    outcome = confident_learning(probabilities, given)
    assert np.flatnonzero(outcome.labels != given).tolist() == [3]
    assert outcome.self_confidence.argmin() == 3
