import numpy as np
import pytest

from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import Finding
from labelfix.data.corrections import OFF_TOPIC, UNKNOWN_LABEL
from labelfix.options.rule_options import RuleOptions


def label_findings(inspection) -> list[Finding]:
    """The findings of some rules, in the order of the rows."""
    found = [
        finding
        for name in ("wrong-label", "uncertain-label", "unknown-label", "off-topic")
        for finding in inspection.findings_of(RULES[name])
    ]
    return sorted(found, key=lambda finding: finding.row)


def row(image: str = "a.png", **more) -> dict:
    """A row labelled 2 that looks like 9, and is wrong with probability 0.998."""
    return {"image": image, "label": "2", "suggested": "9", "self_confidence": 0.002, **more}


NINES = [{"image": f"{number}.png", "label": "9"} for number in range(2)]
OTHER = [{"image": "z.png", "label": "2"}]


def rules_of(findings) -> list[tuple[str, int]]:
    return [(finding.rule, finding.row) for finding in findings]


def test_label_findings__wrong_label(make_inspection):
    near = {("a.png", "0.png"): 0.9, ("a.png", "1.png"): 0.8, ("a.png", "z.png"): 0.7}
    inspection = make_inspection([*NINES, row(), *OTHER], near=near, lines=[2, 3, 5, 6])
    (finding,) = label_findings(inspection)
    assert (finding.rule, finding.level) == ("wrong-label", "error")
    assert (finding.image, finding.row, finding.line) == ("a.png", 3, 5)
    assert (finding.given_label, finding.suggested_label) == ("2", "9")
    assert finding.confidence == 0.998
    assert finding.content_hash == "sha-a.png"
    assert finding.message == (
        "label '2', looks like '9' "
        "(99.8 % likely wrong; 2 of the 3 most similar images are labelled '9')"
    )


def test_label_findings__a_kept_label_is_none(make_inspection):
    assert list(label_findings(make_inspection([*NINES, *OTHER]))) == []


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({}, "wrong-label"),
        ({"min_confidence": 0.8}, "wrong-label"),
        ({"min_confidence": 0.81}, "uncertain-label"),
        ({"min_confidence_of": {"2": 0.9}}, "uncertain-label"),
        ({"min_confidence_of": {"9": 0.9}}, "wrong-label"),
        ({"min_confidence_of": {"wrong-label": 0.9}}, "uncertain-label"),
        ({"min_confidence": 0.9, "min_confidence_of": {"2": 0.3}}, "wrong-label"),
        ({"min_confidence_of": {"2": 0.3, "wrong-label": 0.9}}, "uncertain-label"),
        ({"min_confidence_of": {"2": 0.9, "wrong-label": 0.3}}, "uncertain-label"),
    ],
)
def test_label_findings__from_the_least_confidence_that_is_set(make_inspection, options, rule):
    inspection = make_inspection([row(self_confidence=0.2), *NINES], RuleOptions(**options))
    assert rules_of(label_findings(inspection)) == [(rule, 1)]


def test_label_findings__a_label_named_like_a_rule_has_no_least_confidence(make_inspection):
    named = row(label="uncertain-label", self_confidence=0.2)
    options = RuleOptions(min_confidence_of={"uncertain-label": 0.9})
    assert rules_of(label_findings(make_inspection([named, *NINES], options))) == [
        ("wrong-label", 1)
    ]


def test_label_findings__doubtful_label_without_another(make_inspection):
    doubtful = row(suggested="2", self_confidence=0.4, action="review")
    (finding,) = label_findings(make_inspection([doubtful, *NINES]))
    assert (finding.rule, finding.level) == ("uncertain-label", "warning")
    assert finding.suggested_label is None
    assert finding.confidence == 0.6
    assert (
        "label '2' is doubtful, but no other label is likelier (60.0 % likely wrong"
        in finding.message
    )


def test_label_findings__uncertain_label_suggests_the_other(make_inspection):
    inspection = make_inspection(
        [row(self_confidence=0.4), *NINES], RuleOptions(min_confidence=0.7)
    )
    (finding,) = label_findings(inspection)
    assert (finding.rule, finding.suggested_label) == ("uncertain-label", "9")
    assert finding.message.startswith("label '2', may be '9' (60.0 % likely wrong")


def test_label_findings__uncertain_label_that_was_kept(make_inspection):
    """Another label need not be likelier; of a class with one image nothing is known."""
    rows = [
        row(self_confidence=0.8, suggested="2"),
        row("b.png", self_confidence=0.81, suggested="2"),
        row("c.png", self_confidence=0.1, suggested="2", reason="insufficient_support"),
        *NINES,
    ]
    assert rules_of(label_findings(make_inspection(rows))) == [("uncertain-label", 1)]
    strict = RuleOptions(min_confidence_of={"uncertain-label": 0.3})
    assert not rules_of(label_findings(make_inspection(rows, strict)))


def test_label_findings__uncertain_label_from_its_own_least_confidence(make_inspection):
    rows = [row(self_confidence=0.45), row("b.png", self_confidence=0.35), *NINES]
    options = RuleOptions(min_confidence=0.9, min_confidence_of={"uncertain-label": 0.6})
    assert rules_of(label_findings(make_inspection(rows, options))) == [("uncertain-label", 2)]


def test_label_findings__a_review_over_the_threshold_is_wrong(make_inspection):
    inspection = make_inspection([row(action="review"), *NINES])
    assert rules_of(label_findings(inspection)) == [("wrong-label", 1)]


def test_label_findings__unknown_label(make_inspection):
    unknown = row(label="x", self_confidence=np.nan, action="review", reason=UNKNOWN_LABEL)
    reference = [{"image": "r.png", "label": "9"}, {"image": "s.png", "label": "2"}]
    (finding,) = label_findings(make_inspection([unknown], reference=reference))
    assert (finding.rule, finding.level) == ("unknown-label", "error")
    assert (finding.given_label, finding.suggested_label) == ("x", "9")
    assert finding.confidence is None
    assert finding.message == (
        "label 'x' is not one of the 2 labels of the reference; looks like '9' "
        "(1 of the 2 most similar images is labelled '9')"
    )


def test_label_findings__an_image_like_no_other_has_no_wrong_label(make_inspection):
    near = {("a.png", "1.png"): 0.25}
    inspection = make_inspection([row(action="review", reason=OFF_TOPIC), *NINES], near=near)
    (finding,) = label_findings(inspection)
    assert (finding.rule, finding.level) == ("off-topic", "warning")
    assert (finding.suggested_label, finding.confidence) == (None, None)
    assert finding.message == (
        "the image is unlike all others: "
        "the most similar is '1.png', labelled '9' (similarity 0.250)"
    )


def test_label_findings__a_kept_label_may_be_off_topic(make_inspection):
    kept = {"image": "a.png", "label": "2", "reason": OFF_TOPIC}
    assert rules_of(label_findings(make_inspection([kept, *NINES]))) == [("off-topic", 1)]


def test_label_findings__no_row_but_this_one(make_inspection):
    (finding,) = label_findings(make_inspection([row()]))
    assert finding.message == "label '2', looks like '9' (99.8 % likely wrong)"


def test_label_findings__never_certain_in_words(make_inspection):
    (finding,) = label_findings(make_inspection([row(self_confidence=0.0001)]))
    assert "(over 99.9 % likely wrong" in finding.message
    assert finding.confidence == 0.9999


def test_label_findings__blank_label_is_none(make_inspection):
    blank = row(label=" ", action="review", self_confidence=np.nan)
    assert list(label_findings(make_inspection([blank, *NINES]))) == []


def test_label_findings__only_selected_rules(make_inspection):
    rows = [row(), row("b.png", action="review", reason=OFF_TOPIC), *NINES]
    options = RuleOptions(select=frozenset({"off-topic"}))
    assert rules_of(label_findings(make_inspection(rows, options))) == [("off-topic", 2)]


def test_label_findings__hostile_labels_stay_on_one_line(make_inspection):
    evil = "x\n::error::\x1b[31m\u202e" + "y" * 10_000
    (finding,) = label_findings(make_inspection([row(label=evil)]))
    assert finding.given_label == evil
    assert finding.message.isprintable()
    assert len(finding.message) < 250
