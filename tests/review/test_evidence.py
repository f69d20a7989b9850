"""The evidence on one image: candidates, images that speak for them, annotators, the sentence."""

import numpy as np
import pytest

from labelfix.data.neighbours import Neighbours
from labelfix.review.evidence import evidence_of
from labelfix.review.review_data import AnnotatorLabel, ReviewData


@pytest.fixture
def data(batch_of) -> ReviewData:
    """Row 0 is a cat by its label and likely a dog; its neighbours are 2 dogs, 2 elks, a fox."""
    given = ["cat", "dog", "dog", "elk", "elk", "fox"]
    batch = batch_of(
        given,
        written=False,
        suggested_label=["dog", *given[1:]],
        self_confidence=[0.25, *[0.9] * 5],
        confidence=[0.25, *[0.9] * 5],
        second_label=["cat", *["owl"] * 5],
        second_confidence=[0.25, *[0.05] * 5],
        label=given,
        action=["review", *["keep"] * 5],
        review_rank=[1, *[0] * 5],
    )
    indices = np.array([[column for column in range(6) if column != row] for row in range(6)])
    near = Neighbours(indices, np.full(indices.shape, 0.5, dtype=np.float32))
    object.__setattr__(batch, "within", near)
    object.__setattr__(batch.images, "content_hashes", ["a", "b", "c", "d", "e", "a"])
    who = {"0.png": (AnnotatorLabel("bob", "cat"), AnnotatorLabel("eve", "dog"))}
    return ReviewData(batch, who)


def test_evidence_of__five_candidates_with_the_given_label(data) -> None:
    candidates = evidence_of(data, 0).candidates

    labels = {one.label for one in candidates}
    assert labels == {"cat", "dog", "elk", "fox"}
    known = {one.label: one.probability for one in candidates if one.probability is not None}
    assert known["cat"] == pytest.approx(0.25)
    assert known["elk"] == pytest.approx(2 * known["fox"], abs=1e-5)
    assert sum(known.values()) <= 1 + 1e-9


def test_evidence_of__images_speak_for_their_labels(data) -> None:
    speakers = evidence_of(data, 0).speakers

    assert [one.image for one in speakers["dog"]] == ["1.png", "2.png"]
    assert speakers["cat"] == ()
    assert speakers["elk"][0].similarity == pytest.approx(0.5)


def test_evidence_of__copies_and_annotators(data) -> None:
    found = evidence_of(data, 0)

    assert [(one.image, one.label) for one in found.copies] == [("5.png", "fox")]
    assert [one.label for one in found.annotators] == ["cat", "dog"]
    assert evidence_of(data, 1).copies == ()


def test_evidence_of__the_reason_is_a_sentence(data) -> None:
    assert evidence_of(data, 0).reason == (
        "looks like 'dog', not 'cat': the given label 'cat' is 75.0 % likely wrong; 2 of the 5 "
        "most similar images are labelled 'dog'; nearly the same image is labelled 'fox'"
    )
    assert evidence_of(data, 1).reason.startswith("looks like 'dog', as its label says")
