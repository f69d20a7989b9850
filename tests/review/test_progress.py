"""How far a review is: counts, milestones and what is said of stopping."""

from dataclasses import replace
from pathlib import Path

import pytest

from labelfix.data.decision_store import DecisionStore
from labelfix.data.decisions import Decision
from labelfix.data.share_text import percent
from labelfix.review.progress import relabel_after, review_progress
from labelfix.review.queue import review_queue
from labelfix.review.random_part import RandomPart
from labelfix.review.review_data import ReviewData

ROWS = 40


@pytest.fixture
def data(batch_of) -> ReviewData:
    actions = ["keep"] * ROWS
    actions[3] = "verified"
    return ReviewData(
        batch_of(["cat"] * ROWS, written=False, confidence=[0.9] * ROWS, action=actions)
    )


@pytest.fixture
def store(tmp_path: Path):
    with DecisionStore.open(tmp_path / "decisions.sqlite") as opened:
        yield opened


def decided(row: int, answer: str, reviewer: str = "ada", **about) -> Decision:
    return Decision(
        image=f"{row}.png",
        answer=answer,
        reviewer=reviewer,
        decided_at="2026-05-04T10:20:30Z",
        **about,
    )


def test_review_progress__counts_what_was_decided(data, store) -> None:
    part = RandomPart.of(data, store)
    store.add_all(
        [
            decided(0, "cat"),
            decided(1, "dog"),
            decided(1, "dog", "bob"),
            decided(2, "dog"),
            decided(2, "cat", "bob"),
            decided(3, "cat"),
            decided(4, "cannot tell"),
        ]
    )
    store.add(replace(decided(0, "cat"), image="elsewhere.png"))
    queue = review_queue(data, store.current(), 10, random_part=part)

    found = review_progress(data, store.standing(), part, queue)

    assert (found.decided, found.settled, found.disagreements) == (5, 4, 1)
    assert (found.found, found.open, found.labels) == (1, ROWS - 5, ROWS)
    assert (found.next, found.expected_next) == (10, pytest.approx(1.0))
    assert found.unused == 2  # rows 0 and 1; row 3 is verified already, row 4 tells nothing
    assert [one.images for one in found.agreements] == [2]


def test_review_progress__says_when_to_stop(data, store) -> None:
    part = RandomPart.of(data, store)
    before = review_progress(data, [], part)
    assert "nothing is known" in before.sentence
    assert not before.may_stop

    for row in range(ROWS - 5):
        store.add(decided(row, "cat", chance=0.5))
    found = review_progress(data, store.standing(), part)
    assert 0 < found.high < 5 / ROWS
    assert found.sentence == (
        f"About {percent(found.share)} of the labels are still wrong; with 95 % confidence at most "
        f"{100 * found.high:.1f} %."
    )
    enough = review_progress(data, store.standing(), part, stop_at=0.2)
    assert enough.may_stop and enough.sentence.startswith("You may stop: with 95 % confidence")
    short = review_progress(data, store.standing(), part, stop_at=0.001)
    assert not short.may_stop
    assert short.sentence.startswith("Not yet at most 0.1 %: with 95 % confidence at most")

    for row in range(ROWS - 5, ROWS):
        store.add(decided(row, "cat"))
    assert "Every label" in review_progress(data, store.standing(), part).sentence


@pytest.mark.parametrize(
    ("used", "decided", "more"),
    [(0, 0, 20), (0, 19, 1), (0, 25, 0), (20, 25, 25), (50, 99, 1), (100, 150, 50), (210, 399, 1)],
)
def test_relabel_after__the_next_milestone(used, decided, more) -> None:
    assert relabel_after(used, decided) == more
