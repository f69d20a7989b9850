import time

import pytest

from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import Finding
from labelfix.options.rule_options import RuleOptions


def spelling_findings(inspection) -> list[Finding]:
    """The findings of some rules, in the order of the rows."""
    found = [
        finding for name in ("label-variant",) for finding in inspection.findings_of(RULES[name])
    ]
    return sorted(found, key=lambda finding: finding.given_label)


def rows_of(*labels: str) -> list[dict]:
    return [{"image": f"{row}.png", "label": label} for row, label in enumerate(labels)]


def found_in(make_inspection, labels, **more) -> list[tuple[str, str | None]]:
    findings = spelling_findings(make_inspection(rows_of(*labels), **more))
    return [(finding.given_label, finding.suggested_label) for finding in findings]


def test_spelling_findings__one_for_each_rarer_spelling(make_inspection):
    labels = ["Cat", "cat", "dog", "cat", "Cat", "cat", "CAT"]
    first, second = spelling_findings(make_inspection(rows_of(*labels), lines=range(2, 9)))
    assert (first.rule, first.level) == ("label-variant", "warning")
    assert (first.given_label, first.suggested_label, first.row, first.line) == ("CAT", "cat", 7, 8)
    assert (second.given_label, second.row, second.line) == ("Cat", 1, 2)
    assert (second.image, second.content_hash, second.confidence) == ("", "", None)
    assert second.message == "label 'Cat' of 2 rows is another spelling of 'cat' (3 rows): case"


def test_spelling_findings__stay_known_when_rows_change(make_inspection):
    one, two = (
        spelling_findings(make_inspection(rows_of(*labels)))[0]
        for labels in (["cat", "cat", "Cat"], ["dog", "Cat", "cat", "Cat", "cat", "cat"])
    )
    assert one.key == two.key == ("label-variant", "", "Cat")


def test_spelling_findings__shows_what_cannot_be_seen(make_inspection):
    labels = ["cat", "cat", "c\u0430t", "ca\u200bt"]
    one, two = spelling_findings(make_inspection(rows_of(*labels)))
    assert one.message == (
        "label 'ca\\u200bt' of 1 row is another spelling of 'cat' (2 rows): invisible characters"
    )
    assert two.message == (
        "label 'c\\u0430t' of 1 row is another spelling of 'cat' (2 rows): look-alike letters"
    )


def test_spelling_findings__equally_common_keeps_the_tidy_one_then_the_first(make_inspection):
    assert found_in(make_inspection, [" cat", "cat"]) == [(" cat", "cat")]
    assert found_in(make_inspection, ["Dog", "dog"]) == [("dog", "Dog")]


def test_spelling_findings__typo(make_inspection):
    labels = ["elephant"] * 60 + ["elehpant"] + ["Elehpant"]
    # Together they are more than 2 % of 60 rows.
    assert found_in(make_inspection, labels) == [("Elehpant", "elehpant")]
    (finding,) = spelling_findings(make_inspection(rows_of(*labels[:-1])))
    assert (finding.given_label, finding.suggested_label) == ("elehpant", "elephant")
    assert finding.message.endswith("'elephant' (60 rows): typo")


def test_spelling_findings__the_label_of_the_reference_is_right(make_inspection):
    reference = [{"image": "r.png", "label": "cat"}, {"image": "s.png", "label": "dog"}]
    labels = ["Cat", "Cat", "Cat", "cat"]
    assert found_in(make_inspection, labels, reference=reference) == [("Cat", "cat")]
    (finding,) = spelling_findings(make_inspection(rows_of("Dog"), reference=reference))
    assert finding.message == (
        "label 'Dog' of 1 row is another spelling of 'dog' (1 image of the reference): case"
    )


def test_spelling_findings__a_typo_that_the_reference_knows_is_a_class(make_inspection):
    reference = [{"image": "r.png", "label": "kitten"}, {"image": "s.png", "label": "mitten"}]
    support = {"kitten": 500, "mitten": 1}
    labels = ["mitten", "sitten"]
    found = found_in(make_inspection, labels, reference=reference, support=support)
    assert found == [("sitten", "kitten")]


def test_spelling_findings__only_of_labels_in_the_batch(make_inspection):
    reference = [{"image": f"{n}.png", "label": label} for n, label in enumerate(["cat", "Cat"])]
    assert found_in(make_inspection, ["dog"], reference=reference) == []


def test_spelling_findings__characters_are_classes(make_inspection):
    assert found_in(make_inspection, ["a", "A", "a", "O", "0", "l", "1", "", " "]) == []


def test_spelling_findings__not_if_ignored(make_inspection):
    options = RuleOptions(ignore=frozenset({"label-variant"}))
    assert found_in(make_inspection, ["cat", "cat", "Cat"], options=options) == []


@pytest.mark.slow
def test_spelling_findings__ten_thousand_labels_take_no_time(make_inspection):
    labels = [f"Label Number {number}" for number in range(5_000)]
    inspection = make_inspection(rows_of(*labels[:10]))
    inspection.batch.manifest.given_labels.extend([*labels[10:], *map(str.lower, labels)])
    started = time.monotonic()
    assert len(list(spelling_findings(inspection))) == 5_000
    assert time.monotonic() - started < 10
