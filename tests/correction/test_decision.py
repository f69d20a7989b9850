"""The decision at its boundaries: when a label changes, and what a person is to look at first."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from labelfix.correction.decision import as_corrections, decide, review_order
from labelfix.methods.row_evidence import RowEvidence
from labelfix.options.relabel_options import RelabelOptions


def evidence_of(given, suggested, own, best, *, supported=True, typical=True):
    count = len(given)
    return RowEvidence(
        given=np.array(given),
        suggested=np.array(suggested),
        self_confidence=np.array(own, dtype=np.float64),
        best_confidence=np.array(best, dtype=np.float64),
        second=np.full(count, -1),
        second_confidence=np.full(count, np.nan),
        suspicion=1 - np.array(own, dtype=np.float64),
        question_value=np.zeros(count),
        supported=np.broadcast_to(supported, count),
        typical=np.broadcast_to(typical, count),
        off_topic=np.zeros(count, dtype=bool),
    )


def action(own, best, *, another=True, options=None, **others):
    evidence = evidence_of([0], [1 if another else 0], [own], [best], **others)
    (decided,) = decide(evidence, options or RelabelOptions())
    return decided


@pytest.mark.parametrize(
    ("own", "best"), [(0.0, 1.0), (0.3, 0.5), (0.499999, 0.500001), (0.2, 0.3)]
)
def test_decide__another_label_is_likelier(own, best):
    assert action(own, best) == "relabel"


@pytest.mark.parametrize(
    ("own", "expected"), [(1.0, "keep"), (0.5, "keep"), (0.499999, "review"), (0.2, "review")]
)
def test_decide__given_label_is_the_likeliest(own, expected):
    assert action(own, own, another=False) == expected


@pytest.mark.parametrize(("own", "best"), [(0.0, 1.0), (0.3, 0.5), (0.6, 0.7)])
def test_decide__class_of_one_image_is_kept(own, best):
    assert action(own, best, supported=False) == "keep"
    assert action(own, own, another=False, supported=False) == "keep"


@pytest.mark.parametrize(
    ("another", "own", "expected"),
    [(True, 0.0, "review"), (True, 0.4, "review"), (False, 0.4, "review"), (False, 0.9, "keep")],
)
def test_decide__unlike_the_suggested_class_gets_no_new_label(another, own, expected):
    assert action(own, 0.9, another=another, typical=False) == expected


@pytest.mark.parametrize(
    ("best", "least", "expected"),
    [
        (0.8, 0.8, "relabel"),
        (0.799999, 0.8, "review"),
        (0.999999, 1.0, "review"),
        (1.0, 1.0, "relabel"),
        (0.2, 0.0, "relabel"),
    ],
)
def test_decide__min_confidence(best, least, expected):
    assert action(0.1, best, options=RelabelOptions(min_confidence=least)) == expected


# Their means, the surest first: 1, 0.95, 0.9, 0.85, 0.78
SUREST = [0.9, 0.5, 1.0, 0.7, 0.8]


@pytest.mark.parametrize(
    ("precision", "changed"),
    [
        (1.0, {2}),
        (0.96, {2}),
        (0.94, {2, 0}),
        (0.89, {2, 0, 4}),
        (0.84, {2, 0, 4, 3}),
        (0.77, {0, 1, 2, 3, 4}),
        (0.0, {0, 1, 2, 3, 4}),
    ],
)
def test_decide__min_precision_changes_as_many_as_it_can(precision, changed):
    evidence = evidence_of([0] * 5, [1] * 5, [0.0] * 5, SUREST)
    actions = decide(evidence, RelabelOptions(min_precision=precision))
    assert {*np.flatnonzero(actions == "relabel")} == changed
    assert {*np.flatnonzero(actions == "review")} == set(range(5)) - changed


@pytest.mark.parametrize("precision", [0.8, 0.9, 0.95, 0.99])
def test_decide__min_precision_that_is_just_reached(precision):
    """However the sum of a hundred such numbers is rounded."""
    evidence = evidence_of([0] * 100, [1] * 100, [0.0] * 100, [precision] * 100)
    actions = decide(evidence, RelabelOptions(min_precision=precision))
    assert (actions == "relabel").all()


def test_decide__min_precision_none_is_sure_enough():
    evidence = evidence_of([0, 0], [1, 1], [0.1, 0.1], [0.8, 0.85])
    assert decide(evidence, RelabelOptions(min_precision=0.9)).tolist() == ["review", "review"]


def test_decide__min_precision_is_of_rows_that_would_change():
    """Rows that keep their label or may have no new one do not make up for an unsure one."""
    evidence = evidence_of(
        [0, 0, 0, 0],
        [1, 0, 1, 1],
        [0.2, 1.0, 0.0, 0.0],
        [0.8, 1.0, 1.0, 1.0],
        supported=np.array([True, True, False, True]),
        typical=np.array([True, True, True, False]),
    )
    actions = decide(evidence, RelabelOptions(min_precision=0.9))
    assert actions.tolist() == ["review", "keep", "keep", "review"]


def test_decide__min_precision_with_min_confidence():
    """The mean is of those that are sure enough by themselves."""
    evidence = evidence_of([0] * 3, [1] * 3, [0.0] * 3, [0.95, 0.85, 0.65])
    options = RelabelOptions(min_precision=0.8, min_confidence=0.7)
    assert decide(evidence, options).tolist() == ["relabel", "relabel", "review"]
    options = RelabelOptions(min_precision=0.8)
    assert decide(evidence, options).tolist() == ["relabel"] * 3


def test_decide__every_row_by_itself():
    evidence = evidence_of(
        [0, 1, 2, 0, 1],
        [1, 1, 0, 2, 1],
        [0.0, 0.9, 0.4, 0.0, 0.3],
        [0.9, 0.9, 0.6, 0.9, 0.3],
        supported=np.array([True, True, True, False, True]),
    )
    found = decide(evidence, RelabelOptions()).tolist()
    assert found == ["relabel", "keep", "relabel", "keep", "review"]


def test_review_order__likeliest_wrong_first_and_equal_ones_as_they_come():
    actions = np.array(["review", "keep", "review", "quarantined", "review", "review"], object)
    suspicion = np.array([0.7, 1.0, 0.9, math.nan, 0.7, 0.8])
    assert review_order(actions, suspicion).tolist() == [3, 0, 1, 0, 4, 2]


def test_review_order__nothing_to_look_at():
    assert review_order(np.array(["keep", "relabel"], object), np.zeros(2)).tolist() == [0, 0]


def corrected_of(evidence, texts, names):
    """The corrections of rows that are all used, beside a quarantined one at the end."""
    rows = SimpleNamespace(
        used=np.arange(len(texts)),
        labels=np.array([*texts, "x"], dtype=object),
        class_values=names,
        reasons=[*[""] * len(texts), "truncated"],
    )
    return as_corrections(rows, evidence, np.full(len(texts), 0.25), RelabelOptions())


def test_as_corrections__second_label_and_value_of_asking():
    evidence = replace(
        evidence_of([0, 1, -1], [0, 0, 1], [0.7, 0.2, math.nan], [0.7, 0.8, 0.9]),
        second=np.array([1, 1, -1]),
        second_confidence=np.array([0.2, 0.15, math.nan]),
        question_value=np.array([0.04, 0.01, 0.09]),
    )
    found = corrected_of(evidence, ["a", "b", ""], ["a", "b"])
    assert found.action.tolist() == ["keep", "relabel", "predict", "quarantined"]
    assert found.second_label.tolist() == ["b", "b", None, None]
    assert found.second_confidence == pytest.approx([0.2, 0.15, math.nan, math.nan], nan_ok=True)
    # A row without a label has none that could be right or wrong.
    assert found.question_value == pytest.approx([0.04, 0.01, math.nan, math.nan], nan_ok=True)


def test_as_corrections__ranked_for_review_by_suspicion_rather_than_by_confidence():
    """That all labels might be right makes the first row's label likelier, but not its place."""
    evidence = replace(
        evidence_of([0, 0, 0], [0, 0, 0], [0.45, 0.4, 0.9], [0.45, 0.4, 0.9]),
        suspicion=np.array([0.8, 0.7, 0.99]),
    )
    found = corrected_of(evidence, ["a", "a", "a"], ["a", "b"])
    assert found.action.tolist() == ["review", "review", "keep", "quarantined"]
    assert found.review_rank.tolist() == [1, 2, 0, 0]
