"""Which spellings are one class: variants are, and what only looks like one is not."""

from collections import Counter

import numpy as np
import pytest

from labelfix.correction.spelling_classes import LabelledVectors, spelling_classes, words_for

COUNT, KINDS = 240, 4


def decide(clusters, labels_of, by_hand=None, *, wrong_share=0.1, usable=True):
    """Classes of `COUNT` images in `KINDS` clusters.

    Args:
        clusters: the fixture.
        labels_of: the labels of each cluster; its images have them in turn.
        by_hand: the label map.
        wrong_share: of labels of another cluster.
        usable: False fails if an embedding is read.
    """
    points = clusters(COUNT, len(labels_of), wrong_share=wrong_share)
    turn = np.arange(COUNT) // len(labels_of)
    labels = [
        labels_of[kind][turn[row] % len(labels_of[kind])] for row, kind in enumerate(points.given)
    ]
    written = sorted(set(labels))
    vectors = points.vectors / np.linalg.norm(points.vectors, axis=1, keepdims=True)

    def nearest():
        assert usable
        alike = vectors @ vectors.T
        np.fill_diagonal(alike, -np.inf)
        return np.argsort(-alike, axis=1)[:, :10]

    def load():
        assert usable
        return vectors

    numbers = np.array([written.index(label) for label in labels])
    data = LabelledVectors(numbers, written, load, nearest)
    return spelling_classes(Counter(labels), data, by_hand)


@pytest.mark.parametrize(
    ("spellings", "name"),
    [
        (["brick", "brick", "Brick"], "brick"),
        (["brick"] * 19 + ["brick "], "brick"),
        (["brick", "Brick", "BRICK", "brick"], "brick"),
        (["brick", "brick", "bricks"], "brick"),
        (["bricks", "bricks", "brick"], "bricks"),
        (["part-a", "part A", "part_a", "part-a"], "part-a"),
        (["elephant"] * 30 + ["elehpant"], "elephant"),
        (["elephant"] * 14 + ["elephnat"], "elephant"),
    ],
)
def test_spelling_classes__variants_are_one_class(clusters, spellings, name):
    found = decide(clusters, [spellings, ["car"], ["dog"], ["gravel"]])
    assert found.by_spelling == dict.fromkeys(set(spellings) - {name}, name)
    assert not found.apart


@pytest.mark.parametrize(
    "names",
    [
        ["A1", "A2", "B1", "B2"],
        ["car", "cat", "cart", "bat"],
        ["3", "03", "4", "04"],
        ["a", "A", "b", "B"],
        ["type I", "type II", "part 10", "part 11"],
    ],
)
def test_spelling_classes__what_no_form_joins_needs_no_image(clusters, names):
    assert decide(clusters, [[name] for name in names], usable=False).is_plain


@pytest.mark.parametrize("names", [("left", "Left "), ("part-a", "part A"), ("glass", "Glass")])
@pytest.mark.parametrize("wrong_share", [0.0, 0.2])
def test_spelling_classes__frequent_and_unlike_stay_two(clusters, names, wrong_share):
    found = decide(clusters, [[names[0]], [names[1]], ["x1"], ["x2"]], wrong_share=wrong_share)
    assert not found.by_spelling
    assert {frozenset(pair) for pair in found.apart} == {frozenset(names)}


def test_spelling_classes__frequent_and_alike_are_one(clusters):
    """The other side: the same names for images of one kind."""
    found = decide(clusters, [["left", "Left "], ["up", "Up"], ["x1"], ["x2"]])
    assert len(found.by_spelling) == 2
    assert not found.apart


def test_spelling_classes__plural_and_typo_that_are_classes(clusters):
    """Car and cars are frequent and unlike; house is no typo of horse, though it is rare."""
    assert decide(clusters, [["car"], ["cars"], ["x1"], ["x2"]]).is_plain
    assert decide(clusters, [["horse"], ["x1"] * 14 + ["house"], ["x2"], ["x3"]]).is_plain


def test_spelling_classes__both_classes_of_a_form_and_a_rare_third(clusters):
    """The third spelling joins the class whose images it has."""
    found = decide(clusters, [["left"] * 5 + ["LEFT"], ["Left "], ["x1"], ["x2"]])
    assert found.by_spelling == {"LEFT": "left"}
    assert {frozenset(pair) for pair in found.apart} == {frozenset(["left", "Left "])}


def test_spelling_classes__two_classes_are_always_left(clusters):
    assert decide(clusters, [["cat", "Cat"]], wrong_share=0.0).is_plain


def test_spelling_classes__a_label_that_is_mapped_to_itself_stays(clusters):
    found = decide(
        clusters, [["cat", "cat", "Cat"], ["x1"], ["x2"], ["x3"]], {"Cat": "Cat", "y": "x1"}
    )
    assert not found.by_spelling
    assert found.by_hand == {"Cat": "Cat", "y": "x1"}


def test_words_for__one_line(clusters):
    found = decide(clusters, [["cat", "cat", "Cat", "cats"], ["up"], ["Up "], ["x"]])
    said = words_for(found, Counter({"Cat": 7, "cats": 1, "cat": 9}))
    assert said == (
        "8 labels are another spelling and read as the commonest: 'Cat', 'cats' as 'cat'. "
        "What is written is kept; --merge-spellings rewrites it. "
        f"{found.apart[0][0]!r} and {found.apart[0][1]!r} stay different classes, because their "
        "images differ; --label-map FILE joins them."
    )
    assert words_for(decide(clusters, [["a1"], ["b1"]]), {}) == ""
