"""What follows from decisions: agreement, settled answers and audits."""

import pytest

from labelfix.data.answers import CANNOT_TELL
from labelfix.data.decisions import (
    Decision,
    agreements,
    audits_of,
    disagreements,
    kappa,
    now,
    settled,
    used_decisions,
)
from labelfix.errors import InputError

AT = "2026-05-04T10:20:30Z"


def decided(image: str, answer: str, reviewer: str = "ada", **about) -> Decision:
    return Decision(image=image, answer=answer, reviewer=reviewer, decided_at=AT, **about)


@pytest.mark.parametrize(
    "wrong",
    [
        {"image": ""},
        {"answer": "  "},
        {"decided_at": "yesterday"},
        {"decided_at": "2026-05-04T10:20:30"},
        {"seconds": -1.0},
        {"seconds": float("nan")},
        {"chance": 0.0},
        {"chance": 1.5},
    ],
)
def test_decision__refuses_what_cannot_be_one(wrong) -> None:
    good = {"image": "a.png", "answer": "cat", "decided_at": AT}

    with pytest.raises(InputError, match="expected"):
        Decision(**{**good, **wrong})


def test_now__is_a_time_that_a_decision_takes() -> None:
    assert Decision(image="a.png", answer="cat", decided_at=now()).decided_at.endswith("Z")


def test_settled__needs_more_than_half_of_the_reviewers() -> None:
    apart = [decided("a", "cat"), decided("a", "dog", "bob"), decided("b", "cat")]

    assert [one.image for one in settled(apart)] == ["b"]
    assert set(disagreements(apart)) == {"a"}

    second_opinion = [*apart, decided("a", "dog", "eve")]
    assert {one.image: one.answer for one in settled(second_opinion)} == {"a": "dog", "b": "cat"}
    assert not disagreements(second_opinion)


def test_kappa__is_that_of_cohens_definition() -> None:
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: p_o = 0.7, p_e = 0.5, kappa = 0.4
    answers = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10
    answers += [("no", "no")] * 15
    decisions = [
        decided(str(number), answer, reviewer)
        for number, pair in enumerate(answers)
        for reviewer, answer in zip(("ada", "bob"), pair, strict=True)
    ]

    assert kappa(decisions)["ada", "bob"] == pytest.approx(0.4)
    assert (agreements(decisions)[0].images, agreements(decisions)[0].agreed) == (50, 35)


def test_kappa__is_unknown_where_chance_explains_all_agreement() -> None:
    alike = [decided("a", "cat"), decided("a", "cat", "bob")]
    apart = [decided("a", "cat"), decided("b", "cat", "bob")]

    assert kappa(alike) == {("ada", "bob"): None}
    assert kappa(apart) == {("ada", "bob"): None}


def test_used_decisions__finds_images_by_content_then_by_name() -> None:
    decisions = [
        decided("same.png", "cat", content_hash="1"),
        decided("old-name.png", "dog", content_hash="2"),
        decided("no-hash.png", "owl"),
        decided("changed.png", "cat", content_hash="before"),
        decided("gone.png", "cat", content_hash="7"),
        decided("open.png", "cat", content_hash="8"),
        decided("open.png", "dog", "bob", content_hash="8"),
    ]
    images = {
        "same.png": "1",
        "new-name.png": "2",
        "no-hash.png": "3",
        "changed.png": "after",
        "open.png": "8",
    }

    used = used_decisions(decisions, images.items())

    assert used.audits.answers == {"same.png": "cat", "new-name.png": "dog", "no-hash.png": "owl"}
    assert (used.changed, used.unknown, used.unsettled) == (1, 1, 1)
    assert audits_of(decisions, images.items()).ignored == 2


def test_used_decisions__a_copy_keeps_its_own_decision() -> None:
    decisions = [
        decided("copy.png", CANNOT_TELL, content_hash="1"),
        decided("gone.png", "dog", content_hash="1"),
    ]

    used = used_decisions(decisions, [("copy.png", "1")])

    assert used.audits.answers == {"copy.png": CANNOT_TELL}


def test_used_decisions__a_chosen_image_stands_for_itself_alone() -> None:
    decisions = [decided("drawn", "cat", chance=0.25), decided("chosen", "cat")]

    used = used_decisions(decisions, [("drawn", ""), ("chosen", "")])

    assert used.audits.chances == {"drawn": 0.25, "chosen": 1.0}
