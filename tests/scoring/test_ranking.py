import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from labelfix.scoring.ranking import area_under_roc, average_precision, missed_within


def test_area_and_precision__by_hand():
    suspicion = np.array([0.9, 0.8, 0.3, 0.1])
    is_wrong = np.array([True, False, True, False])
    assert area_under_roc(suspicion, is_wrong) == 0.75  # of four pairs one is in the wrong order
    assert average_precision(suspicion, is_wrong) == pytest.approx((1 + 2 / 3) / 2)


@pytest.mark.parametrize("seed", range(5))
def test_area_and_precision__as_scikit_learn_has_them_with_ties(seed):
    random = np.random.default_rng(seed)
    suspicion = random.integers(0, 6, 80) / 5
    is_wrong = random.random(80) < 0.2 + 0.5 * suspicion
    assert area_under_roc(suspicion, is_wrong) == pytest.approx(roc_auc_score(is_wrong, suspicion))
    expected = average_precision_score(is_wrong, suspicion)
    assert average_precision(suspicion, is_wrong) == pytest.approx(expected)


def test_area_and_precision__of_labels_of_one_kind():
    right = np.zeros(3, dtype=bool)
    assert area_under_roc(np.arange(3.0), right) is None
    assert area_under_roc(np.arange(3.0), ~right) is None
    assert average_precision(np.arange(3.0), right) is None
    assert average_precision(np.arange(3.0), ~right) == 1


def test_missed_within__a_budget():
    is_wrong = np.array([True, False, True, True])
    order = np.array([2, 1, 0, 3])
    assert [missed_within(order, is_wrong, budget) for budget in range(5)] == [3, 2, 2, 1, 0]
