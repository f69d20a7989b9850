"""The queue of a review: its order, its filters, and the random part in it."""

from pathlib import Path

import numpy as np
import pytest

from labelfix.data.answers import CANNOT_TELL
from labelfix.data.decision_store import DecisionStore
from labelfix.review import queue as queue_module
from labelfix.review.queue import AUDIT, GAIN, OPINION, RANDOM, RANDOM_EVERY, review_queue
from labelfix.review.queue_filter import QueueFilter
from labelfix.review.random_part import RandomPart
from labelfix.review.review_data import AnnotatorLabel, ReviewData

ROWS = 60


@pytest.fixture
def data(batch_of) -> ReviewData:
    """Rows of which the later ones are the likelier wrong."""
    given = ["cat", "dog"] * (ROWS // 2)
    confidence = np.linspace(0.999, 0.4, ROWS).tolist()
    batch = batch_of(given, written=False, confidence=confidence, self_confidence=confidence)
    object.__setattr__(batch.images, "content_hashes", [f"hash {row}" for row in range(ROWS)])
    return ReviewData(batch)


@pytest.fixture
def store(tmp_path: Path):
    with DecisionStore.open(tmp_path / "decisions.sqlite") as opened:
        yield opened


def test_review_queue__audits_come_first_then_gain_and_one_of_four_is_drawn(data, store) -> None:
    queue = review_queue(data, [], ROWS, random_part=RandomPart.of(data, store))

    kinds = [one.kind for one in queue]
    assert kinds[: queue_module.AUDITS] == [AUDIT] * queue_module.AUDITS
    rest = kinds[queue_module.AUDITS :]
    assert rest[:20] == [*[GAIN] * 9, RANDOM] * 2
    assert sorted(one.row for one in queue) == list(range(ROWS))
    gains = [one.wrong_probability for one in queue if one.kind == GAIN]
    assert gains == sorted(gains, reverse=True)
    assert all((one.chance is None) == (one.kind == GAIN) for one in queue)


def test_review_queue__goes_on_where_it_was_whenever_it_is_made_again(data, store) -> None:
    part = RandomPart.of(data, store)
    whole = [(one.row, one.kind) for one in review_queue(data, [], 40, random_part=part)]
    again = []
    for _ in range(40):
        first = review_queue(data, store.current(), 40, random_part=part)[0]
        again.append((first.row, first.kind))
        store.add(first.decided("cat", "ada"))

    assert [kind for _, kind in again] == [kind for _, kind in whole]
    assert len({row for row, _ in again}) == 40
    gains = [row for row, kind in again if kind == GAIN]
    assert gains == sorted(gains, reverse=True)  # the later rows are the likelier wrong


def test_review_queue__leaves_out_what_is_decided_or_verified(batch_of) -> None:
    actions = ["verified", *["keep"] * 5]
    data = ReviewData(batch_of(["cat"] * 6, written=False, action=actions))
    first = review_queue(data, [], 10)

    assert 0 not in [one.row for one in first]
    left = review_queue(data, [first[0].decided("cat", "ada")], 10)
    assert [one.row for one in left] == [one.row for one in first[1:]]


def test_review_queue__asks_about_each_image_once(batch_of) -> None:
    data = ReviewData(batch_of(["cat", "dog", "cat"], images=["a", "b", "a"], written=False))

    assert sorted(one.image for one in review_queue(data, [], 10)) == ["a", "b"]


def test_review_queue__a_budget_cuts_it(data, store) -> None:
    part = RandomPart.of(data, store)

    assert len(review_queue(data, [], 7, random_part=part)) == 7


def test_review_queue__draws_only_once_nothing_else_is_likelier_wrong_than_wanted(
    data, store
) -> None:
    queue = review_queue(data, [], ROWS, random_part=RandomPart.of(data, store), stop_at=0.45)

    rest = queue[queue_module.AUDITS :]
    chosen = [place for place, one in enumerate(rest) if one.kind == GAIN]
    assert min(rest[place].wrong_probability for place in chosen) >= 0.45
    assert len(chosen) >= 3
    assert {one.kind for one in rest[max(chosen) + 1 :]} == {RANDOM}


@pytest.mark.parametrize(
    ("wanted", "passes"),
    [
        ({"given": "dog"}, lambda row: row % 2 == 1),
        ({"least_wrong": 0.5}, lambda row: 1 - np.linspace(0.999, 0.4, ROWS)[row] >= 0.5),
        ({"name": "1.PNG"}, lambda row: row % 10 == 1),
        ({"suggested": "owl"}, lambda row: False),
    ],
)
def test_review_queue__filters_keep_the_order_and_draw_nothing(data, store, wanted, passes) -> None:
    queue = review_queue(
        data, [], ROWS, random_part=RandomPart.of(data, store), wanted=QueueFilter(**wanted)
    )

    assert sorted(one.row for one in queue) == [row for row in range(ROWS) if passes(row)]
    assert {one.kind for one in queue} <= {GAIN}


def test_review_queue__filters_by_annotator_rule_and_copies(batch_of) -> None:
    batch = batch_of(["cat", "dog", "cat", "cat"], written=False)
    object.__setattr__(batch.images, "content_hashes", ["same", "same", "2", "3"])
    who = {"2.png": (AnnotatorLabel("bob", "cat"), AnnotatorLabel("eve", "dog"))}
    data = ReviewData(batch, who)

    def rows(**wanted) -> list[int]:
        found = review_queue(data, [], 9, wanted=QueueFilter(**wanted))
        return sorted(one.row for one in found)

    assert rows(annotator="eve") == [2]
    assert rows(copies_of=1) == [0, 1]
    assert rows(rule="conflicting-duplicate") == [0, 1]


def test_review_queue__asks_others_for_a_second_opinion(data) -> None:
    row = review_queue(data, [], 1)[0]
    apart = [row.decided("cat", "ada"), row.decided("dog", "bob")]

    assert review_queue(data, apart, 5, reviewer="eve")[0].kind == OPINION
    assert review_queue(data, apart, 5, reviewer="eve")[0].row == row.row
    assert all(one.kind == GAIN for one in review_queue(data, apart, 5, reviewer="ada"))


def test_decided__keeps_what_was_shown(data, store) -> None:
    queue = review_queue(data, [], ROWS, random_part=RandomPart.of(data, store))
    audit, random = queue[0], next(one for one in queue if one.is_random)

    decision = random.decided(CANNOT_TELL, "ada", seconds=1.5, reason="dark")
    assert decision.chance == random.chance
    assert decision.content_hash == f"hash {random.row}"
    assert decision.shown == tuple(one.label for one in random.evidence.candidates)
    assert (decision.given_label, decision.source) == (random.given_label, "review")
    assert audit.decided("cat", "ada").source == "review:audit"


def test_reason__says_why_in_one_sentence(data, store) -> None:
    queue = review_queue(data, [], ROWS, random_part=RandomPart.of(data, store))

    for one in queue:
        assert one.reason.endswith(".")
        assert ("drawn at random" in one.reason) == one.is_random


def test_review_queue__draws_more_once_labels_are_seldom_wrong(batch_of, store) -> None:
    data = ReviewData(batch_of(["cat"] * ROWS, written=False, confidence=[0.95] * ROWS))
    queue = review_queue(data, [], ROWS, random_part=RandomPart.of(data, store))

    rest = [one.kind for one in queue][queue_module.AUDITS :]
    assert rest[: 2 * RANDOM_EVERY] == [*[GAIN] * (RANDOM_EVERY - 1), RANDOM] * 2
