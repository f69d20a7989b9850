"""The decision at its boundaries: at least 0.5 for another label, less than 0.1 for the given."""

import numpy as np
import pytest

from labelfix.config import RelabelOptions
from labelfix.correction.decision import RowEvidence, decide


def action(best, own, *, another=True, supported=True, options=None):
    evidence = RowEvidence(
        given=np.array([0]),
        suggested=np.array([1 if another else 0]),
        self_confidence=np.array([own]),
        best_confidence=np.array([best]),
        supported=np.array([supported]),
    )
    (decided,) = decide(evidence, options or RelabelOptions())
    return decided


@pytest.mark.parametrize(
    ("best", "own", "expected"),
    [
        (1.0, 0.0, "relabel"),
        (0.5, 0.099999, "relabel"),
        (0.5, 0.1, "review"),
        (0.5, 0.3, "review"),
        (0.499999, 0.099999, "review"),
        (0.499999, 0.0, "review"),
        (0.499999, 0.1, "keep"),
        (0.3, 0.29, "keep"),
    ],
)
def test_decide__another_label(best, own, expected):
    assert action(best, own) == expected


@pytest.mark.parametrize(("best", "own"), [(1.0, 1.0), (0.5, 0.5), (0.09, 0.09)])
def test_decide__given_label_is_the_likeliest(best, own):
    assert action(best, own, another=False) == "keep"


@pytest.mark.parametrize(("best", "own"), [(1.0, 0.0), (0.5, 0.3), (0.4, 0.0)])
def test_decide__class_of_one_image_is_kept(best, own):
    assert action(best, own, supported=False) == "keep"


@pytest.mark.parametrize(
    ("best", "own", "options", "expected"),
    [
        (0.8, 0.0, RelabelOptions(min_confidence=0.8), "relabel"),
        (0.79, 0.0, RelabelOptions(min_confidence=0.8), "review"),
        (0.79, 0.2, RelabelOptions(min_confidence=0.8), "keep"),
        (0.99, 0.0, RelabelOptions(min_confidence=1.0), "review"),
        (0.2, 0.0, RelabelOptions(min_confidence=0.0), "relabel"),
        (0.6, 0.2, RelabelOptions(max_self_confidence=0.3), "relabel"),
    ],
)
def test_decide__other_options(best, own, options, expected):
    assert action(best, own, options=options) == expected


def test_decide__every_row_by_itself():
    evidence = RowEvidence(
        given=np.array([0, 1, 2, 0]),
        suggested=np.array([1, 1, 0, 2]),
        self_confidence=np.array([0.0, 0.9, 0.2, 0.0]),
        best_confidence=np.array([0.9, 0.9, 0.7, 0.9]),
        supported=np.array([True, True, True, False]),
    )
    assert decide(evidence, RelabelOptions()).tolist() == ["relabel", "keep", "review", "keep"]
