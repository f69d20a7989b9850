"""Thresholds: what counts towards which, and what is said of one that is exceeded."""

import random

import pytest

from labelfix.check.finding import Finding
from labelfix.check.thresholds import exceeded, without_known
from labelfix.check_config import Limit, Thresholds
from labelfix.data.shares import WrongShare
from labelfix.judging.batch import BatchNoise

NOISE = BatchNoise(
    WrongShare(rows=200, share=0.041, low=0.032, high=0.05),
    {
        "cat": WrongShare(rows=50, share=0.12, low=0.06, high=0.18),
        "dog": WrongShare(rows=150, share=0.02, low=0.0, high=0.04),
    },
)


def finding(rule, level="error", label="cat", confidence=None):
    return Finding(rule, level, "m", image="a.png", given_label=label, confidence=confidence)


def messages(found=(), noise=NOISE, rows=200, **options):
    over = exceeded(found, rows, noise, Thresholds(**options))
    return [(one.threshold, one.message) for one in over]


def is_over(found=(), noise=NOISE, rows=200, **options):
    return bool(messages(found, noise, rows, **options))


@pytest.mark.parametrize(
    ("on", "rate", "message"),
    [
        (
            "lower",
            0.02,
            "4.1 % of the labels are wrong (95 % interval 3.2 % to 5.0 %), "
            "more than 2 % even at the lower end",
        ),
        ("lower", 0.032, None),
        (
            "estimate",
            0.04,
            "4.1 % of the labels are wrong (95 % interval 3.2 % to 5.0 %), more than 4 %",
        ),
        ("estimate", 0.041, None),
        (
            "upper",
            0.0425,
            "4.1 % of the labels are wrong (95 % interval 3.2 % to 5.0 %), "
            "more than 4.25 % at the upper end",
        ),
        ("upper", 0.05, None),
    ],
)
def test_exceeded__end_of_the_interval_that_decides(on, rate, message):
    expected = [] if message is None else [("--max-wrong-rate", message)]
    assert messages(max_wrong_rate=rate, on=on) == expected


def test_exceeded__shows_as_many_decimals_as_tell_the_numbers_apart():
    noise = BatchNoise(WrongShare(rows=99_999, share=0.0203, low=0.020004, high=0.03))
    assert messages(noise=noise, max_wrong_rate=0.02)[0][1] == (
        "2.0300 % of the labels are wrong (95 % interval 2.0004 % to 3.0000 %), "
        "more than 2 % even at the lower end"
    )


def test_exceeded__no_rate_where_no_label_was_judged():
    for noise in (BatchNoise(None), BatchNoise(WrongShare(rows=0, share=0.5, low=0.5, high=0.5))):
        assert not is_over(noise=noise, max_wrong_rate=0.0)


def test_exceeded__rate_of_a_class():
    rates = {"dog": 0.01, "cat": 0.05, "not here": 0.0}
    assert messages(max_wrong_rate_of=rates) == [
        (
            "--max-wrong-rate",
            "12.0 % of the labels 'cat' are wrong (95 % interval 6.0 % to 18.0 %), "
            "more than 5 % even at the lower end",
        )
    ]
    assert len(messages(max_wrong_rate_of=rates, on="upper")) == 2


def test_exceeded__hostile_class_stays_on_one_line():
    label = "\n::error::\x1b[31m" + "x" * 10_000
    noise = BatchNoise(None, {label: WrongShare(rows=5, share=0.5, low=0.4, high=0.6)})
    message = messages(noise=noise, max_wrong_rate_of={label: 0.1})[0][1]
    assert message.isprintable()
    assert len(message) < 250


def test_exceeded__errors_count_and_warnings_only_where_asked():
    found = [finding("split-leak"), finding("off-topic", "warning"), finding("missing-label")]
    assert messages(found) == [
        (
            "--max-findings",
            "2 findings of level error (1 missing-label, 1 split-leak), where none is allowed",
        )
    ]
    assert messages(found, fail_on="warning", max_findings=2) == [
        (
            "--max-findings",
            "3 findings of level error or warning (1 missing-label, 1 off-topic, 1 split-leak), "
            "more than the 2 allowed",
        )
    ]
    assert not is_over(found, max_findings=2)
    assert not is_over(found[1:2])


def test_exceeded__level_of_the_finding_decides_not_that_of_its_rule():
    assert is_over([finding("off-topic", "error")])
    assert not is_over([finding("split-leak", "warning")])


def test_exceeded__never():
    found = [finding("split-leak"), finding("unreadable")]
    assert not is_over(
        found,
        fail_on="never",
        max_wrong_rate=0.0,
        max_wrong_rate_of={"cat": 0.0},
        max_findings_of={"split-leak": 0},
        max_unreadable=Limit(rows=0),
    )


def test_exceeded__wrong_labels_count_towards_a_rate_where_there_is_one():
    wrong = [finding("wrong-label")]
    assert is_over(wrong)
    assert not is_over(wrong, max_wrong_rate=0.5)
    assert not is_over(wrong, max_wrong_rate_of={"cat": 0.5})
    assert is_over(wrong, max_wrong_rate_of={"dog": 0.5})
    assert is_over([finding("uncertain-label")], max_wrong_rate=0.5)


def test_exceeded__unreadable_images_count_towards_their_limit_where_there_is_one():
    found = [finding("unreadable"), finding("missing-file")]
    assert is_over(found)
    assert not is_over(found, max_unreadable=Limit(rows=2))
    assert messages(found, max_unreadable=Limit(rows=1)) == [
        (
            "--max-unreadable",
            "rows without an image that can be read: 2 of 200 (1.0 %), more than 1",
        )
    ]
    assert not is_over(found, max_unreadable=Limit(share=0.01))
    assert messages(found, rows=199, max_unreadable=Limit(share=0.01)) == [
        (
            "--max-unreadable",
            "rows without an image that can be read: 2 of 199 (1.0 %), more than 1 %",
        )
    ]


@pytest.mark.parametrize("found", range(101))
def test_limit__a_share_of_a_hundred_is_that_many(found):
    assert not Limit(share=found / 100).exceeded_by(found, 100)
    assert Limit(share=found / 100).exceeded_by(found + 1, 100)


def test_limit__nothing_of_nothing():
    assert not Limit(share=0.0).exceeded_by(0, 0)


def test_exceeded__rules_with_a_limit_of_their_own_have_only_that():
    found = [finding("near-duplicate", "warning")] * 3 + [finding("split-leak")]
    limits = {"near-duplicate": 2, "split-leak": 1}
    assert messages(found, max_findings_of=limits) == [
        ("--max-findings", "3 findings of near-duplicate, more than the 2 allowed")
    ]
    assert not is_over(found, max_findings_of={"near-duplicate": 3, "split-leak": 1})
    assert messages(found[:1], max_findings_of={"near-duplicate": 0}) == [
        ("--max-findings", "1 finding of near-duplicate, where none is allowed")
    ]


def test_exceeded__several_at_once_in_a_fixed_order():
    found = [finding("unreadable"), finding("split-leak"), finding("rare-class", "warning")]
    options = {
        "max_wrong_rate": 0.0,
        "max_wrong_rate_of": {"cat": 0.0},
        "max_unreadable": Limit(rows=0),
        "max_findings_of": {"rare-class": 0},
    }
    names = [threshold for threshold, _ in messages(found, **options)]
    assert names == ["--max-wrong-rate"] * 2 + ["--max-unreadable"] + ["--max-findings"] * 2
    assert messages(found[::-1], **options) == messages(found, **options)


def test_without_known__takes_accepted_labels_out_of_the_shares():
    known = [
        finding("wrong-label", confidence=0.9),
        finding("uncertain-label", "warning", confidence=0.6),
        finding("wrong-label", label="dog", confidence=0.75),
        finding("off-topic", label="dog", confidence=0.75),
        finding("wrong-label", label="dog"),
    ]
    noise = without_known(NOISE, known)
    # overall: 2.25 / 200 = 0.01125; cat: 1.5 / 50 = 0.03; dog: 0.75 / 150 = 0.005
    assert shares(noise.overall) == pytest.approx((0.02975, 0.02075, 0.03875))
    assert shares(noise.of_class["cat"]) == pytest.approx((0.09, 0.03, 0.15))
    assert shares(noise.of_class["dog"]) == pytest.approx((0.015, 0.0, 0.035))
    assert [noise.overall.rows, noise.of_class["cat"].rows] == [200, 50]


def test_without_known__never_below_zero():
    known = [finding("wrong-label", confidence=1.0)] * 60
    noise = without_known(NOISE, known)
    assert shares(noise.of_class["cat"]) == (0, 0, 0)
    assert shares(noise.overall) == (0, 0, 0)
    assert noise.of_class["dog"] == NOISE.of_class["dog"]


def test_without_known__nothing_known_or_nothing_judged():
    assert without_known(NOISE, []) == NOISE
    empty = BatchNoise(None, {"cat": WrongShare(rows=0, share=0.0, low=0.0, high=0.0)})
    assert without_known(empty, [finding("wrong-label", confidence=0.5)]) == empty


def test_without_known__lets_a_batch_pass():
    found = [finding("wrong-label", confidence=1.0)] * 3
    assert is_over(max_wrong_rate=0.02)
    assert not is_over(noise=without_known(NOISE, found), max_wrong_rate=0.02)


def test_exceeded__does_not_depend_on_the_rows_order():
    found = [finding(rule) for rule in ("split-leak", "missing-label", "unreadable") * 5]
    shuffled = random.Random(0).sample(found, len(found))
    assert messages(shuffled, max_findings_of={"unreadable": 1}) == messages(
        found, max_findings_of={"unreadable": 1}
    )


def shares(wrong):
    return wrong.share, wrong.low, wrong.high
