"""Rates of wrong labels: passed, exceeded, or too little to judge."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest

from labelfix.check.gate import Gate, pass_through
from labelfix.check.verdict import CANNOT_TELL, FAILED, PASSED
from labelfix.check.wrong_rate import ENOUGH_ROWS, WIDEST, ThinClasses, judge_rates, thin_classes
from labelfix.data.shares import WrongShare
from labelfix.judging.batch import BatchNoise
from labelfix.noise.wrong_shares import NORMAL_95
from labelfix.options.rule_options import RuleOptions
from labelfix.options.threshold_options import Thresholds

THIN = ThinClasses(least=5, support={"owl": 2}, rows=4, of=10)
AGAINST = ThinClasses(least=5, support={"owl": 2}, rows=4, of=10, against_reference=True)
NONE = ThinClasses(of=10)


def noise_of(share: float, low: float, high: float, rows: int = 5, **of_class) -> BatchNoise:
    overall = WrongShare(rows=rows, share=share, low=low, high=high)
    return BatchNoise(overall=overall, of_class=of_class)


def judged(noise, thin=NONE, **options):
    """`exceeded`, `undecided` or `passed`."""
    any_fails = options.pop("fails_on_any", False)
    result = judge_rates(noise, Thresholds(**options), thin, fails_on_any=any_fails)
    assert not (result.exceeded and result.undecided)
    if result.exceeded:
        return "exceeded"
    return "undecided" if result.undecided else "passed"


@pytest.mark.parametrize(
    ("share", "low", "high", "on", "comes_to"),
    [
        (0.748, 0.0, 1.0, "lower", "undecided"),  # the batch of five wrong labels
        (0.748, 0.0, 1.0, "estimate", "exceeded"),
        (0.748, 0.0, 1.0, "upper", "exceeded"),
        (0.01, 0.0, 0.4, "estimate", "undecided"),
        (0.1, 0.02, 0.32, "lower", "passed"),  # exactly as wide as may be
        (0.1, 0.02, 0.3201, "lower", "undecided"),
        (0.1, 0.0201, 0.9, "lower", "exceeded"),  # wide, but surely over
        (0.01, 0.0, 0.02, "lower", "passed"),
    ],
)
def test_judge_rates__a_wide_interval_around_the_rate(share, low, high, on, comes_to):
    assert judged(noise_of(share, low, high), max_wrong_rate=0.02, on=on) == comes_to


def test_judge_rates__a_wide_interval_below_the_rate_passes():
    assert judged(noise_of(0.2, 0.0, 0.45), max_wrong_rate=0.5) == "passed"


def test_judge_rates__without_a_rate_where_a_wrong_label_fails():
    wide = noise_of(0.3, 0.0, 0.6)
    assert judged(wide, fails_on_any=True) == "undecided"
    assert judged(wide) == "passed"
    assert judged(noise_of(0.1, 0.0, 0.2), fails_on_any=True) == "passed"
    assert judged(noise_of(0.1, 0.0, 0.2), THIN, fails_on_any=True) == "undecided"


def test_judge_rates__too_many_rows_of_thin_classes():
    sure = noise_of(1.0, 0.99, 1.0, rows=10)
    assert judged(sure, max_wrong_rate=0.02) == "exceeded"
    assert judged(sure, THIN, max_wrong_rate=0.02) == "undecided"
    assert judged(sure, THIN, max_wrong_rate=0.02, on="upper") == "exceeded"
    right = noise_of(0.0, 0.0, 0.01, rows=10)
    assert judged(right, max_wrong_rate=0.02) == "passed"
    assert judged(right, THIN, max_wrong_rate=0.02) == "undecided"


def test_judge_rates__a_rare_class_of_an_ordinary_batch_decides_nothing():
    rare = ThinClasses(least=5, support={"owl": 2}, rows=2, of=200)
    assert judged(noise_of(0.01, 0.0, 0.03, rows=200), rare, max_wrong_rate=0.02) == "passed"
    assert judged(noise_of(0.1, 0.08, 0.13, rows=200), rare, max_wrong_rate=0.02) == "exceeded"


def test_judge_rates__the_other_classes_alone_may_be_over():
    of_class = {
        "cat": WrongShare(rows=60, share=0.5, low=0.4, high=0.6),
        "owl": WrongShare(rows=40, share=0.5, low=0.4, high=0.6),
    }
    noise = noise_of(0.5, 0.4, 0.6, rows=100, **of_class)
    thin = ThinClasses(least=5, support={"owl": 2}, rows=40, of=100)
    assert judged(noise, thin, max_wrong_rate=0.23) == "exceeded"  # 0.4 * 60 / 100 is over
    assert judged(noise, thin, max_wrong_rate=0.25) == "undecided"


def test_judge_rates__of_a_class():
    of_class = {
        "cat": WrongShare(rows=10, share=0.2, low=0.0, high=0.5),
        "owl": WrongShare(rows=2, share=0.0, low=0.0, high=0.01),
    }
    noise = BatchNoise(overall=None, of_class=of_class)
    for label, why in {"cat": "the interval is too wide", "owl": "the class 'owl' has"}.items():
        thresholds = Thresholds(max_wrong_rate_of={label: 0.05})
        [one] = judge_rates(noise, thresholds, THIN).undecided
        assert one.threshold == "--max-wrong-rate"
        assert one.message.startswith(why)


def test_judge_rates__says_what_was_found_and_what_is_needed():
    [wide] = judge_rates(noise_of(0.748, 0, 1), Thresholds(max_wrong_rate=0.02), NONE).undecided
    assert wide.message == (
        "the interval is too wide to say whether more than 2 % of the labels are wrong; the "
        "estimate is 74.8 % (95 % interval 0.0 % to 100.0 %), from 5 rows"
    )
    assert wide.needed == (
        "a reference (--reference WORKSPACE), more rows (50 or more), or rows that a person "
        "verified (--audited FILE)"
    )
    many = noise_of(0.3, 0, 0.7, rows=1000)
    [weak] = judge_rates(many, Thresholds(max_wrong_rate=0.02), AGAINST).undecided
    assert weak.message.startswith(
        "4 of 10 labels are of classes with fewer than 5 images in the reference"
    )
    assert weak.needed.startswith("5 images of each class in the reference, or rows")
    [weak] = judge_rates(many, Thresholds(max_wrong_rate=0.02), NONE).undecided
    assert "a stronger encoder" in weak.needed
    assert "more rows" not in weak.needed


def test_enough_rows__chance_alone_leaves_no_wide_interval():
    widths = [2 * NORMAL_95 * np.sqrt(0.25 / rows) for rows in (ENOUGH_ROWS - 10, ENOUGH_ROWS)]
    assert widths[1] < WIDEST < widths[0]
    assert all(later < sooner for sooner, later in pairwise(widths))


def batch_of(make_batch, counts: Mapping[str, int], **more):
    rows = [
        {"image": f"{label}{number}.png", "label": label}
        for label, rows in counts.items()
        for number in range(rows)
    ]
    return make_batch(rows, **more)


def test_thin_classes__rows_that_nothing_judges(make_batch):
    batch = batch_of(make_batch, {"cat": 6, "owl": 2, "elk": 1})
    thin = thin_classes(batch, 5)
    assert thin == ThinClasses(least=5, support={"elk": 1, "owl": 2}, rows=3, of=9)
    assert thin.are_too_many
    assert not thin_classes(batch, 2).are_too_many


def test_thin_classes__blank_unreadable_and_verified_rows_do_not_count(make_batch):
    batch = make_batch(
        [
            {"image": "a.png", "label": ""},
            {"image": "b.png", "has_image": False},
            {"image": "c.png", "action": "verified"},
            {"image": "d.png"},
        ]
    )
    thin = thin_classes(batch, 5)
    assert (thin.rows, thin.of) == (1, 2)


def test_thin_classes__support_is_the_references(make_batch):
    reference = [{"image": f"r{number}.png"} for number in range(5)]
    batch = batch_of(make_batch, {"cat": 1, "elk": 1}, reference=reference)
    thin = thin_classes(batch, 5)
    assert thin.support == {}  # the reference knows cats well, and an elk is an unknown label
    assert thin.against_reference


@pytest.mark.parametrize(
    ("options", "rules", "decision"),
    [
        ({}, {}, CANNOT_TELL),
        ({"max_wrong_rate": 0.02}, {}, CANNOT_TELL),
        ({"max_wrong_rate": 0.02, "on": "upper"}, {}, FAILED),
        ({"allow_undecided": True}, {}, PASSED),
        ({"fail_on": "never"}, {}, PASSED),
        ({"max_findings_of": {"wrong-label": 3}}, {}, PASSED),
        ({}, {"levels": {"wrong-label": "warning"}}, PASSED),
        ({"fail_on": "warning"}, {"levels": {"wrong-label": "warning"}}, FAILED),  # rare classes
        ({}, {"select": frozenset({"near-duplicate"})}, PASSED),
        ({}, {"rare_class_images": 1}, CANNOT_TELL),  # wide all the same
    ],
)
def test_pass_through__five_labels(make_batch, options, rules, decision):
    batch = batch_of(make_batch, {"cat": 3, "owl": 2}, noise=noise_of(0.748, 0.0, 1.0))
    gate = Gate(rules=RuleOptions(**rules), thresholds=Thresholds(**options))
    verdict = pass_through(batch, gate, "images").verdict
    assert verdict.decision == decision
    assert verdict.passed == (decision == PASSED)


def test_pass_through__what_is_over_fails_whatever_else_is_open(make_batch):
    rows = [{"image": "a.png", "suggested": "owl", "self_confidence": 0.1}, {"image": "b.png"}]
    verdict = pass_through(make_batch(rows, noise=noise_of(0.5, 0, 1)), Gate(), "images").verdict
    assert verdict.decision == FAILED
    assert verdict.undecided
