from labelfix.check.verdict import Finding
from labelfix.report.cards import shown_findings
from labelfix.report.contents import ReportContents
from labelfix.report.summary import ClassCount, Pair, count_all


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
    shown = shown_findings(ReportContents(batch=batch, findings=findings))
    counts = count_all(findings, shown[:3])
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
    assert counts.classes == [
        ClassCount(label="a", given=2, suggested=1),
        ClassCount(label="c", given=0, suggested=2),
        ClassCount(label="b", given=1, suggested=0),
    ]


def test_count_all__pairs_keep_the_numbers_they_have_elsewhere(tmp_path, make_batch, wrong_labels):
    findings = wrong_labels(make_batch(tmp_path, ["a", "a", "b"], ["b", "b", "a"]))
    counts = count_all(findings, findings[2:], {("a", "b"): 0, ("b", "a"): 1})
    assert [pair.index for pair in counts.pairs] == [1]


def test_count_all__corrections_are_pairs_of_two_labels():
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
    counts = count_all(findings, findings)
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
