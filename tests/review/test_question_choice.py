"""The rows that a person is asked about, and the labels that each may have."""

import numpy as np
import pytest

from labelfix.review.question_choice import Candidate, candidates_of, choose_questions


def test_choose_questions__all_rows_where_the_budget_is_larger(corrections_of):
    corrections = corrections_of(["cat", "dog", "owl"], self_confidence=[0.75, 0.5, 1.0])
    asked = choose_questions(["a", "b", "c"], corrections, 50, seed=0)
    assert {question.image for question in asked} == {"a", "b", "c"}
    assert [question.chance for question in asked] == [1.0] * 3
    wrong = {question.image: question.wrong_probability for question in asked}
    assert wrong == {"a": 0.25, "b": 0.5, "c": 0.0}


def test_choose_questions__rows_and_chances_of_the_corrections(corrections_of):
    corrections = corrections_of(["cat", "dog"] * 20, question_value=[0.0, 0.1] * 20)
    images = [f"{row}.png" for row in range(40)]
    asked = choose_questions(images, corrections, 10, seed=3)
    assert [question.row for question in asked] == corrections.questions(10, seed=3).tolist()
    chances = corrections.question_chances(10)
    assert [question.chance for question in asked] == [chances[one.row] for one in asked]
    assert asked == choose_questions(images, corrections, 10, seed=3)
    assert asked != choose_questions(images, corrections, 10, seed=4)


def test_choose_questions__never_what_is_verified(corrections_of):
    corrections = corrections_of(["cat"] * 6, action=["verified", "keep"] * 3)
    asked = choose_questions([*"abcdef"], corrections, 6, seed=0)
    assert {question.image for question in asked} == {*"bdf"}


def test_choose_questions__an_image_of_several_rows_is_asked_about_once(corrections_of):
    corrections = corrections_of(["cat"] * 8)
    images = ["a", "a", "b", "c", "d", "e", "f", "g"]
    # Four of eight rows that are worth the same: each with a chance of a half.
    assert corrections.question_chances(4) == pytest.approx(0.5)
    found = {}
    for seed in range(20):
        asked = choose_questions(images, corrections, 4, seed=seed)
        assert len({question.image for question in asked}) == len(asked)
        found |= {question.image: question.chance for question in asked}
    assert found == pytest.approx({**dict.fromkeys("bcdefg", 0.5), "a": 0.75})


@pytest.mark.parametrize(
    ("columns", "candidates"),
    [
        # A label that was kept, and the second likeliest.
        ({}, [("dog", 0.8), ("owl", 0.15)]),
        # One that was changed: the given label is the second likeliest.
        (
            {
                "label": ["cat"], "suggested_label": ["cat"], "action": ["relabel"],
                "confidence": [0.9], "self_confidence": [0.05],
                "second_label": ["dog"], "second_confidence": [0.05],
            },
            [("cat", 0.9), ("dog", 0.05)],
        ),
        # The given one is the third.
        (
            {
                "label": ["cat"], "suggested_label": ["cat"], "action": ["relabel"],
                "confidence": [0.7], "self_confidence": [0.05],
                "second_label": ["owl"], "second_confidence": [0.2],
            },
            [("cat", 0.7), ("owl", 0.2), ("dog", 0.05)],
        ),
        # Another one is preferred, but the label stays: nobody keeps its probability.
        (
            {
                "suggested_label": ["cat"], "action": ["review"],
                "confidence": [0.3], "self_confidence": [0.3],
                "second_label": ["owl"], "second_confidence": [0.1],
            },
            [("cat", None), ("dog", 0.3), ("owl", 0.1)],
        ),
        # A method that knows no second one.
        ({"second_label": [None], "second_confidence": [np.nan]}, [("dog", 0.8)]),
        # No label was given.
        (
            {
                "given_label": [""], "label": ["cat"], "suggested_label": ["cat"],
                "action": ["predict"], "self_confidence": [np.nan], "confidence": [0.6],
            },
            [("cat", 0.6), ("owl", 0.15)],
        ),
    ],
    ids=["kept", "changed", "third", "preferred", "no second", "no label"],
)  # fmt: skip
def test_candidates_of__likeliest_first_without_repeats(corrections_of, columns, candidates):
    found = candidates_of(corrections_of(["dog"], **columns), 0)
    assert found == [Candidate(label, probability) for label, probability in candidates]
