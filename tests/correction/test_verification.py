"""What a person has said is final: row by row, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from labelfix.correction.row_corrections import with_answers
from labelfix.data.audited_labels import CANNOT_TELL, NO_CLASS
from labelfix.data.corrections import Corrections
from labelfix.data.shares import WrongShare

NAN = float("nan")
NAMES = ["cat", "dog"]


def objects(*values):
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


@pytest.fixture
def decided():
    """A label that is kept, one changed, two for review, one predicted, and a broken image."""
    return Corrections(
        label=objects("cat", "dog", "cat", "dog", "cat", "dog"),
        given_label=objects("cat", "cat", "cat", "dog", "", "dog"),
        suggested_label=objects("cat", "dog", "dog", "cat", "cat", None),
        confidence=np.array([0.9, 0.8, 0.3, 0.4, 0.7, NAN]),
        self_confidence=np.array([0.9, 0.1, 0.3, 0.4, NAN, NAN]),
        neighbour_agreement=np.array([1.0, 0.5, 0.25, 0.0, 0.75, NAN]),
        action=objects("keep", "relabel", "review", "review", "predict", "quarantined"),
        reason=objects("", "", "atypical", "", "", "truncated"),
        review_rank=np.array([0, 0, 1, 2, 0, 0]),
        second_label=objects("dog", "cat", "cat", None, "dog", None),
        second_confidence=np.array([0.1, 0.1, 0.3, NAN, 0.2, NAN]),
        question_value=np.array([0.01, 0.02, 0.03, 0.04, NAN, NAN]),
        wrong_share=WrongShare(rows=5, share=0.25, low=0.0, high=0.5),
    )


def assert_row(found, row, **expected):
    for name, value in expected.items():
        values = getattr(found, name)
        if isinstance(value, float):
            assert values[row] == pytest.approx(value, nan_ok=True), name
        else:
            assert values[row] == value, name


def test_with_answers__none(decided):
    assert with_answers(decided, None, NAMES) is decided
    assert with_answers(decided, np.full(6, None, dtype=object), NAMES) is decided


def test_with_answers__the_label_that_was_said_is_certain(decided):
    """Row 0 is said to be as given, row 1 not to be what was suggested, row 2 to be a new class."""
    found = with_answers(decided, objects("cat", "cat", "elk", None, None, None), NAMES)
    assert found.label.tolist() == ["cat", "cat", "elk", "dog", "cat", "dog"]
    assert found.action.tolist() == [
        "verified", "verified", "verified", "review", "predict", "quarantined",
    ]  # fmt: skip
    for row, right in enumerate((1.0, 1.0, 0.0)):
        assert_row(
            found,
            row,
            suggested_label=found.label[row],
            confidence=1.0,
            self_confidence=right,
            reason="",
            second_label=None,
            second_confidence=NAN,
            question_value=NAN,
            review_rank=0,
        )
    assert found.review_rank.tolist() == [0, 0, 0, 1, 0, 0]  # the rows that are left move up
    assert found.neighbour_agreement is not None
    assert np.array_equal(found.neighbour_agreement, decided.neighbour_agreement, equal_nan=True)
    assert found.wrong_share == decided.wrong_share


def test_with_answers__rows_that_nobody_was_asked_about_stay(decided):
    found = with_answers(decided, objects("cat", None, None, None, None, None), NAMES)
    for name, values in decided.columns().items():
        others = getattr(found, name)[1:]
        is_float = values.dtype.kind == "f"
        assert np.array_equal(others, values[1:], equal_nan=is_float), name


def test_with_answers__an_image_of_no_class_keeps_its_wrong_label_and_is_to_be_looked_at(decided):
    """Row 1 was to be relabelled; it comes before the rows that may be wrong."""
    found = with_answers(decided, objects(None, NO_CLASS, None, None, None, None), NAMES)
    assert_row(
        found,
        1,
        label="cat",
        suggested_label="cat",
        action="review",
        reason="of_no_class",
        confidence=0.0,
        self_confidence=0.0,
        second_label=None,
        second_confidence=NAN,
        question_value=NAN,
    )
    assert found.review_rank.tolist() == [0, 1, 2, 3, 0, 0]


def test_with_answers__a_row_that_a_person_could_not_tell_is_decided_without_him(decided):
    found = with_answers(decided, objects(None, CANNOT_TELL, CANNOT_TELL, None, None, None), NAMES)
    for name, values in decided.columns().items():
        if name != "question_value":
            is_float = values.dtype.kind == "f"
            assert np.array_equal(getattr(found, name), values, equal_nan=is_float), name
    assert found.question_value == pytest.approx([0.01, NAN, NAN, 0.04, NAN, NAN], nan_ok=True)
    assert set(found.questions(9)) == {0, 3}


def test_with_answers__rows_without_a_label_or_an_image(decided):
    """A person may know what is on an image that could not be decoded; of no class it stays out."""
    found = with_answers(decided, objects(None, None, None, None, "dog", "cat"), NAMES)
    assert found.label.tolist()[4:] == ["dog", "cat"]
    assert found.action.tolist()[4:] == ["verified", "verified"]
    assert found.reason.tolist()[4:] == ["", ""]
    found = with_answers(decided, objects(None, None, None, None, NO_CLASS, NO_CLASS), NAMES)
    assert found.label.tolist()[4:] == ["", "dog"]
    assert found.action.tolist()[4:] == ["review", "quarantined"]
    assert found.reason.tolist()[4:] == ["of_no_class", "truncated"]
    assert found.review_rank.tolist() == [0, 0, 2, 3, 1, 0]
    assert np.isnan(found.confidence[5])


def test_with_answers__numbers_as_labels(decided):
    whole = np.array([3, 3, 3, 4])
    numbers = replace(
        decided,
        **{name: values[:4] for name, values in decided.columns().items()},
    )
    numbers = replace(
        numbers,
        label=np.array([3, 4, 3, 4]),
        given_label=whole,
        suggested_label=objects(3, 4, 4, 3),
        second_label=objects(4, 3, 3, None),
    )
    found = with_answers(numbers, objects(4, 3, NO_CLASS, CANNOT_TELL), NAMES)
    assert found.label.tolist() == [4, 3, 3, 4]
    assert found.label.dtype == whole.dtype
    assert found.action.tolist() == ["verified", "verified", "review", "review"]
    assert found.self_confidence.tolist() == [0.0, 1.0, 0.0, 0.4]


def test_with_answers__the_decision_is_not_changed(decided):
    before = {name: values.copy() for name, values in decided.columns().items()}
    with_answers(decided, objects("dog", NO_CLASS, CANNOT_TELL, "cat", "dog", "cat"), NAMES)
    for name, values in decided.columns().items():
        is_float = values.dtype.kind == "f"
        assert np.array_equal(values, before[name], equal_nan=is_float), name


def test_with_answers__a_class_called_as_an_answer_is_that_class(decided):
    answers = objects(NO_CLASS, None, CANNOT_TELL, None, None, None)
    found = with_answers(decided, answers, ["cat", NO_CLASS, CANNOT_TELL])
    assert found.label.tolist()[:3] == [NO_CLASS, "dog", CANNOT_TELL]
    assert found.action.tolist()[:3] == ["verified", "relabel", "verified"]
