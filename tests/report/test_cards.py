from dataclasses import replace

import numpy as np
import pytest

from labelfix.check.verdict import Finding
from labelfix.data.neighbours import NearestImages
from labelfix.judging.batch import KnownImages
from labelfix.options.review_options import ReportOptions
from labelfix.report.cards import ImageKey, likeliest_first, make_cards, ranks_of
from labelfix.report.contents import ReportContents
from labelfix.scoring.truth_table import Truth


@pytest.fixture
def batch(tmp_path, make_batch):
    """Four images, the first of them labelled `a` where its neighbours are `b`, `b` and `a`."""
    return make_batch(
        tmp_path,
        ["a", "b", "a", "b"],
        ["b", "b", "a", "b"],
        nearest=[[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]],
    )


def test_make_cards__neighbours_with_labels_and_similarities(batch, wrong_labels):
    (card,) = make_cards(ReportContents(batch=batch, findings=wrong_labels(batch)))
    assert card.key == ImageKey(False, 0)
    assert card.are_neighbours
    assert [peer.name for peer in card.peers] == ["1.png", "2.png", "3.png"]
    assert [peer.label for peer in card.peers] == ["b", "a", "b"]
    assert [peer.has_suggested_label for peer in card.peers] == [True, False, True]
    assert [peer.has_given_label for peer in card.peers] == [False, True, False]
    assert [peer.similarity for peer in card.peers] == pytest.approx([0.95, 0.9, 0.85])
    assert card.votes == [("b", 2), ("a", 1)]
    assert card.neighbours == 3
    assert card.pair == ("a", "b")


def test_make_cards__shows_fewer_neighbours_but_all_of_them_vote(batch, wrong_labels):
    options = ReportOptions(most_neighbours=1)
    (card,) = make_cards(ReportContents(batch=batch, findings=wrong_labels(batch), options=options))
    assert [peer.name for peer in card.peers] == ["1.png"]
    assert card.votes == [("b", 2), ("a", 1)]


def test_make_cards__neighbours_are_those_of_the_reference(batch, wrong_labels, tmp_path):
    reference = KnownImages(
        names=["r0.png", "r1.png"],
        labels=["a", "b"],
        content_hashes=["", ""],
        splits=None,
        folder=tmp_path,
    )
    nearest = NearestImages(
        np.array([[1, 0], [0, 1], [0, 1], [0, -1]]), np.full((4, 2), 0.5, np.float32)
    )
    against = replace(batch, reference=reference, nearest=nearest)
    (card,) = make_cards(ReportContents(batch=against, findings=wrong_labels(against)))
    assert [peer.key for peer in card.peers] == [ImageKey(True, 1), ImageKey(True, 0)]
    assert [peer.name for peer in card.peers] == ["r1.png", "r0.png"]


def test_make_cards__a_missing_neighbour_is_passed_over(batch, tmp_path):
    reference = KnownImages(
        names=["r0.png", "r1.png"],
        labels=["a", "b"],
        content_hashes=["", ""],
        splits=None,
        folder=tmp_path,
    )
    nearest = NearestImages(np.array([[0, -1]] * 4), np.full((4, 2), 0.5, np.float32))
    against = replace(batch, reference=reference, nearest=nearest)
    (card,) = make_cards(
        ReportContents(
            batch=against,
            findings=[Finding(rule="off-topic", level="warning", message="", image="3.png", row=4)],
        )
    )
    assert [peer.key.index for peer in card.peers] == [0]
    assert card.neighbours == 1


def test_make_cards__related_images_take_the_place_of_neighbours(batch):
    finding = Finding(
        rule="conflicting-duplicate",
        level="error",
        message="",
        image="0.png",
        row=1,
        related=("3.png", "no such.png"),
    )
    (card,) = make_cards(ReportContents(batch=batch, findings=[finding]))
    assert not card.are_neighbours
    assert [(peer.name, peer.similarity) for peer in card.peers] == [("3.png", None)]


def test_make_cards__an_unreadable_image_has_its_reason(batch):
    reasons = batch.corrections.reason.copy()
    reasons[3] = "truncated"
    broken = replace(
        batch,
        corrections=replace(batch.corrections, reason=reasons),
        row_images=np.array([0, 1, 2, -1]),
        images=replace(batch.images, names=["0.png", "1.png", "2.png"]),
    )
    (card,) = make_cards(
        ReportContents(
            batch=broken,
            findings=[Finding(rule="unreadable", level="error", message="", image="3.png", row=4)],
        )
    )
    assert (card.key, card.reason, list(card.peers)) == (None, "truncated", [])


def test_make_cards__findings_without_an_image_have_none(batch):
    assert (
        make_cards(
            ReportContents(
                batch=batch, findings=[Finding(rule="rare-class", level="warning", message="")]
            )
        )
        == []
    )


def test_make_cards__most_likely_ones_alone(tmp_path, make_batch, wrong_labels):
    batch = make_batch(tmp_path, ["a"] * 3, ["b"] * 3, confidence=[0.7, 0.9, 0.8])
    options = ReportOptions(most_cards=2)
    cards = make_cards(ReportContents(batch=batch, findings=wrong_labels(batch), options=options))
    assert [card.finding.row for card in cards] == [2, 3]


def test_make_cards__knows_annotator_and_truth(batch, wrong_labels):
    manifest = replace(batch.manifest, annotator_column="who", annotators=["ada", "bo", "cy", "di"])
    contents = ReportContents(
        batch=replace(batch, manifest=manifest),
        findings=wrong_labels(batch),
        truth=Truth("t", {"0.png": "b"}),
    )
    (card,) = make_cards(contents)
    assert (card.annotator, card.true_label) == ("ada", "b")


def test_likeliest_first__confidence_then_level_then_row():
    def finding(rule: str, level: str, row: int, confidence: float | None) -> Finding:
        return Finding(
            rule=rule, level=level, message="", image="x", row=row, confidence=confidence
        )

    ordered = [
        finding("wrong-label", "error", 9, 0.9),
        finding("uncertain-label", "warning", 1, 0.5),
        finding("uncertain-label", "warning", 2, 0.5),
        finding("wrong-label", "error", 3, 0.0),
        finding("unreadable", "error", 7, None),
        finding("near-duplicate", "warning", 1, None),
    ]
    assert likeliest_first(ordered[::-1]) == ordered


def test_ranks_of__alphabetical():
    assert ranks_of(["b", "a", "b", ""]) == {"": 0, "a": 1, "b": 2}
