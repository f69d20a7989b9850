from labelfix.check.verdict import Finding
from labelfix.report.cards import make_cards
from labelfix.report.contents import ReportContents
from labelfix.report.summary import Pair, count_all


def test_count_all__by_level_rule_and_pair(tmp_path, make_batch, wrong_labels):
    batch = make_batch(tmp_path, ["a", "a", "b", "b"], ["c", "c", "b", "a"])
    findings = [
        *wrong_labels(batch),
        Finding(
            rule="near-duplicate",
            level="warning",
            message="",
            image="2.png",
            row=3,
            given_label="b",
        ),
        Finding(rule="rare-class", level="warning", message="", given_label="b"),
    ]
    cards = make_cards(ReportContents(batch=batch, findings=findings))
    counts = count_all(findings, cards[:3])
    assert (counts.errors, counts.warnings) == (3, 2)
    assert [(one.rule, one.findings) for one in counts.rules] == [
        ("wrong-label", 3),
        ("near-duplicate", 1),
        ("rare-class", 1),
    ]
    assert counts.rules[0].summary == "the label is wrong, and another one is suggested"
    assert [finding.rule for finding in counts.general] == ["rare-class"]
    assert counts.not_shown == [("near-duplicate", 1)]
    assert counts.card_rules == [("wrong-label", 3)]
    assert counts.pairs == [
        Pair(index=0, given="a", suggested="c", cards=2),
        Pair(index=1, given="b", suggested="a", cards=1),
    ]


def test_count_all__corrections_are_pairs_of_two_labels(tmp_path, make_batch):
    batch = make_batch(tmp_path, ["a", "b"])
    findings = [
        Finding(
            rule="off-topic", level="warning", message="", image="0.png", row=1, given_label="a"
        ),
        Finding(
            rule="uncertain-label",
            level="warning",
            message="",
            image="1.png",
            row=2,
            given_label="b",
            suggested_label="b",
        ),
    ]
    counts = count_all(findings, make_cards(ReportContents(batch=batch, findings=findings)))
    assert [pair.suggested for pair in counts.pairs] == [None, "b"]
    assert counts.corrections == []


def test_count_all__nothing():
    counts = count_all([], [])
    assert (counts.errors, counts.warnings, list(counts.rules), list(counts.pairs)) == (
        0,
        0,
        [],
        [],
    )
