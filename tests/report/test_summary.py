from labelfix.check.finding import Finding
from labelfix.report.cards import make_cards
from labelfix.report.contents import ReportContents
from labelfix.report.summary import Pair, count_all


def test_count_all__by_level_rule_and_pair(tmp_path, make_batch, wrong_labels):
    batch = make_batch(tmp_path, ["a", "a", "b", "b"], ["c", "c", "b", "a"])
    findings = [
        *wrong_labels(batch),
        Finding("near-duplicate", "warning", "", "2.png", 3, given_label="b"),
        Finding("rare-class", "warning", "", given_label="b"),
    ]
    cards = make_cards(ReportContents(batch, findings))
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
    assert counts.pairs == [Pair(0, "a", "c", 2), Pair(1, "b", "a", 1)]


def test_count_all__corrections_are_pairs_of_two_labels(tmp_path, make_batch):
    batch = make_batch(tmp_path, ["a", "b"])
    findings = [
        Finding("off-topic", "warning", "", "0.png", 1, given_label="a"),
        Finding("uncertain-label", "warning", "", "1.png", 2, given_label="b", suggested_label="b"),
    ]
    counts = count_all(findings, make_cards(ReportContents(batch, findings)))
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
