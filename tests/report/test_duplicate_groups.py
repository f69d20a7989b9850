"""Groups of copies from the findings about pairs of them."""

from dataclasses import replace

import pytest

from labelfix.check.verdict import Finding
from labelfix.judging.batch import KnownImages
from labelfix.report.duplicate_groups import group_duplicates


def about(rule: str, row: int, *related: str) -> Finding:
    return Finding(
        rule=rule, level="warning", message="", image=f"{row}.png", row=row + 1, related=related
    )


@pytest.fixture
def batch(tmp_path, make_batch):
    made = make_batch(tmp_path, list("aabbcc"))
    hashes = ["x", "x", "y", "z", "x", ""]
    return replace(
        made,
        images=replace(made.images, content_hashes=hashes),
        splits=["train", "test", "train", "train", "train", "train"],
    )


def test_group_duplicates__chains_are_one_group_and_conflicts_come_first(batch):
    groups = group_duplicates(
        batch,
        [
            about("near-duplicate", 3, "2.png"),
            about("split-leak", 1, "0.png"),
            about("conflicting-duplicate", 4, "1.png"),
            about("wrong-label", 5, "0.png"),
        ],
    )
    assert [[copy.row for copy in group.copies] for group in groups] == [[1, 2, 5], [3, 4]]
    assert [list(group.rules) for group in groups] == [
        ["conflicting-duplicate", "split-leak"],
        ["near-duplicate"],
    ]
    assert [group.is_exact for group in groups] == [True, False]
    assert groups[0].labels == [("a", 2), ("c", 1)]
    assert [copy.split for copy in groups[0].copies] == ["train", "test", "train"]


def test_group_duplicates__an_image_of_the_reference_and_an_unknown_one(batch, tmp_path):
    reference = KnownImages(
        names=["r.png"], labels=["c"], content_hashes=["x"], splits=None, folder=tmp_path
    )
    (group,) = group_duplicates(
        replace(batch, reference=reference), [about("near-duplicate", 0, "r.png", "gone.png")]
    )
    assert [(copy.row, copy.label) for copy in group.copies] == [(1, "a"), (None, ""), (None, "c")]
    assert len(group.peers) == 2
    assert not group.is_exact


def test_group_duplicates__of_nothing(batch):
    assert group_duplicates(batch, [about("near-duplicate", 0)]) == []
