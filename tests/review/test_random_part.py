"""The random part: its strata, its draws, and what they show over relabels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from labelfix.data.answers import CANNOT_TELL
from labelfix.data.decision_store import DecisionStore
from labelfix.data.decisions import Decision
from labelfix.review.random_part import RandomPart
from labelfix.review.review_data import ReviewData
from labelfix.review.stop_rule import Draw

ROWS = 100
AT = "2026-05-04T10:20:30Z"


@pytest.fixture
def data(batch_of) -> ReviewData:
    confidence = np.where(np.arange(ROWS) < 80, 0.995, 0.6).tolist()
    return ReviewData(batch_of(["cat"] * ROWS, written=False, confidence=confidence))


@pytest.fixture
def store(tmp_path: Path):
    with DecisionStore.open(tmp_path / "decisions.sqlite") as opened:
        yield opened


def decided(row: int, answer: str = "cat", *, chance: float | None = None) -> Decision:
    return Decision(image=f"{row}.png", answer=answer, reviewer="ada", decided_at=AT, chance=chance)


def test_of__enters_each_label_once(data, store) -> None:
    first = RandomPart.of(data, store)
    again = RandomPart.of(data, store)

    assert len(first.entries) == len(again.entries) == ROWS
    assert {one.stratum for one in first.entries} == {0, 3}
    assert [one.image for one in again.entries] == [f"{row}.png" for row in range(ROWS)]


def test_of__two_at_once_enter_each_label_once(data, store, monkeypatch) -> None:
    add = store.add_to_frame
    calls = []

    def late(entries, after):
        calls.append(after)
        if len(calls) == 1:  # another server was faster
            with DecisionStore.open(store.path) as other:
                assert other.add_to_frame(entries, after)
        return add(entries, after)

    monkeypatch.setattr(store, "add_to_frame", late)

    assert len(RandomPart.of(data, store).entries) == len(store.frame()) == ROWS
    assert calls == [0]


def test_draws__in_proportion_to_the_strata_with_the_chance_of_each(data, store) -> None:
    part = RandomPart.of(data, store)
    draws = list(part.draws(data, range(ROWS), 10))[:10]

    assert sum(row < 80 for row, _ in draws) == 8
    assert {chance for row, chance in draws if row < 80} == {8 / 80}
    assert {chance for row, chance in draws if row >= 80} == {2 / 20}


def test_draws__are_even_within_a_stratum(data, store) -> None:
    part = RandomPart.of(data, store)
    counts = np.zeros(ROWS)
    for seed in range(200):
        for row, _ in list(replace(part, seed=seed).draws(data, range(ROWS), 10))[:10]:
            counts[row] += 1

    # 20 expected of each: a binomial count of 200 draws at 0.1 is above 40 once in 10,000
    assert counts.sum() == 2000
    assert counts.min() > 3 and counts.max() < 45


def test_draws__the_next_ones_stay_the_same_when_others_are_decided(data, store) -> None:
    part = RandomPart.of(data, store)
    order = [row for row, _ in part.draws(data, range(ROWS), 20)]
    rest = [row for row in range(ROWS) if row not in order[:7]]
    answered = [decided(row, chance=0.1) for row in order[:7]]

    assert [row for row, _ in part.draws(data, rest, 20, answered)] == order[7:]


def test_strata__know_what_each_draw_was_drawn_from(data, store) -> None:
    part = RandomPart.of(data, store)
    store.add(decided(3, "dog"))  # chosen, and wrong
    store.add(decided(0, chance=0.1))  # drawn, and right
    store.add(decided(1, "dog", chance=0.1))  # drawn, and wrong
    store.add(decided(2, CANNOT_TELL, chance=0.1))

    sure = part.strata(data, store.standing())[0]

    assert sure.left == 76
    assert sure.draws == [
        Draw(is_wrong=False, open_labels=79, found_since=1, unknown_since=1),
        Draw(is_wrong=True, open_labels=78, found_since=1, unknown_since=1),
    ]


def test_strata__an_undone_answer_was_never_given(data, store) -> None:
    part = RandomPart.of(data, store)
    store.add(decided(0, "dog", chance=0.1))
    store.undo("ada")

    sure = part.strata(data, store.standing())[0]

    assert (sure.left, sure.draws) == (80, [])


def test_strata__relabelled_labels_begin_anew_and_the_others_keep_their_draws(data, store) -> None:
    part = RandomPart.of(data, store)
    store.add(decided(0, chance=0.1))
    columns = {name: values.copy() for name, values in data.batch.corrections.columns().items()}
    columns["label"][[10, 11]], columns["action"][[10, 11]] = "dog", "relabel"
    columns["action"][0] = "verified"
    again = replace(data.batch, corrections=type(data.batch.corrections)(**columns))
    data = ReviewData(again)

    part = RandomPart.of(data, store)
    sure, _, new = part.strata(data, store.standing())

    assert len(part.entries) == ROWS + 2
    assert (sure.left, new.left, list(new.draws)) == (77, 2, [])
    assert sure.draws == [Draw(is_wrong=False, open_labels=80, found_since=0, unknown_since=2)]

    store.add(decided(1, chance=0.1))
    assert part.strata(data, store.standing())[0].draws[1:] == [
        Draw(is_wrong=False, open_labels=77, found_since=0, unknown_since=0)
    ]


def test_strata__reviewers_who_differ_leave_a_label_open(data, store) -> None:
    part = RandomPart.of(data, store)
    store.add(decided(0, chance=0.1))
    store.add(replace(decided(0, "dog"), reviewer="bob"))

    assert part.strata(data, store.standing())[0].left == 80
